"""The jail of one process, in the order that lets each step still be taken; irrevocable."""

from . import landlock, limits, linux, seccomp

ADDRESS_SPACE = 512 * 2**20


class Jail:
    """What :meth:`lock` needs, made ready once for many processes.

    Landlock is used where ``files`` is true and the filter of system calls where ``calls`` is: whoever sets them
    has tried it. Raises KeyError for a machine without a table of system calls.
    """

    def __init__(self, language="python", *, files=False, calls=True):
        self._files = files
        self._descriptors = 5 if language == "c" else 0  # one more than are open, to load the library with
        self._program = seccomp.prepare(language) if calls else None

    def lock(self, address_space=ADDRESS_SPACE, readable=()):
        """Capabilities, no new privileges, files, limits, system calls. Raises OSError where a step fails."""
        limits.drop_capabilities()
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        if self._files:
            landlock.restrict(readable)  # before the limits: it needs a descriptor
        limits.set_limits(address_space, self._descriptors)
        if self._program is not None:
            seccomp.install(self._program)

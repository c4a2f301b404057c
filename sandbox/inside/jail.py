"""The jail of one process, in the order that lets each step still be taken; irrevocable."""

from . import landlock, limits, linux, seccomp

ADDRESS_SPACE = 512 * 2**20


class Jail:
    """What :meth:`lock` needs, made ready once for many processes.

    Landlock is used where ``files`` is true: whoever sets it has tried it. Raises KeyError for a machine without
    a table of system calls.
    """

    def __init__(self, language="python", *, files=False):
        self._files = files
        self._descriptors = 5 if language == "c" else 0  # one more than are open, to load the library with
        self._program = seccomp.prepare(language)

    def lock(self, address_space=ADDRESS_SPACE, readable=()):
        """Capabilities, no new privileges, files, limits, system calls. Raises OSError where a step fails."""
        limits.drop_capabilities()
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        if self._files:
            landlock.restrict(readable)  # before the limits: it needs a descriptor
        limits.set_limits(address_space, self._descriptors)
        seccomp.install(self._program)

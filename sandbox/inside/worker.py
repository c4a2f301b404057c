"""A worker: the forked process that becomes a candidate's."""

import gc
import mmap
import os
import signal

from . import linux
from .protocol import MESSAGE_LIMIT, TRIAL_LIMIT, UP

_CHANNEL, _INPUTS, _OUTPUT, _LIBRARY = 3, 4, 5, 6


def serve(channel, runner):
    """Load what comes first on the descriptor ``channel``, then answer trials until killed."""
    os.write(channel, UP)
    entry, _, source = os.read(channel, MESSAGE_LIMIT).partition(b"\0")
    status, text = runner.load(source, entry.decode())
    os.write(channel, status + text)
    while message := os.read(channel, TRIAL_LIMIT):  # without an entry nothing comes: wait to be killed
        status, text = runner.answer(message)
        os.write(channel, status + text)


def _keep(descriptors):
    """Renumber ``descriptors`` to 3 and following, put /dev/null below them, close all others."""
    high = [os.dup2(fd, 16 + i, inheritable=False) for i, fd in enumerate(descriptors)]
    for fd in range(3):
        os.dup2(high[0], fd)
    for i, fd in enumerate(high[1:]):
        os.dup2(fd, 3 + i)
    os.closerange(2 + len(high), 1 << 16)


def become(descriptors, proc, jail, make_runner, address_space, library=None):
    """In the forked child: keep null, channel, input and output (``descriptors``), lose everything else, lock
    the jail, serve. ``proc`` is a descriptor of /proc; ``make_runner`` that of languages.py; ``library`` the file
    that will hold a candidate in C."""
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    score = os.open("self/oom_score_adj", os.O_WRONLY, dir_fd=proc)
    os.write(score, b"1000")  # where memory ends, it ends for the worker first
    file = library.descriptors(proc) if library else []
    _keep([*descriptors, *file])
    inputs = memoryview(mmap.mmap(_INPUTS, 0, prot=mmap.PROT_READ))
    output = memoryview(mmap.mmap(_OUTPUT, 0)).cast("d")
    os.closerange(_INPUTS, _LIBRARY)
    os.closerange(_LIBRARY + len(file), 1 << 16)  # the mappings keep copies of theirs
    runner = make_runner(inputs, output)
    runner.library = library.name() if library else ""
    runner.warm()
    gc.disable()
    jail.lock(address_space, library.readable() if library else ())
    serve(_CHANNEL, runner)

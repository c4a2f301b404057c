"""What crosses the channel between judge and worker.

Judge to worker: the entry name, a NUL and the source (UTF-8), then one trial descriptor a trial. Worker to judge:
one status byte out of :data:`STATUS`, then up to 200 bytes of text for logs. Numbers cross in shared memory.
"""

import struct

UP, READY, DONE, EXCEPTION, BAD_TYPE, BAD_SHAPE, NO_ENTRY = b"U", b"R", b"D", b"E", b"T", b"S", b"N"
STATUS = UP + READY + DONE + EXCEPTION + BAD_TYPE + BAD_SHAPE + NO_ENTRY
TEXT_LIMIT = 200
MESSAGE_LIMIT = 128 * 1024
TRIAL_LIMIT = 16 * 1024
"""For a trial descriptor: to read more, CPython would map and unmap memory in every turn."""
_SHIFTS = 3


def pack_trial(inputs, output, parameters, offset, shifts):
    """A trial descriptor: input shapes, output shape, the task's shape parameters, where the output begins
    (in cells) and three random bytes to shift the heap by. Never a value."""
    shapes = (*inputs, output, parameters)
    body = b"".join(struct.pack("<B%dI" % len(shape), len(shape), *shape) for shape in shapes)
    return struct.pack("<BI", len(inputs), offset) + shifts + body


def unpack_trial(message):
    """``(input shapes, output shape, parameters, offset, shifts)`` of a descriptor."""
    count, offset, *shifts = struct.unpack_from("<BI%dB" % _SHIFTS, message)
    position, shapes = 5 + _SHIFTS, []
    for _ in range(count + 2):
        rank = message[position]
        shapes.append(struct.unpack_from("<%dI" % rank, message, position + 1))
        position += 1 + 4 * rank
    return shapes[:-2], shapes[-2], shapes[-1], offset, shifts


def text_of(error):
    """An exception as bounded ASCII; its class alone where it cannot be told."""
    try:
        return ("%s: %s" % (type(error).__name__, error)).encode("ascii", "backslashreplace")[:TEXT_LIMIT]
    except BaseException:
        return type(error).__name__.encode("ascii", "backslashreplace")[:TEXT_LIMIT]

"""Candidates in Python: a module that runs once, a function that is called once a trial.

Inputs arrive as nested lists of floats; the answer is a nested list, tuple or array of exact floats and ints.
"""

import array
import types

from . import context
from .protocol import BAD_SHAPE, BAD_TYPE, DONE, EXCEPTION, NO_ENTRY, READY, pack_trial, text_of, unpack_trial

_FLOATS, _NUMBERS = {float}, {float, int}
_DEPTHS = 24
_SAMPLE = b"def f(a):\n    return [[sum(x for x in b)] for b in a]\n"
_SAMPLE_TRIAL = pack_trial([(1, 1)], (1, 1), (), 0, bytes(3))


class BadType(Exception):
    """The answer is not made of what was asked for."""


class BadShape(Exception):
    """The answer has another shape than was asked for."""


def flatten(value, shape, out):
    """Append the cells of nested sequences of exactly ``shape`` to the ``array('d')`` out.

    Accepts exact lists, tuples and arrays holding exact floats and ints: an object that answers when asked
    has not been computed.
    """
    if type(value) is array.array and value.typecode != "d":
        value = value.tolist()
    if type(value) not in (list, tuple, array.array):
        raise BadType("expected a list, tuple or array, got " + type(value).__name__)
    if len(value) != shape[0]:
        raise BadShape("expected length %d, got %d" % (shape[0], len(value)))
    if len(shape) > 1:
        for item in value:
            flatten(item, shape[1:], out)
        return
    kinds = set(map(type, value))
    if kinds == _FLOATS:
        out.fromlist(value) if type(value) is list else out.extend(value)
    elif kinds <= _NUMBERS:
        out.extend(map(float, value))
    else:
        raise BadType("expected float cells, got " + ", ".join(sorted(kind.__name__ for kind in kinds)))


def shift_heap(shifts):
    """Objects to keep alive for one trial, so that its data lie elsewhere than in the last one.

    Where floats and lists happen to lie decides up to 18 % of a kernel's time, and a process that is unlucky
    stays so: moving the heap turns that bias into noise, which a median removes.
    """
    floats, small, large = shifts
    return [float(i) for i in range(floats)], bytearray(520 + 16 * small), bytearray(520 + 16 * large)


def call_below(depth, function, arguments):
    """The function's answer, called ``depth`` frames further down the interpreter's stack.

    In one worker of ten the frame of the innermost loop lay where it made the kernel 11 % slower, for the
    worker's whole life; a few hundred bytes further it does not.
    """
    return call_below(depth - 1, function, arguments) if depth else function(*arguments)


class Runner:
    """Holds one candidate in ``namespace``, over the mapped ``inputs`` (bytes) and ``output`` (float64)."""

    def __init__(self, namespace, inputs, output):
        self.namespace, self.inputs, self.output = namespace, inputs, output

    def warm(self):
        """Bring the memory that loading and answering write to into this process, before anybody waits."""
        rehearsal = Runner(dict(self.namespace), self.inputs, self.output)
        rehearsal.load(_SAMPLE, "f")
        rehearsal.answer(_SAMPLE_TRIAL)

    def load(self, source, entry):
        """Run the candidate's module once; the status to report and its text."""
        self.entry = entry
        try:
            # Text, not bytes: a coding cookie must not make this another program than the one that policy read.
            exec(compile(source.decode(), "<candidate>", "exec", dont_inherit=True), self.namespace)
        except BaseException as error:
            return EXCEPTION, text_of(error)
        if type(self.namespace.get(entry)) is types.FunctionType or callable(self.namespace.get(entry)):
            return READY, b""
        return NO_ENTRY, ("no function " + entry).encode()

    def arguments(self, shapes):
        """The inputs of one trial, one argument a shape."""
        values, position = [], 0
        for shape in shapes:
            size = 8
            for side in shape:
                size *= side
            values.append(self.inputs[position : position + size].cast("d", shape).tolist())
            position += size
        return values

    def store(self, value, shape, offset):
        """Write an answer to the output buffer. Raises BadType, BadShape."""
        cells = array.array("d")
        flatten(value, shape, cells)
        self.output[offset : offset + len(cells)] = cells

    def answer(self, message):
        """One trial: bytes to arguments, call, answer to bytes; the status to report and its text."""
        shapes, shape, _, offset, shifts = unpack_trial(message)
        _kept = shift_heap(shifts)
        try:
            function = context.rebind(self.namespace)[self.entry]
            self.store(call_below(shifts[-1] % _DEPTHS, function, self.arguments(shapes)), shape, offset)
        except BadType as error:
            return BAD_TYPE, text_of(error)[9:]
        except BadShape as error:
            return BAD_SHAPE, text_of(error)[10:]
        except BaseException as error:
            return EXCEPTION, text_of(error)
        return DONE, b""

"""Candidates in C: a shared library, one of whose functions is called once a trial.

``void entry(size_t side, …, const double *input, …, double *output)``: the task's shape parameters, then pointers into
the read-only mapping of the inputs and into the output. Everything in the library, its constructors too, runs after
the jail is locked; so the worker has an empty file to load it from, which the zygote fills once the candidate is known.
"""

import contextlib
import ctypes
import math
import os

from .protocol import DONE, EXCEPTION, NO_ENTRY, READY, text_of, unpack_trial

_WORKERS_DESCRIPTOR = "/proc/self/fd/6"
_LIBRARIES = ("libm.so.6", "libmvec.so.1")


def preload():
    """Load what a candidate's library may need: its own file is the only one that it can open."""
    for name in _LIBRARIES:
        with contextlib.suppress(OSError):
            ctypes.CDLL(name)
    c = ctypes.CDLL(None)
    values = ctypes.create_string_buffer(4096)
    c.qsort(values, 512, 8, c.strcmp)  # glibc's asks once how much memory there is, which the jail kills for


class Library:
    """The file of one worker: in the zygote's own root where it has one, else in memory."""

    def __init__(self, number=None):
        if number is None:
            self.path, self._file = "", os.memfd_create("library")
        else:
            self.path = "/library%d.so" % number
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400)

    def fill(self, source):
        """Copy the library from the descriptor ``source``. Raises OSError."""
        size, position = os.fstat(source).st_size, 0
        while position < size:
            position += os.sendfile(self._file, source, position, size - position)

    def descriptors(self, proc):
        """In the worker: what it must keep open, for reading only, to find the file again; often nothing."""
        return [] if self.path else [os.open("self/fd/%d" % self._file, os.O_RDONLY, dir_fd=proc)]

    def readable(self):
        """The paths that Landlock must leave. It does not reach a file in memory."""
        return [self.path] if self.path else []

    def name(self):
        """Where the worker loads it from."""
        return self.path or _WORKERS_DESCRIPTOR

    def close(self):
        """Remove it."""
        os.close(self._file)
        if self.path:
            os.unlink(self.path)


def _address(view):
    """Where the memory of a buffer begins; ctypes tells it by itself only of those that can be written."""
    description = (ctypes.c_ssize_t * 16)()  # a Py_buffer, whose first field is the address
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(view), description, 0)
    return description[0]


class Runner:
    """Holds one candidate over the mapped ``inputs`` (bytes) and ``output`` (float64)."""

    library = ""
    """Path of the file that will hold the candidate."""

    def __init__(self, _, inputs, output):
        self._kept = inputs, output
        self._inputs, self._output = _address(inputs), _address(output.cast("B"))

    def warm(self):
        """Nothing: loading and answering take microseconds."""

    def load(self, source, entry):
        """Load the library, whose constructors run now, and find the entry; the status to report and its text."""
        try:
            self._entry = getattr(ctypes.CDLL(self.library), entry)
        except AttributeError:
            return NO_ENTRY, ("no function " + entry).encode()
        except BaseException as error:
            return EXCEPTION, text_of(error)
        self._entry.restype = None
        return READY, b""

    def answer(self, message):
        """One trial; the status to report and its text."""
        shapes, _, parameters, offset, _ = unpack_trial(message)
        pointers, position = [], self._inputs
        for shape in shapes:
            pointers.append(ctypes.c_void_p(position))
            position += 8 * math.prod(shape)
        pointers.append(ctypes.c_void_p(self._output + 8 * offset))
        try:
            self._entry(*map(ctypes.c_size_t, parameters), *pointers)
        except BaseException as error:
            return EXCEPTION, text_of(error)
        return DONE, b""

"""Zygote and worker: the only code of ours that runs beside a candidate.

Run by path with ``python -I -S``; standard library only, so that nothing else is there to be imported. The
zygote is trusted, warm and single-threaded. For each ``fork`` request of the judge it forks a worker, which
locks itself down, reads one candidate from its own channel and then answers trials until it is killed.

Nothing here is relied on for truth or time: assume that a candidate replaces every line below. What holds is
the jail installed by :func:`lock_down` and the judge on the other side (see docs/design.md).

Channel, judge to worker: the source (UTF-8) and entry name, then one trial descriptor a trial.
Channel, worker to judge: one status byte out of :data:`STATUS`, then up to 200 bytes of text for logs.
"""

import __future__

import array
import ctypes
import errno
import gc
import mmap
import os
import resource
import signal
import socket
import struct
import sys
import types
import unicodedata  # noqa: F401  (the parser normalises identifiers with it, and cannot load it in the jail)

READY, DONE, EXCEPTION, BAD_TYPE, BAD_SHAPE, NO_ENTRY = b"R", b"D", b"E", b"T", b"S", b"N"
STATUS = READY + DONE + EXCEPTION + BAD_TYPE + BAD_SHAPE + NO_ENTRY
TEXT_LIMIT = 200
MESSAGE_LIMIT = 128 * 1024
ADDRESS_SPACE = 512 * 2**20

# Public names a candidate may import, by module. Left out: whatever reaches attributes by name
# (operator.attrgetter), evaluates strings (typing.get_type_hints) or holds modules (functools, collections
# keep theirs under names that are not listed here).
_ALL = None
MODULES = {
    "math": _ALL,
    "cmath": _ALL,
    "itertools": _ALL,
    "array": _ALL,
    "bisect": "bisect bisect_left bisect_right insort insort_left insort_right".split(),
    "heapq": "heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest".split(),
    "operator": (
        "abs add and_ concat contains countOf delitem eq floordiv ge getitem gt iadd iand iconcat "
        "ifloordiv ilshift imod imul index indexOf inv invert ior ipow irshift is_ is_not isub itemgetter "
        "itruediv ixor le length_hint lshift lt mod mul ne neg not_ or_ pos pow rshift setitem sub "
        "truediv truth xor"
    ).split(),
    "functools": (
        "cache cached_property cmp_to_key lru_cache partial partialmethod reduce total_ordering wraps update_wrapper"
    ).split(),
    "collections": "ChainMap Counter OrderedDict UserDict UserList defaultdict deque namedtuple".split(),
    "contextlib": "closing contextmanager nullcontext suppress".split(),
    "copy": "copy deepcopy".split(),
    "dataclasses": "dataclass".split(),
    "decimal": "Context Decimal getcontext localcontext".split(),
    "fractions": "Fraction".split(),
    "typing": (
        "Any Callable ClassVar Dict Final FrozenSet Generator Generic Iterable Iterator List Literal "
        "Mapping NamedTuple NewType NoReturn Optional Protocol Sequence Set Sized Tuple Type TypeAlias "
        "TypeVar Union TYPE_CHECKING cast final overload MutableSequence MutableMapping SupportsFloat "
        "Self"
    ).split(),
    "numbers": "Complex Integral Number Rational Real".split(),
    "abc": "ABC ABCMeta abstractmethod".split(),
    "struct": "Struct calcsize error iter_unpack pack pack_into unpack unpack_from".split(),
    "collections.abc": (
        "Callable Generator Iterable Iterator Mapping MutableMapping MutableSequence Sequence Sized"
    ).split(),
}

BUILTINS = (
    "__build_class__ abs aiter all anext any ascii bin bool bytearray bytes callable chr classmethod "
    "complex dict divmod enumerate filter float format frozenset hash hex int isinstance issubclass iter "
    "len list map max memoryview min next object oct ord pow property range repr reversed round set slice "
    "sorted staticmethod str sum super tuple zip True False None Ellipsis NotImplemented __debug__"
).split()


# --- context: the namespace a candidate runs in -------------------------------------------------------------


modules = {}  # of _import below, which runs over globals of its own


def _import(name, globals=None, locals=None, fromlist=(), level=0):
    if level or name not in modules:
        raise ImportError("no module named " + repr(name) + " in this sandbox")
    return modules[name if fromlist else name.partition(".")[0]]


kind = type  # of _type below


def _type(value):
    if isinstance(value, kind):  # the class of a class is `type` itself, which builds classes out of sight
        raise TypeError("type() of a class is not available in this sandbox")
    return kind(value)


def _update_wrapper(wrapper, wrapped, assigned=None, updated=None):
    """functools.update_wrapper with fixed attributes: the original copies whatever it is told to name."""
    for name in ("__name__", "__qualname__", "__doc__", "__module__"):
        try:
            setattr(wrapper, name, getattr(wrapped, name))
        except AttributeError:
            continue
    return wrapper


def _wraps(wrapped, assigned=None, updated=None):
    return lambda wrapper: _update_wrapper(wrapper, wrapped)


def _print(*args, **kwargs):
    return None


def _isolate(function, builtins=(), **names):
    """The same function over globals of its own, so that ``f.__globals__`` shows nothing of this file.

    It sees the ``builtins`` named and no others; they are bound when the function is made.
    """
    import builtins as real

    table = {name: getattr(real, name) for name in builtins}
    return types.FunctionType(
        function.__code__, {"__builtins__": table, **names}, function.__name__, function.__defaults__
    )


def _module_views():
    """Copies of the allowed modules that hold only their listed names."""
    views = {}
    for name, public in MODULES.items():
        module = __import__(name, fromlist=["*"])
        names = [n for n in vars(module) if not n.startswith("_")] if public is _ALL else public
        view = types.ModuleType(name)
        view.__dict__.update({n: getattr(module, n) for n in names if hasattr(module, n)})
        views[name] = view
    views["collections"].abc = views["collections.abc"]
    update = _isolate(_update_wrapper, ("setattr", "getattr", "AttributeError"))
    wraps = _isolate(_wraps, _update_wrapper=update)
    views["functools"].__dict__.update(update_wrapper=update, wraps=wraps)
    views["__future__"] = types.ModuleType("__future__")
    views["__future__"].__dict__.update(dict.fromkeys(__future__.all_feature_names))
    return views


def safe_builtins():
    """The allow-listed builtins as a new dict: functions, types, every exception, a guarded import."""
    import builtins

    table = {name: getattr(builtins, name) for name in BUILTINS if hasattr(builtins, name)}
    for name, value in vars(builtins).items():
        if isinstance(value, type) and issubclass(value, BaseException):
            table[name] = value
    table["__import__"] = _isolate(_import, ("ImportError", "repr"), modules=_module_views())
    table["type"] = _isolate(_type, ("TypeError", "isinstance"), kind=type)
    table["print"] = _isolate(_print)
    return table


def make_namespace():
    """The namespace in which a candidate's module runs once.

    ``FunctionType(code, {})`` and ``exec(code, {})`` get the real builtins back; an explicit
    ``__builtins__`` is what closes that hole.
    """
    return {"__builtins__": safe_builtins(), "__name__": "candidate", "__doc__": None}


def rebind(namespace):
    """A copy of the namespace in which each function defined there is rebuilt over the copy."""
    fresh = dict(namespace)
    for name, value in namespace.items():
        if type(value) is types.FunctionType and value.__globals__ is namespace:
            copy = types.FunctionType(value.__code__, fresh, value.__name__, value.__defaults__, value.__closure__)
            copy.__kwdefaults__ = value.__kwdefaults__
            copy.__dict__.update(value.__dict__)
            fresh[name] = copy
    return fresh


# --- jail: what the process may still ask of the kernel -----------------------------------------------------

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 1, 38, 22, 2
_KILL, _ALLOW, _DENY = 0x80000000, 0x7FFF0000, 0x00050000 | errno.EACCES
_LD, _JEQ, _JGE, _JSET, _RET = 0x20, 0x15, 0x35, 0x45, 0x06
_PROT_EXEC = 4

# Audit architecture, calls that are allowed, calls that fail with EACCES; any other kills. A worker computes,
# reads and writes its channel and grows its heap: it neither opens, sleeps, signals, forks nor changes anything
# about itself. CPython looks for a source file by itself whenever it raises a SyntaxError: that must fail, not
# kill.
SYSCALLS = {
    "x86_64": (
        0xC000003E,
        {
            **{"read": 0, "write": 1, "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigreturn": 15},
            **{"mremap": 25, "madvise": 28, "exit": 60, "futex": 202, "restart_syscall": 219},
            **{"clock_gettime": 228, "exit_group": 231, "getrandom": 318},
        },
        {
            **{
                "open": 2,
                "close": 3,
                "stat": 4,
                "fstat": 5,
                "lstat": 6,
                "lseek": 8,
                "ioctl": 16,
                "access": 21,
            },
            **{"getcwd": 79, "readlink": 89, "openat": 257, "newfstatat": 262, "readlinkat": 267},
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            **{"read": 63, "write": 64, "mmap": 222, "mprotect": 226, "munmap": 215, "brk": 214},
            **{"rt_sigreturn": 139, "mremap": 216, "madvise": 233, "exit": 93, "futex": 98},
            **{"restart_syscall": 128, "clock_gettime": 113, "exit_group": 94, "getrandom": 278},
        },
        {
            **{"close": 57, "fstat": 80, "lseek": 62, "ioctl": 29, "faccessat": 48, "getcwd": 17},
            **{"openat": 56, "newfstatat": 79, "readlinkat": 78},
        },
    ),
}


def seccomp_program(machine):
    """The allow-list as classic BPF: ``(code, jump_true, jump_false, k)`` instructions.

    Raises KeyError for a machine without a table. ``mmap`` and ``mprotect`` are allowed only without
    PROT_EXEC; a call that is not listed kills the process.
    """
    audit, calls, denied = SYSCALLS[machine]
    program = [(_LD, 0, 0, 4), (_JEQ, 1, 0, audit), (_RET, 0, 0, _KILL), (_LD, 0, 0, 0)]
    program += [(_JGE, 0, 1, 0x40000000), (_RET, 0, 0, _KILL)]  # the x32 table shares the audit value
    for name in ("mmap", "mprotect"):
        program += [(_JEQ, 0, 4, calls[name]), (_LD, 0, 0, 32), (_JSET, 0, 1, _PROT_EXEC)]
        program += [(_RET, 0, 0, _KILL), (_RET, 0, 0, _ALLOW)]
    for name, number in calls.items():
        if name not in ("mmap", "mprotect"):
            program += [(_JEQ, 0, 1, number), (_RET, 0, 0, _ALLOW)]
    for number in denied.values():
        program += [(_JEQ, 0, 1, number), (_RET, 0, 0, _DENY)]
    return [*program, (_RET, 0, 0, _KILL)]


def _prctl(libc, option, *args):
    words = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in (*args, 0, 0, 0, 0)[:4]]
    if libc.prctl(option, *words) != 0:
        raise OSError(ctypes.get_errno(), "prctl(%d) failed" % option)


def install_seccomp(libc):
    """Install the allow-list of this machine; irrevocable. Raises OSError or KeyError."""
    packed = b"".join(struct.pack("HBBI", *step) for step in seccomp_program(os.uname().machine))
    buffer = ctypes.create_string_buffer(packed, len(packed))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    program = Program(len(packed) // 8, ctypes.addressof(buffer))
    _prctl(libc, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program))


def drop_capabilities(libc):
    """Give up every capability, effective, permitted and inheritable (capset, version 3)."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    if libc.capset(header, (ctypes.c_uint32 * 6)()) != 0:
        raise OSError(ctypes.get_errno(), "capset failed")


def set_limits(address_space=ADDRESS_SPACE):
    """Bound memory, files, descriptors and core dumps. Never RLIMIT_CPU: it coarsens the CPU clock."""
    for limit, value in (
        (resource.RLIMIT_AS, address_space),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        hard = resource.getrlimit(limit)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (bound, bound))


def lock_down(address_space=ADDRESS_SPACE):
    """The jail core, in the order that lets each step still be taken. Raises OSError where one fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    drop_capabilities(libc)
    set_limits(address_space)
    _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1)
    install_seccomp(libc)


# --- worker -------------------------------------------------------------------------------------------------


class _BadType(Exception):
    pass


class _BadShape(Exception):
    pass


_FLOATS, _NUMBERS = {float}, {float, int}


def flatten(value, shape, out):
    """Append the cells of nested sequences of exactly ``shape`` to the ``array('d')`` out.

    Accepts exact lists, tuples and arrays holding exact floats and ints: an object that answers when asked
    has not been computed.
    """
    if type(value) is array.array and value.typecode != "d":
        value = value.tolist()
    if type(value) not in (list, tuple, array.array):
        raise _BadType("expected a list, tuple or array, got " + type(value).__name__)
    if len(value) != shape[0]:
        raise _BadShape("expected length %d, got %d" % (shape[0], len(value)))
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
        raise _BadType("expected float cells, got " + ", ".join(sorted(kind.__name__ for kind in kinds)))


def _unpack_trial(message):
    """``(input shapes, output offset in cells, output shape, heap shifts)`` of a trial descriptor."""
    count, offset, *shifts = struct.unpack_from("<BI3B", message)
    position, shapes = 8, []
    for _ in range(count + 1):
        (rank,) = struct.unpack_from("<B", message, position)
        shapes.append(struct.unpack_from("<%dI" % rank, message, position + 1))
        position += 1 + 4 * rank
    return shapes[:-1], offset, shapes[-1], shifts


def _shift_heap(shifts):
    """Objects to keep alive for one trial, so that its data lie elsewhere than in the last one.

    Where floats and lists happen to lie decides up to 18 % of a kernel's time, and a process that is unlucky
    stays so: moving the heap turns that bias into noise, which a median removes.
    """
    floats, small, large = shifts
    return [float(i) for i in range(floats)], bytearray(520 + 16 * small), bytearray(520 + 16 * large)


def _read_inputs(buffer, shapes):
    arguments, position = [], 0
    for shape in shapes:
        size = 8
        for side in shape:
            size *= side
        arguments.append(buffer[position : position + size].cast("d", shape).tolist())
        position += size
    return arguments


def _text(error):
    try:
        return ("%s: %s" % (type(error).__name__, error)).encode("ascii", "backslashreplace")[:TEXT_LIMIT]
    except BaseException:
        return type(error).__name__.encode("ascii", "backslashreplace")[:TEXT_LIMIT]


def load(source, entry, namespace):
    """Run the candidate's module once; the status to report and its text."""
    try:
        # Text, not bytes: a coding cookie must not make this another program than the one that policy read.
        exec(compile(source.decode(), "<candidate>", "exec", dont_inherit=True), namespace)
    except BaseException as error:
        return EXCEPTION, _text(error)
    if type(namespace.get(entry)) is types.FunctionType or callable(namespace.get(entry)):
        return READY, b""
    return NO_ENTRY, ("no function " + entry).encode()


def answer(message, namespace, entry, inputs, output):
    """One trial: bytes to lists, call, lists to bytes; the status to report and its text."""
    shapes, offset, shape, shifts = _unpack_trial(message)
    cells, _kept = array.array("d"), _shift_heap(shifts)
    try:
        function = rebind(namespace)[entry]
        flatten(function(*_read_inputs(inputs, shapes)), shape, cells)
        output[offset : offset + len(cells)] = cells
    except _BadType as error:
        return BAD_TYPE, str(error).encode("ascii", "backslashreplace")[:TEXT_LIMIT]
    except _BadShape as error:
        return BAD_SHAPE, str(error).encode()
    except BaseException as error:
        return EXCEPTION, _text(error)
    return DONE, b""


def serve(channel, inputs, output, namespace):
    """Answer trials on the descriptor ``channel`` until killed."""
    entry, _, source = os.read(channel, MESSAGE_LIMIT).partition(b"\0")
    entry = entry.decode()
    status, text = load(source, entry, namespace)
    os.write(channel, status + text)
    while message := os.read(channel, MESSAGE_LIMIT):  # without an entry nothing comes: wait to be killed
        reply, text = answer(message, namespace, entry, inputs, output)
        os.write(channel, reply + text)


def _become_worker(descriptors, address_space):
    """In the forked child: keep channel, input and output, lose everything else, lock down, serve."""
    libc = ctypes.CDLL(None, use_errno=True)
    _prctl(libc, _PR_SET_PDEATHSIG, signal.SIGKILL)
    with open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")  # where memory ends, it ends for the worker first
    null = os.open(os.devnull, os.O_RDWR)
    high = [os.dup2(fd, 10 + i, inheritable=False) for i, fd in enumerate((null, *descriptors))]
    for fd in range(3):
        os.dup2(high[0], fd)
    for i, fd in enumerate(high[1:]):
        os.dup2(fd, 3 + i)
    channel, source, target = 3, 4, 5
    os.closerange(6, 1 << 16)
    inputs = memoryview(mmap.mmap(source, 0, prot=mmap.PROT_READ))
    output = memoryview(mmap.mmap(target, 0)).cast("d")
    os.closerange(4, 1 << 16)
    namespace = make_namespace()
    sys.unraisablehook = _isolate(_print)
    gc.disable()
    lock_down(address_space)
    serve(channel, inputs, output, namespace)


# --- zygote -------------------------------------------------------------------------------------------------


def _fork(control, descriptors, address_space):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            control.close()
            _become_worker(descriptors, address_space)
            code = 0
        finally:
            os._exit(code)
    pidfd = os.pidfd_open(pid)
    socket.send_fds(control, [struct.pack("<i", pid)], [pidfd])
    os.close(pidfd)


def zygote(control):
    """Fork a worker for each ``F`` message (three descriptors with it), reap for each ``W``; end at EOF."""
    _module_views()
    gc.collect()
    gc.freeze()
    control.send(b"Z")
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 64, 3)
        if not message:
            return
        if message[:1] == b"F":
            try:
                _fork(control, descriptors, struct.unpack_from("<Q", message, 1)[0])
            except OSError as error:
                control.send(b"!" + _text(error))
            for fd in descriptors:
                os.close(fd)
        elif message[:1] == b"W":
            _, status = os.waitpid(struct.unpack_from("<i", message, 1)[0], 0)
            control.send(struct.pack("<i", status))


if __name__ == "__main__":
    _prctl(ctypes.CDLL(None, use_errno=True), _PR_SET_PDEATHSIG, signal.SIGKILL)
    zygote(socket.socket(fileno=int(sys.argv[1])))

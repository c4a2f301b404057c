"""Layer context: the namespace that a candidate's module runs in, and what it may import there."""

import __future__

import types

from . import numpy_names

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


def modules_of(language):
    """Importable modules and their public names (None: all that do not begin with an underscore)."""
    return {**MODULES, **numpy_names.MODULES} if language == "numpy" else MODULES


BUILTINS = (
    "__build_class__ abs aiter all anext any ascii bin bool bytearray bytes callable chr classmethod "
    "complex dict divmod enumerate filter float format frozenset hash hex int isinstance issubclass iter "
    "len list map max memoryview min next object oct ord pow property range repr reversed round set slice "
    "sorted staticmethod str sum super tuple zip True False None Ellipsis NotImplemented __debug__"
).split()


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


def module_views(language="python"):
    """Copies of the allowed modules that hold only their listed names."""
    views = {}
    for name, public in modules_of(language).items():
        module = __import__(name, fromlist=["*"])
        names = [n for n in vars(module) if not n.startswith("_")] if public is _ALL else public
        view = types.ModuleType(name)
        view.__dict__.update({n: getattr(module, n) for n in names if hasattr(module, n)})
        views[name] = view
    views["collections"].abc = views["collections.abc"]
    if language == "numpy":
        views["numpy.lib"] = types.ModuleType("numpy.lib")
        views["numpy.lib"].__dict__.update(stride_tricks=views["numpy.lib.stride_tricks"])
        views["numpy"].__dict__.update(linalg=views["numpy.linalg"], fft=views["numpy.fft"], lib=views["numpy.lib"])
    update = _isolate(_update_wrapper, ("setattr", "getattr", "AttributeError"))
    wraps = _isolate(_wraps, _update_wrapper=update)
    views["functools"].__dict__.update(update_wrapper=update, wraps=wraps)
    views["__future__"] = types.ModuleType("__future__")
    views["__future__"].__dict__.update(dict.fromkeys(__future__.all_feature_names))
    return views


def safe_builtins(language="python"):
    """The allow-listed builtins as a new dict: functions, types, every exception, a guarded import."""
    import builtins

    table = {name: getattr(builtins, name) for name in BUILTINS if hasattr(builtins, name)}
    for name, value in vars(builtins).items():
        if isinstance(value, type) and issubclass(value, BaseException):
            table[name] = value
    table["__import__"] = _isolate(_import, ("ImportError", "repr"), modules=module_views(language))
    table["type"] = _isolate(_type, ("TypeError", "isinstance"), kind=type)
    table["print"] = _isolate(_print)
    return table


def silent():
    """A function that accepts anything and does nothing, over globals of its own."""
    return _isolate(_print)


def make_namespace(language="python"):
    """The namespace in which a candidate's module runs once.

    ``FunctionType(code, {})`` and ``exec(code, {})`` get the real builtins back; an explicit
    ``__builtins__`` is what closes that hole.
    """
    return {"__builtins__": safe_builtins(language), "__name__": "candidate", "__doc__": None}


def rebind(namespace):
    """A copy of the namespace in which each function defined there is rebuilt over the copy.

    The code stays the same object: a copy of it would begin unspecialised in every trial, and CPython 3.11 counts
    calls and ``for`` loops towards specialising, but no ``while`` loops: they would take 2.3 times as long.
    """
    fresh = dict(namespace)
    for name, value in namespace.items():
        if type(value) is types.FunctionType and value.__globals__ is namespace:
            copy = types.FunctionType(value.__code__, fresh, value.__name__, value.__defaults__, value.__closure__)
            copy.__kwdefaults__ = value.__kwdefaults__
            copy.__dict__.update(value.__dict__)
            fresh[name] = copy
    return fresh

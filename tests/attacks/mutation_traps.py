"""Programs whose answer changes where an operator forgets a rule of Python: each returns what it saw from matmul()."""

TRAPS = {
    "nonlocal and closures": """
def counter(step):
    total = 0
    def add(times=2):
        nonlocal total
        total += step * times
        return total
    return add
def matmul():
    first, second = counter(1), counter(10)
    return first(), second(3), first(times=5), [f() for f in [lambda i=i: i * 3 for i in range(3)]]
""",
    "class scope": """
rows = 1
size = [7]
class Box:
    rows = 2
    seen = rows
    inside = [rows for _ in range(1)]
    items = [4, 5]
    doubled = [item * 2 for item in items]
    pairs = [(a, b) for a in items for b in range(2)]
    size.append(rows)
    def read(self):
        return rows, self.rows
    if seen:
        late = len(items)
def matmul():
    return Box.seen, Box.inside, Box.doubled, Box.pairs, Box().read(), size, Box.late, sorted(k for k in vars(Box) if k[0] != "_")
""",
    "comprehension scopes": """
x = "outer"
def matmul():
    x = "local"
    a = [x for x in range(3)]
    b = {x: y for x, y in zip("ab", range(2))}
    c = [y for x in [[1, 2], [3]] for y in x if y != 2]
    d = list(x for x in range(2) if any(x == z for z in range(1)))
    return x, a, b, c, d, [last := n for n in range(4)], last
""",
    "global": """
total = 1
def grow():
    global total, made
    total += 1
    made = total * 10
    return total
def shadow():
    total = 100
    def inner():
        global total
        total = total + 1
        return total
    return inner(), total
def matmul():
    return grow(), made, shadow(), total
""",
    "default arguments": """
log = []
def note(value):
    log.append(value)
    return value
x = 5
def keep(x=x, seen=[], *, key=note("key"), **more):
    seen.append(x)
    return x, len(seen), key, more
x = 6
def matmul():
    return keep(), keep(1, key=2, z=3), keep(), x, log, keep.__defaults__[0], keep.__kwdefaults__
""",
    "f-strings": """
rows, width = [1, 2], 6
def matmul():
    name = "a'b"
    return f"{rows=}", f"{name!r:>{width}}|{len(rows):03d}|{'x' if rows else 'y'}|{{}}", f"{rows[0]}" "tail" f"{(lambda q: q + 1)(2)}", rf"\\n{name}"
""",
    "decorators": """
import functools
log = []
def loud(tag):
    log.append(tag)
    def wrap(function):
        log.append(function.__name__)
        @functools.wraps(function)
        def inner(*args, **kwargs):
            return tag, function(*args, **kwargs)
        return inner
    return wrap
@loud("a")
@loud("b")
def add(x, y=2):
    "Adds."
    return x + y
@functools.lru_cache(maxsize=None)
def square(n):
    log.append(n)
    return n * n
def matmul():
    return add(1), add(1, y=5), add.__name__, add.__doc__, square(3), square(3), square.cache_info().hits, log
""",
    "names that are shown": """
class Matrix:
    def __repr__(self):
        return type(self).__name__ + self.times.__qualname__
    def times(self):
        return 0
def helper():
    return 1
def matmul():
    return repr(Matrix()), helper.__name__, matmul.__name__, "%s" % helper.__name__, (lambda: 0).__name__, Matrix.__module__
""",
    "keywords of calls": """
def area(rows, columns=2, **options):
    return rows * columns, options
class Base:
    def __init_subclass__(cls, tag, size=1):
        cls.tag = tag, size
class Kernel(Base, tag="t", size=4):
    pass
def matmul():
    rows = 3
    table = dict(rows=rows, columns=5)
    return area(rows=rows), area(**table), area(rows, depth=1), table, Kernel.tag, sorted([3, 1], key=lambda rows: -rows)
""",
    "star import": """
from math import *
tau = 1.0
try:
    floor
except NameError:
    floor = None
if False:
    ceil = None
def matmul():
    local = floor(2.5)
    return local, ceil(2.5), tau, pi
""",
    "names in strings": """
def helper():
    return "found"
value = 4
hidden = 5
def matmul():
    rows, width = 2, 3
    return globals()["helper"](), "%(rows)d" % locals(), "{width}".format(**locals()), eval("value + hidden"), sorted(locals())
""",
    "evaluated text": """
def helper():
    return "found"
value = 4
scope = {"value": 3}
exec("made = value * 2", scope)
exec("more = value * 3")
def matmul():
    rows = 2
    return eval("helper()"), scope["made"], more, eval("value"), eval("rows"), (lambda rows: rows)(1)
""",
    "patterns": """
from dataclasses import dataclass
from enum import Enum
class Color(Enum):
    RED = 1
@dataclass
class Shape:
    rows: int
    columns: int = 2
def look(thing):
    match thing:
        case Shape(rows=1) as one:
            return "one", one.columns
        case Shape(r, columns=c) if r > 5:
            return "many", r, c
        case Color.RED:
            return "red"
        case {"key": [first, *rest], **others}:
            return first, rest, others
        case "text" | b"data":
            return "string"
        case [x, (y, _)]:
            return x, y
        case str() | None:
            return "nothing"
    return "other"
def matmul():
    things = [Shape(1), Shape(6, 7), Shape(2), Color.RED, {"key": [1, 2, 3], "z": 0}, "text", b"data", [1, (2, 3)], "x", None]
    return [look(thing) for thing in things], repr(Shape(1))
""",
    "private names": """
class Account:
    __slots__ = ("__total", "size")
    def __init__(self):
        self.__total = 1
        self.size = 2
    def __grow(self, __by=3):
        self.__total += __by
        return self.__total
    def run(self):
        return self.__grow(), self._Account__total
def matmul():
    return Account().run(), [n for n in dir(Account) if "total" in n]
""",
    "super": """
class Base:
    def __init__(self, value):
        self.value = value
    def show(self):
        return "base", self.value
    @classmethod
    def make(cls, value):
        return cls(value)
class Child(Base):
    def __init__(self, value):
        super().__init__(value * 2)
        self.kind = __class__.__name__
    def show(self):
        return super().show(), self.kind
    @classmethod
    def make(cls, value):
        return super().make(value + 1)
def matmul():
    return Child.make(1).show(), Child(5).show()
""",
    "assignment expressions": """
def matmul():
    values = [1, 5, 2]
    if (count := len(values)) > 2 and (first := values[0]):
        kept = [last := v for v in values if (big := v) > 1]
    while (top := values.pop()) != 1:
        pass
    return count, first, kept, last, big, top, (lambda: (inner := 3) + inner)()
""",
    "exceptions": """
log = []
def fail(kind):
    try:
        raise kind("why")
    except (ValueError, KeyError) as error:
        log.append(type(error).__name__)
        return str(error)
    except Exception as error:
        raise RuntimeError("new") from error
    else:
        log.append("else")
    finally:
        log.append("finally")
def matmul():
    error = "kept"
    try:
        fail(TypeError)
    except RuntimeError as caught:
        cause = type(caught.__cause__).__name__
    try:
        caught
    except UnboundLocalError as gone:
        cause += type(gone).__name__
    try:
        raise ExceptionGroup("g", [ValueError(1), OSError(2)])
    except* ValueError as group:
        log.append(len(group.exceptions))
    except* OSError:
        log.append("os")
    return fail(ValueError), error, cause, log
""",
    "generators": """
def inner():
    got = yield 1
    yield got
    return "done"
def outer():
    result = yield from inner()
    yield result
def lazy(rows):
    for row in rows:
        x = yield row * 2
        if x:
            yield x
async def soon(value):
    return value + 1
async def chain():
    values = [await soon(i) for i in range(3)]
    return values, await soon(await soon(1))
async def stream(n):
    for i in range(n):
        yield i
async def collect():
    return [i async for i in stream(3)]
def drive(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
def matmul():
    g = outer()
    return next(g), g.send("x"), next(g), list(lazy([1, 2])), drive(chain()), drive(collect()), next(iter(()), "none")
""",
    "unbound names": """
def early(flag):
    if flag:
        value = 1
    try:
        return value
    except UnboundLocalError:
        return "unbound"
def gone():
    value = 1
    del value
    try:
        return value
    except NameError as error:
        return type(error).__name__
def matmul():
    return early(True), early(False), gone()
""",
    "imports": """
import os.path
import os.path as where
import collections.abc, math as m
from os import path as other, sep
from collections import OrderedDict
from importlib import machinery
try:
    from math import nothing_like_that
except ImportError as error:
    nothing_like_that = type(error).__name__
try:
    import no_such_module
except ImportError as error:
    no_such_module = type(error).__name__
def matmul():
    from itertools import chain
    import struct
    same = os.path is where is other
    return same, m.pi, sep, OrderedDict.__name__, list(chain("ab")), struct.calcsize("d"), nothing_like_that, no_such_module, machinery.__name__
""",
    "docstrings": '''"""Module text about rows."""
from __future__ import annotations
import math; WIDTH = 3
def helper(rows: list[rows_type], width: "int" = WIDTH) -> Matrix:
    """Helper text about rows."""
    total: float = width
    return total
class Box:
    """Box text."""
    size: int = 1
def matmul():
    """Text about width."""
    return __doc__, helper.__doc__, Box.__doc__, matmul.__doc__, helper([]), helper.__annotations__, Box.__annotations__
''',
    "fields": """
from dataclasses import dataclass, field, asdict
from enum import IntEnum
from typing import NamedTuple
from collections import namedtuple
class Shape(NamedTuple):
    rows: int
    columns: int = 3
Pair = namedtuple("Pair", "left right")
class Level(IntEnum):
    LOW = 1
    HIGH = LOW + 1
@dataclass
class Config:
    rows: int = 8
    items: list = field(default_factory=list)
class Cell:
    def __init__(self):
        self._value = 0
    @property
    def value(self):
        return self._value
    @value.setter
    def value(self, new):
        self._value = new + 1
    @staticmethod
    def twice(x):
        return 2 * x
def matmul():
    cell = Cell()
    cell.value = 4
    cell.value += 1
    return tuple(Shape(1)), Pair(right=1, left=2), [level.value for level in Level], asdict(Config(rows=2)), cell.value, Cell.twice(3), Config.__doc__
""",
    "parameters": """
def full(a, b=2, /, c=3, *rest, d, e=5, **more):
    return a, b, c, rest, d, e, more
def bare(a, *, b):
    return a - b
def none():
    return None
def rebinds(a, b):
    a, b = b, a
    del b
    a += 1
    return a
def matmul():
    args, options = (1, 2, 3, 4), {"d": 6, "x": 7}
    return full(*args, **options), full(0, d=1), bare(5, b=2), none(), rebinds(1, 2)
""",
    "strings": r"""
TABLE = {"key" "s": b"da" b"ta", "": b"", "\ud800": 'it\'s', r"\d": u"u"}
def matmul():
    "text"
    "ab" + "cd"
    name = '''three
lines'''
    return sorted(TABLE), list(TABLE.values()), name, "{} {x}".format(1, x="y"), "a,b".split(","), "%s-%s" % ("p", 'q'), "in" in "string", b"\xff\x00", "\U0001f600", matmul.__doc__
""",
    "order of evaluation": """
log = []
def note(value):
    log.append(value)
    return value
class Box:
    def __getitem__(self, key):
        log.append(("get", key))
        return 1
    def __setitem__(self, key, value):
        log.append(("set", key, value))
    def __setattr__(self, name, value):
        log.append((name, value))
        object.__setattr__(self, name, value)
def pick(*args, **kwargs):
    return args, kwargs
def matmul():
    box = Box()
    note(box).attr = note("v")
    box.a = box.b = note(2)
    note(box)[note("k")] += note(5)
    note(box).attr += note("w")
    result = pick(note(1), *note([2, 3]), x=note(4), **note({"y": 5}))
    chained = note(1) < note(2) < note(2) < note(9)
    either = note(0) or note(7) and note(8)
    x, y = note(3), note(4)
    x, y = y, x
    first, *rest = note([1, 2, 3])
    return result, chained, either, x, y, first, rest, [str(type(item)) if isinstance(item, Box) else item for item in log]
""",
    "functions defined twice": """
def helper(x):
    return x + 1
keep = helper
def helper(x):
    return keep(x) * 2
if True:
    def chosen(x):
        return helper(x)
else:
    def chosen(x):
        return 0
def count(n):
    return 0 if n == 0 else 1 + count(n - 1)
def matmul():
    matmul.calls = getattr(matmul, "calls", 0) + 1
    return chosen(1), count(50), matmul.calls, callable(helper), helper is keep
""",
    "builtins shadowed": """
def len(x):
    return "mine"
class bytes:
    fromhex = None
def getattr(*args):
    return "shadowed"
vars = {"a": 1}
def matmul():
    map, chr, next = 1, 2, 3
    sum = lambda values: "sum"
    exec = [4]
    __import__ = None
    return len([1]), getattr(1, "real"), sum([1]), map, chr, next, exec, vars, bytes.fromhex, "abc".upper()
""",
    "control flow": """
class Held:
    def __init__(self, name):
        self.name = name
    def __enter__(self):
        return self.name
    def __exit__(self, *details):
        return details[0] is KeyError
def matmul():
    log = []
    for i in range(6):
        if i == 1:
            continue
        if i == 4:
            break
        log.append(i)
    else:
        log.append("else")
    while log:
        if len(log) == 1: break
        log.pop()
    else:
        log.append("never")
    with Held("a") as a, Held("b") as b:
        log.append(a + b)
        raise KeyError
    try:
        return log
    finally:
        log.append("end")
""",
    "spellings": """
\uff52ows = 1
rows += 1
\u1d5d4 = 0 if False else 3
class Box:
    \uff53ize = 4
def take(*, \uff4bey):
    return key
def matmul():
    ﬁrst = rows
    return rows, first, Box.size, take(key=2), Box().\uff53ize
""".replace("\u1d5d4", "\u03b4"),
    "layout": """
import math; x = 1; y = math.floor(2.5)
if x: z = 3
else: z = 4
def one(a): return a + 1
def two(a): b = a; return b
class Empty: pass
class Small: size = 1; kind = "s"
total = (1 +  # why
         2)
text = "a" \\
    "b"
def matmul():
\tvalues = [
\t\tone(1),  # first
\t\ttwo(2),
\t]
\tfor v in values: x = v
\treturn values, z, x, y, total, text, Small.size, Small.kind, Empty.__name__, one(a=1)
""",
}

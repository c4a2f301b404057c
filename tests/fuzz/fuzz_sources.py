"""Hostile sources and completions, each built from a stream of choices (fuzz_choices.py)."""

import keyword
import re
from collections.abc import Callable
from functools import cache

from fuzz_choices import Below, mixed, one_of

from assay.attacks.catalogue import SHIPPED, load

HONEST_NAMES = (
    "A B C i j k n row col x y total zip range len sum map list tuple float int min max enumerate abs".split()
)
HOSTILE_NAMES = (
    "eval exec compile open input getattr setattr delattr hasattr globals locals vars dir id breakpoint help exit quit "
    "__import__ __builtins__ __class__ __dict__ __name__ __file__ __loader__ __spec__ __debug__ __doc__ __annotations__ "
    "__class_getitem__ __del__ __getattr__ __set_name__ __init_subclass__ __match_args__ __slots__ __main__ type super "
    "object BaseException print memoryview _ __ ___ __x x__ ｅval __ｃlass__ ｏpen ℯxec gi_frame"
).split()
HONEST_ATTRIBUTES = "append sort real imag items keys rows join strip copy __getitem__ __len__ _private".split()
HOSTILE_ATTRIBUTES = (
    "__class__ __bases__ __mro__ __subclasses__ __globals__ __code__ __closure__ __self__ __func__ __dict__ "
    "__traceback__ __reduce__ __reduce_ex__ __getattribute__ __init_subclass__ __builtins__ __wrapped__ __loader__ "
    "gi_frame gi_code cr_frame ag_frame f_back f_globals f_locals f_builtins f_code tb_frame tb_next co_code mro format "
    "format_map register attrgetter methodcaller with_traceback _convert_ gi_yieldfrom __ｇlobals__ "
    "tofile dumps ctypes ctypeslib setflags memmap fromfile"
).split()
MODULES = (
    "math itertools operator functools collections collections.abc typing dataclasses copy array heapq __future__ os sys "
    "time ctypes builtins gc inspect types threading numpy numpy.linalg numpy.ctypeslib importlib os.path math.os . .. _thread random"
).split()
PUBLIC = "sqrt mul chain lru_cache deque List dataclass Sequence * path system attrgetter _x __x__ annotations".split()
CONSTANTS = (
    "0 1 -1 0.5 1e309 1j 0x_f 1_0 10**9 None True ... '' 'x' b'x' r'\\d' '__globals__' '__class__' '{}' '{0.x}' '{:{}}' "
    "'{0[0]}' '{' 'format' '__main__' '\\N{BULLET}' '\\ud800' '\\x00' f'{x}' f'{x!r:>{y}}' f'{x.__class__}' "
    "f'{open}'"
).split(" ")
OPERATORS = "+ - * / // % ** @ << >> & | ^ and or is == != < <= in".split()
TOKENS = (
    "( ) [ ] { } : ; , . = += := -> @ * ** ... \\ \n \t # ' \" ''' f' b' rb' def class lambda import from as global nonlocal "
    "async await yield return del match case with try except except* finally raise if elif else for while in not type "
    "`"
).split(" ")
STRANGE = "\0 \x0c \x0b \x1a \x7f \x85 \xa0 \u200b \u2028 \u202e \ufeff \ud800 \udfff \U0001f600 ª ﬁ ｅ ℌ ٣ é".split(
    " "
)
FENCES = ("```", "```python", "``` ", " ```", "   ```", "    ```", "\t```", "````", "``", "~~~", "```\0")
ENDS = ("\n", "\n", "\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "")


@cache
def corpus() -> tuple[list[str], list[str]]:
    """The code of the shipped attacks and of the shipped honest kernels."""
    shipped = load(SHIPPED)
    return [attack.payload for attack in shipped.attacks], [kernel.payload for kernel in shipped.honest]


def name(below: Below) -> str:
    return mixed(below, HONEST_NAMES, HOSTILE_NAMES)


def attribute(below: Below) -> str:
    return mixed(below, HONEST_ATTRIBUTES, HOSTILE_ATTRIBUTES)


_EXPRESSIONS: list[Callable[[Below, int], str]] = [
    lambda b, d: name(b),
    lambda b, d: one_of(b, CONSTANTS),
    lambda b, d: f"({expression(b, d)}).{attribute(b)}",
    lambda b, d: f"({expression(b, d)})({expression(b, d)}, *{expression(b, d)}, {name(b)}={expression(b, d)})",
    lambda b, d: f"{name(b)}({expression(b, d)})",
    lambda b, d: f"({expression(b, d)} {one_of(b, OPERATORS)} {expression(b, d)})",
    lambda b, d: f"({expression(b, d)})[{expression(b, d)}:{expression(b, d)}]",
    lambda b, d: f"(lambda {name(b)}, *args, kw={expression(b, d)}: {expression(b, d)})",
    lambda b, d: f"[{expression(b, d)} for {target(b, d)} in {expression(b, d)} if {expression(b, d)}]",
    lambda b, d: f"{{{expression(b, d)}: {expression(b, d)} for {name(b)} in {expression(b, d)}}}",
    lambda b, d: f"({expression(b, d)} if {expression(b, d)} else {expression(b, d)})",
    lambda b, d: f"[{expression(b, d)}, *{expression(b, d)}]",
    lambda b, d: f"{{**{expression(b, d)}, {expression(b, d)}: 1}}",
    lambda b, d: f"({name(b)} := {expression(b, d)})",
    lambda b, d: f"{one_of(b, CONSTANTS)}.format({expression(b, d)})",
    lambda b, d: f"type({expression(b, d)}, {expression(b, d)}, {{}})",
    lambda b, d: f"f'{{{name(b)}.{attribute(b)}!r:>{{{name(b)}}}}}'",
]


def expression(below: Below, depth: int) -> str:
    """An expression of at most ``depth`` levels."""
    return one_of(below, _EXPRESSIONS if depth > 0 else _EXPRESSIONS[:2])(below, depth - 1)


def target(below: Below, depth: int) -> str:
    forms = (
        lambda: name(below),
        lambda: f"{name(below)}, *{name(below)}",
        lambda: f"({expression(below, depth)}).{attribute(below)}",
        lambda: f"{name(below)}[{expression(below, depth)}]",
    )
    return one_of(below, forms)()


def pattern(below: Below, depth: int) -> str:
    forms = (
        lambda: name(below),
        lambda: one_of(below, CONSTANTS[:8]),
        lambda: f"[{name(below)}, *{name(below)}]",
        lambda: f"{{'k': {name(below)}, **{name(below)}}}",
        lambda: f"{name(below)}({attribute(below)}={name(below)})",
        lambda: f"{name(below)}.{attribute(below)}",
        lambda: f"({pattern(below, depth - 1) if depth > 0 else '_'} as {name(below)})",
    )
    return one_of(below, forms)()


def imported(below: Below) -> str:
    if below(2):
        return f"import {mixed(below, MODULES[:12], MODULES)} as {name(below)}, {one_of(below, MODULES)}"
    return (
        f"from {mixed(below, MODULES[:12], MODULES)} import {one_of(below, PUBLIC)}" + below(2) * f" as {name(below)}"
    )


# A body is written with a level of its own; `{}` is where it goes.
_SIMPLE: list[Callable[[Below, int], str]] = [
    lambda b, d: f"{target(b, d)} = {expression(b, d)}",
    lambda b, d: f"{name(b)} += {expression(b, d)}",
    lambda b, d: f"{name(b)}: {expression(b, d)} = {expression(b, d)}",
    lambda b, d: f"{name(b)}.{attribute(b)} {one_of(b, OPERATORS[:12])}= {expression(b, d)}",
    expression,
    lambda b, d: f"{one_of(b, ('global', 'del'))} {name(b)}, {name(b)}",
    lambda b, d: f"raise {expression(b, d)} from {expression(b, d)}",
    lambda b, d: f"assert {expression(b, d)}, {expression(b, d)}",
    lambda b, d: imported(b),
]
_IN_FUNCTIONS: list[Callable[[Below, int], str]] = [
    lambda b, d: f"return {expression(b, d)}",
    lambda b, d: f"{name(b)} = yield {expression(b, d)}",
    lambda b, d: f"yield from {expression(b, d)}",
    lambda b, d: f"await {expression(b, d)}",
    lambda b, d: f"nonlocal {name(b)}",
    lambda b, d: one_of(b, ("pass", "break", "continue", "type X = int")),
]
_COMPOUND: list[Callable[[Below, int], str]] = [
    lambda b, d: (
        f"@{expression(b, d)}\ndef {name(b)}({name(b)}: {expression(b, d)} = {expression(b, d)}, **{name(b)}):"
    ),
    lambda b, d: f"def {name(b)}({name(b)}, *, {name(b)}={expression(b, d)}):",
    lambda b, d: f"async def {name(b)}({name(b)}):",
    lambda b, d: f"class {name(b)}({name(b)}, {one_of(b, ('metaclass', 'x', '__class__'))}={expression(b, d)}):",
    lambda b, d: f"class {name(b)}:",
    lambda b, d: f"for {target(b, d)} in {expression(b, d)}:",
    lambda b, d: f"while {expression(b, d)}:",
    lambda b, d: f"if {expression(b, d)}:",
    lambda b, d: f"with {expression(b, d)} as {target(b, d)}:",
    lambda b, d: f"match {expression(b, d)}:\n  case {pattern(b, d)} if {expression(b, d)}:",
    lambda b, d: f"try:\n  {name(b)}\nexcept{one_of(b, ('', '*'))} {name(b)} as {name(b)}:",
]


def statements(below: Below, depth: int, indent: str = "", inside: bool = False) -> list[str]:
    """Lines of one to four statements, ``inside`` a function or not."""
    lines: list[str] = []
    for _ in range(1 + below(4)):
        if depth > 0 and below(3) == 0:
            head = one_of(below, _COMPOUND)(below, depth - 1)
            lines += [indent + line for line in head.split("\n")]
            deeper = indent + ("    " if not lines[-1].startswith(indent + "  case") else "      ")
            lines += statements(below, depth - 1, deeper, inside or "def " in head)
        else:
            forms = _IN_FUNCTIONS if inside and below(4) == 0 else _SIMPLE
            lines.append(indent + one_of(below, forms)(below, depth))
    return lines


def from_grammar(below: Below) -> str:
    """Python, most of it well formed, with what is forbidden strewn in."""
    return "\n".join(statements(below, 3)) + "\n"


_TOKEN = re.compile(r"\w+|[ \t]+|[^\w\s]|\n|\s")
_WORD = re.compile(r"[^\W\d]\w*")


def renamed(below: Below, text: str) -> str:
    """``text`` with up to four of its words exchanged; most of it stays well formed."""
    for _ in range(1 + below(4)):
        words = [word for word in _WORD.finditer(text) if not keyword.iskeyword(word[0])]
        if not words:
            return text
        word = one_of(below, words)
        forms = (
            lambda: name(below),
            lambda: attribute(below),
            lambda: one_of(below, MODULES),
            lambda word=word: f"{word[0]}.{attribute(below)}",
            lambda: f"({expression(below, 2)})",
        )
        text = text[: word.start()] + one_of(below, forms)() + text[word.end() :]
    return text


def extended(below: Below, text: str) -> str:
    """``text`` with statements of the grammar put between its lines."""
    lines = text.split("\n")
    at = below(len(lines))
    indent = re.match(r"[ \t]*", lines[at])
    lines[at:at] = statements(below, 2, indent[0] if indent else "", bool(indent and indent[0]))
    return "\n".join(lines)


def torn(below: Below, text: str, other: str) -> str:
    """``text`` with up to four edits of its tokens, some taken from ``other``; most of it is broken."""
    tokens, others = _TOKEN.findall(text) or [""], _TOKEN.findall(other) or [""]
    for _ in range(1 + below(4)):
        at, start = below(len(tokens)), below(len(others))
        forms = (
            lambda start=start: others[start],
            lambda: one_of(below, TOKENS),
            lambda at=at: tokens[at] + one_of(below, STRANGE),
            lambda: "",
            lambda start=start: "".join(others[start : start + 1 + below(30)]),
        )
        tokens[at] = one_of(below, forms)()
    return "".join(tokens)


def source(below: Below) -> str:
    """A source out of the grammar, or a mutated attack or honest kernel; now and then something extreme."""
    attacks, honest = corpus()
    kind, text = below(32), one_of(below, honest if below(2) else attacks)
    if kind == 0:
        return extreme(below)
    if kind < 10:
        return from_grammar(below)
    if kind < 20:
        return renamed(below, text)
    if kind < 27:
        return extended(below, text)
    return torn(below, text, one_of(below, attacks))


def extreme(below: Below) -> str:
    """Large, deep or odd: what exhausts a parser."""
    size = 1 << below(13)
    forms = (
        lambda: "(" * size + ")" * size,
        lambda: "-" * size + "1",
        lambda: "x" + ".a" * size,
        lambda: "x = " + "9" * size,
        lambda: "x = '" + "\\" * size + "'",
        lambda: "".join(f"{'  ' * i}if x:\n" for i in range(min(size, 200))) + "  " * min(size, 200) + "pass",
        lambda: "\n".join(["eval"] * size),
        lambda: f"# coding: {one_of(below, ('utf-7', 'latin-1', 'rot13', 'punycode', 'utf-16'))}\nx = 1\n+AGUAdgBhAGw-",
        lambda: "".join(one_of(below, STRANGE) for _ in range(min(size, 64))),
        lambda: "x = " + "[" * size,
        lambda: "f'" + "{f'" * min(size, 64),
        lambda: "__" + "é" * size + "__",
        lambda: "lambda: " * size + "1",
        lambda: "x" * size + " = " + "y" * size,
    )
    return one_of(below, forms)()


def completion(below: Below) -> str:
    """Text with fences in it, most of them in odd places."""
    parts: list[str] = []
    for _ in range(below(24)):
        kind = below(6)
        if kind < 3:
            parts.append(one_of(below, FENCES))
        elif kind == 3:
            parts.append(one_of(below, STRANGE))
        elif kind == 4:
            parts.append(one_of(below, ("x = 1", "text", " ", "'''", "> ", "- ", "def matmul(A, B): ...")))
        parts.append(one_of(below, ENDS))
    return "".join(parts)

"""Operators on string and bytes constants: split, reversed, or computed."""

from __future__ import annotations

import base64
from collections.abc import Callable
from random import Random
from typing import Any

import libcst as cst

from .sites import Site
from .source import Source, is_docstring

_Encoder = Callable[[Any, Random], str]


def adjacent(source: Source, random: Random) -> str | None:
    """Constants are cut into adjacent ones: the compiler sees the same constant, a search of the text does not."""
    return _rewritten(source, random, [s for s in _constants(source) if len(s.node.evaluated_value) > 1], _cut("  "))


def split(source: Source, random: Random) -> str | None:
    """Constants become sums of their parts."""
    return _rewritten(source, random, [s for s in _computable(source) if len(s.node.evaluated_value) > 1], _cut(" + "))


def encode(source: Source, random: Random) -> str | None:
    """Constants are computed: reversed, from code points, from hexadecimal digits."""
    kinds: list[_Encoder] = [_reversed]
    if source.offers("bytes", "map", "chr"):
        kinds += [_points, _hexadecimal]
    return _rewritten(source, random, _computable(source), lambda value, draw: draw.choice(kinds)(value, draw))


def base(source: Source, random: Random) -> str | None:
    """Constants are decoded from base 64 by a module that is imported by a call."""
    return _rewritten(source, random, _computable(source), _base64) if source.offers("__import__") else None


def literal(value: str | bytes, random: Random) -> str:
    """An expression for a string or bytes by one of the encodings that need no module."""
    return random.choice([_reversed, _points, _hexadecimal, _cut(" + ")])(value, random)


def _constants(source: Source) -> list[Site]:
    """Strings that are the whole of an expression, other than docstrings; parts of f-strings have no quotes left."""
    return [
        site
        for site in source.of(cst.SimpleString, cst.ConcatenatedString)
        if site.is_free
        and not isinstance(site.parent, cst.ConcatenatedString)
        and not is_docstring(site.parent)
        and isinstance(site.node.evaluated_value, (str, bytes))
    ]


def _computable(source: Source) -> list[Site]:
    """Strings that are not what a method is called on: `"{}".format` is refused on what is no constant."""
    return [
        site for site in _constants(source) if not (isinstance(site.parent, cst.Attribute) and site.field == "value")
    ]


def _rewritten(source: Source, random: Random, sites: list[Site], encoder: _Encoder) -> str | None:
    if not sites:
        return None
    chosen = random.sample(sites, min(len(sites), random.randint(1, 6)))
    changes = {}
    for site in chosen:
        expression = cst.parse_expression(f"({encoder(site.node.evaluated_value, random)})")
        changes[site.node] = lambda _, expression=expression: expression
    return source.replaced(changes)


def _cut(between: str) -> _Encoder:
    def cut(value: Any, random: Random) -> str:
        if len(value) < 2:
            return repr(value)
        places = sorted(random.sample(range(1, len(value)), min(len(value) - 1, random.randint(1, 3))))
        parts = [value[start:end] for start, end in zip([0, *places], [*places, len(value)], strict=True)]
        return between.join(map(repr, parts))

    return cut


def _reversed(value: Any, random: Random) -> str:
    text = value if isinstance(value, str) else value.decode("latin-1")
    if len(text) > 4 and text.startswith("__") and text.endswith("__"):
        # Backwards it would have the same form, which hides nothing and is refused where the name itself need not be.
        middle = len(value) // 2
        return f"{value[:middle][::-1]!r}[::-1] + {value[middle:][::-1]!r}[::-1]"
    return f"{value[::-1]!r}[::-1]"


def _points(value: Any, random: Random) -> str:
    if isinstance(value, bytes):
        return f"bytes({list(value)!r})"
    return f"''.join(map(chr, {list(map(ord, value))!r}))"


def _hexadecimal(value: Any, random: Random) -> str:
    if isinstance(value, bytes):
        return f"bytes.fromhex({value.hex()!r})"
    data = value.encode("utf-8", "surrogatepass")
    return f"bytes.fromhex({data.hex()!r}).decode('utf-8', 'surrogatepass')"


def _base64(value: Any, random: Random) -> str:
    data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    call = f"__import__('base64').b64decode({base64.b64encode(data)!r})"
    return call if isinstance(value, bytes) else f"{call}.decode('utf-8', 'surrogatepass')"

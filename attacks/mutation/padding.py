"""Operators that add code: some that never matters, and an honest kernel for small shapes."""

from __future__ import annotations

from random import Random
from typing import Any

import libcst as cst

from .sites import normal
from .source import Source, is_docstring

_MODULE = (
    "def {a}({b}):\n    return [[{c} for {c} in {b}] for _ in range(2)]\n",
    "{a} = {n}\n",
    "{a} = [{n}, {m}.0, '{b}']\n",
    "if False:\n    {a} = {n}\n",
    "class {a}:\n    {b} = {n}\n",
    "{a} = lambda {b}, {c}={n}: {b} + {c}\n",
    "while 0:\n    {a} = {n}\n",
    "try:\n    {a} = {n}\nexcept ValueError:\n    {a} = {m}\n",
    "# {b} of {n} by {m}\n{a} = ({n}, {m})\n",
)
_FUNCTION = (
    "{a} = {n}",
    "{a}: int = {n}",
    "if False:\n    {a} = [{n}]",
    "{a} = ({n}, {m})",
    "for {a} in ():\n    {b} = {n}",
    "if {n} < 0:\n    return",
    "assert {n} > 0",
)
_NAMELESS = ("pass", "assert {n} > 0", "if {n} < 0:\n    pass")
_KERNELS = (
    "[[sum(a * b for a, b in zip(row, col)) for col in zip(*B)] for row in A]",
    "[[sum([row[k] * B[k][j] for k in range(len(B))]) for j in range(len(B[0]))] for row in A]",
    "[[sum(map(lambda a, b: a * b, row, col)) for col in zip(*B)] for row in A]",
)
_MIX = """
def {h}(A, B):
    return {kernel}


{k} = {entry}


def {entry}(A, B):
    if len(A) <= {n} and len(B) <= {n}:
        return {h}(A, B)
    return {k}(A, B)
"""


def pad(source: Source, random: Random) -> str | None:
    """One to four statements that change nothing are added to the module and its functions."""
    text = source.text
    for _ in range(random.randint(1, 4)):
        read = Source(text, source.entry)
        blocks = [site.node for site in read.of(cst.FunctionDef) if isinstance(site.node.body, cst.IndentedBlock)]
        if blocks and random.random() < 0.5:
            node, lines = random.choice(blocks), cst.parse_module(_filled(read, random, _FUNCTION)).body
            text = read.replaced({node.body: lambda block, lines=lines: _padded(block, lines)})
        else:
            places = range(read.head, len(read.tree.body) + 1)
            text = read.inserted(_filled(read, random, _MODULE), random.choice(places))
    return text


def _filled(source: Source, random: Random, forms: tuple[str, ...]) -> str:
    a, b, c = source.fresh_names(random, 3)
    forms = _NAMELESS if source.looks_around else forms + _NAMELESS
    return random.choice(forms).format(a=a, b=b, c=c, n=random.randint(1, 99), m=random.randint(1, 99)) + "\n"


def _padded(block: cst.IndentedBlock, lines: Any) -> cst.IndentedBlock:
    """The block with the lines behind its docstring."""
    first = block.body[0]
    start = int(isinstance(first, cst.SimpleStatementLine) and is_docstring(first.body[0]))
    return block.with_changes(body=[*block.body[:start], *lines, *block.body[start:]])


def mix(source: Source, random: Random) -> str | None:
    """An honest kernel answers for small shapes, the module's own for the others."""
    if source.star_import or source.looks_around or not source.offers("len", "sum", "zip", "map", "range"):
        return None
    uses = [site for site in source.variables if normal(site.node.value) == source.entry]
    if any(not isinstance(site.parent, (cst.FunctionDef, cst.AssignTarget)) for site in uses):
        return None  # called by itself, say, it may rely on what its answers are made of
    if source.entry not in source.module_bound:
        return None
    kernel, own = source.fresh_names(random, 2)
    text = _MIX.format(
        h=kernel,
        k=own,
        entry=source.entry,
        kernel=random.choice(_KERNELS),
        n=random.randint(2, 8),
    )
    return source.inserted(text, len(source.tree.body))

"""Operators on statements: into annotations, one-round loops, functions that run once, texts that are executed."""

from __future__ import annotations

import sys
from random import Random
from typing import Any

import libcst as cst

from .expressions import contains, movable
from .sites import Site
from .source import Source, is_docstring
from .strings import literal

_FLOWS = (
    "if True:\n    {s}",
    "for {v} in (0,):\n    {s}",
    "while True:\n    {s}\n    break",
    "try:\n    {s}\nfinally:\n    pass",
    "if not 1:\n    pass\nelse:\n    {s}",
)
_STAYS = (cst.Import, cst.ImportFrom, cst.Global, cst.Nonlocal, cst.Break, cst.Continue)


def flow(source: Source, random: Random) -> str | None:
    """A statement is wrapped in control flow that runs it once."""
    sites = [site for site in _lines(source) if not isinstance(site.node.body[0], _STAYS)]
    if not sites:
        return None
    changes: dict[cst.CSTNode, Any] = {}
    for site in random.sample(sites, min(len(sites), random.randint(1, 3))):
        form = random.choice(_FLOWS).format(v=source.fresh(random), s="pass  # here")
        changes[site.node] = lambda node, form=form: _around(form, node)
    return source.replaced(changes)


def _around(form: str, line: cst.SimpleStatementLine) -> cst.BaseStatement:
    """The statement of ``form`` with the line in the place of the marked ``pass``."""
    outer = cst.parse_statement(form)
    bare = line.with_changes(leading_lines=())

    class Place(cst.CSTTransformer):
        def leave_SimpleStatementLine(self, original_node: Any, updated_node: Any) -> Any:  # noqa: N802
            return bare if updated_node.trailing_whitespace.comment is not None else updated_node

    placed: Any = outer.visit(Place())
    return placed.with_changes(leading_lines=line.leading_lines)


def annotation(source: Source, random: Random) -> str | None:
    """A value is computed in the annotation of a function that is never called."""
    if source.future or sys.version_info >= (3, 14):  # there annotations are not evaluated
        return None
    sites = [site for site in _lines(source) if _is_value(site.node.body[0])]
    sites = [site for site in sites if not contains(site.node, cst.Yield, cst.Await, cst.NamedExpr)]
    if not sites:
        return None
    changes: dict[cst.CSTNode, Any] = {}
    for site in random.sample(sites, min(len(sites), random.randint(1, 2))):
        names = source.fresh_names(random, 2)
        changes[site.node] = lambda node, names=names: _annotated(source, node, *names)
    return source.replaced(changes)


def _is_value(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Expr):
        return not is_docstring(node)
    return isinstance(node, cst.Assign) and len(node.targets) == 1 and isinstance(node.targets[0].target, cst.Name)


def _annotated(source: Source, line: cst.SimpleStatementLine, function: str, parameter: str) -> cst.BaseStatement:
    node: Any = line.body[0]
    value = source.code(node.value)
    if isinstance(node, cst.Assign):
        value = f"{source.code(node.targets[0].target)} := ({value})"
    statement: Any = cst.parse_statement(f"def {function}({parameter}: ({value})):\n    pass\n")
    return statement.with_changes(leading_lines=line.leading_lines)


def once(source: Source, random: Random) -> str | None:
    """The value of a statement of the module moves into a helper that is called there, or its default argument."""
    sites = [
        site
        for site in _lines(source)
        if site.place.scope == "module"
        and isinstance(site.node.body[0], (cst.Assign, cst.Expr))
        and not is_docstring(site.node.body[0])
        and movable(source, Site(site.node.body[0].value, site.node.body[0], "value", site.place))
    ]
    if not sites:
        return None
    site, (name, value) = random.choice(sites), source.fresh_names(random, 2)
    form = random.choice(["def {f}():\n    return ({e})\n", "def {f}({v}=({e})):\n    return {v}\n"])

    def change(line: cst.SimpleStatementLine) -> Any:
        node: Any = line.body[0]
        function: Any = cst.parse_statement(form.format(f=name, v=value, e=source.code(node.value)))
        call = cst.parse_expression(f"{name}()")
        after = line.with_changes(body=[node.with_changes(value=call)], leading_lines=())
        return cst.FlattenSentinel([function.with_changes(leading_lines=line.leading_lines), after])

    return source.replaced({site.node: change})


def execute(source: Source, random: Random) -> str | None:
    """A statement of the module becomes an encoded text that is executed."""
    if not source.offers("exec", "bytes", "map", "chr"):
        return None
    nodes = [
        node
        for node in source.tree.body[source.head :]
        if isinstance(node, (cst.SimpleStatementLine, cst.FunctionDef, cst.ClassDef))
    ]
    if not nodes:
        return None
    node = random.choice(nodes)

    def change(old: Any) -> cst.BaseStatement:
        text = source.code(old.with_changes(leading_lines=()))
        return cst.parse_statement(f"exec({literal(text, random)})\n").with_changes(leading_lines=old.leading_lines)

    return source.replaced({node: change})


def _lines(source: Source) -> list[Site]:
    """Lines of one small statement in a block of the module or of a function; docstrings and __future__ stay first."""
    head = {id(node) for node in source.tree.body[: source.head]}
    return [
        site
        for site in source.of(cst.SimpleStatementLine)
        if site.place.scope != "class"
        and len(site.node.body) == 1
        and not is_docstring(site.node.body[0])
        and id(site.node) not in head
    ]

"""Operators on functions of the module: into classes, behind decorators, their bodies into helpers."""

from __future__ import annotations

from random import Random
from typing import Any

import libcst as cst

from .expressions import contains, names_in
from .sites import normal
from .source import Source, is_docstring

_LOCAL = frozenset("locals vars dir super __class__".split())
_CALLABLE = """
class {c}:
    def __init__(self, {v}):
        self.{v} = {v}

    def __call__(self, *args, **kwargs):
        return self.{v}(*args, **kwargs)


{f} = {c}({f})
"""
_SAME = "def {d}({v}):\n    return {v}\n"
_PASSING = """
def {d}({v}):
    def {i}(*args, **kwargs):
        return {v}(*args, **kwargs)

    return {i}
"""


def in_class(source: Source, random: Random) -> str | None:
    """A function becomes a static method of a class, or is held by an instance that is called."""
    methods = [node for node in source.functions if _fits_class(node) and not source.tells_names]
    held = [node for node in source.called_only if not source.tells_names]
    kinds = [kind for kind, found in (("method", methods), ("held", held)) if found]
    if not kinds:
        return None
    if random.choice(kinds) == "method":
        return _static(source, random, random.choice(methods))
    node = random.choice(held)
    holder, value = source.fresh_names(random, 2)
    text = _CALLABLE.format(c=holder, v=value, f=node.name.value)
    return source.inserted(text, source.tree.body.index(node) + 1)


def _fits_class(node: cst.FunctionDef) -> bool:
    around = [*node.decorators, node.params]
    return (
        not any(contains(part, cst.NamedExpr, cst.Yield) for part in around)
        and not any(name.startswith("__") for name in names_in(node))
        and not names_in(node) & _LOCAL
    )


def _static(source: Source, random: Random, node: cst.FunctionDef) -> str:
    holder = source.fresh(random)
    first = cst.Decorator(cst.Name("staticmethod"))

    def change(old: cst.FunctionDef) -> Any:
        method = old.with_changes(decorators=[first, *old.decorators], leading_lines=())
        body = cst.IndentedBlock([method])
        return cst.FlattenSentinel(
            [
                cst.ClassDef(cst.Name(holder), body, leading_lines=old.leading_lines),
                cst.parse_statement(f"{old.name.value} = {holder}.{old.name.value}\n"),
            ]
        )

    return source.replaced({node: change})


def decorate(source: Source, random: Random) -> str | None:
    """A function passes through a decorator that returns it, or one that calls it."""
    passing = [node for node in source.called_only if not source.tells_names]
    if passing and random.random() < 0.5:
        node, form = random.choice(passing), _PASSING
    elif anywhere := [site.node for site in source.of(cst.FunctionDef, cst.ClassDef)]:
        node, form = random.choice(anywhere), random.choice([_SAME, ""])
    else:
        return None
    name, value, inner = source.fresh_names(random, 3)
    last = cst.Decorator(cst.parse_expression(name if form else f"(lambda {value}: {value})"))
    text = source.replaced({node: lambda old: old.with_changes(decorators=[*old.decorators, last])})
    if not form:
        return text
    changed = Source(text, source.entry)
    return changed.inserted(form.format(d=name, v=value, i=inner), changed.head)


def helper(source: Source, random: Random) -> str | None:
    """The body of a function moves into another one, which it calls."""
    nodes = [
        node
        for node in source.functions
        if isinstance(node.body, cst.IndentedBlock) and not names_in(node) & _LOCAL and not source.tells_names
    ]
    if not nodes:
        return None
    node, name = random.choice(nodes), source.fresh(random)
    call = cst.parse_statement(f"return {name}({_forwarded(node.params)})")

    def change(old: cst.FunctionDef) -> Any:
        moved = cst.FunctionDef(cst.Name(name), _bare(old.params), old.body, leading_lines=old.leading_lines)
        kept: list[Any] = [line for line in old.body.body[:1] if _is_docstring_line(line)]
        return cst.FlattenSentinel([moved, old.with_changes(body=cst.IndentedBlock([*kept, call]))])

    return source.replaced({node: change})


def _is_docstring_line(line: cst.CSTNode) -> bool:
    return isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 and is_docstring(line.body[0])


def _bare(params: cst.Parameters) -> cst.Parameters:
    """The parameters without defaults and annotations, which stay where they were evaluated."""

    def strip(param: cst.Param) -> cst.Param:
        return cst.Param(cst.Name(param.name.value), star=param.star)

    star = params.star_arg
    return cst.Parameters(
        params=[strip(param) for param in params.params],
        star_arg=strip(star) if isinstance(star, cst.Param) else star,
        kwonly_params=[strip(param) for param in params.kwonly_params],
        star_kwarg=None if params.star_kwarg is None else strip(params.star_kwarg),
        posonly_params=[strip(param) for param in params.posonly_params],
    )


def _forwarded(params: cst.Parameters) -> str:
    parts = [param.name.value for param in (*params.posonly_params, *params.params)]
    if isinstance(params.star_arg, cst.Param):
        parts.append(f"*{params.star_arg.name.value}")
    parts += [f"{param.name.value}={param.name.value}" for param in params.kwonly_params]
    if params.star_kwarg is not None:
        parts.append(f"**{params.star_kwarg.name.value}")
    return ", ".join(parts)


def lambda_function(source: Source, random: Random) -> str | None:
    """A function that only returns an expression becomes a lambda that is assigned."""
    nodes = [node for node in source.functions if _is_plain_return(node) and not source.tells_names]
    if not nodes:
        return None
    node = random.choice(nodes)

    def change(old: Any) -> Any:
        expression = source.code(old.body.body[0].body[0].value)
        params = source.code(old.params)
        text = f"{old.name.value} = lambda {params}: ({expression})\n"
        return cst.parse_statement(text).with_changes(leading_lines=old.leading_lines)

    return source.replaced({node: change})


def _is_plain_return(node: cst.FunctionDef) -> bool:
    line: Any = node.body.body[0] if isinstance(node.body, cst.IndentedBlock) and len(node.body.body) == 1 else None
    return (
        isinstance(line, cst.SimpleStatementLine)
        and len(line.body) == 1
        and isinstance(line.body[0], cst.Return)
        and line.body[0].value is not None
        and not node.decorators
        and node.returns is None
        and not contains(node.params, cst.Annotation, cst.Comment)
        and not contains(node.body, cst.Yield)
        and "\n" not in cst.Module([]).code_for_node(node.params)
        and normal(node.name.value) not in ("", "_")
    )

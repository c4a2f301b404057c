"""Operators that wrap an expression in a lambda, a comprehension or a default argument."""

from __future__ import annotations

from random import Random
from typing import Any

import libcst as cst

from .sites import Site, normal
from .source import Source

_SPOTS = {
    (cst.Assign, "value"),
    (cst.AugAssign, "value"),
    (cst.AnnAssign, "value"),
    (cst.Return, "value"),
    (cst.Expr, "value"),
    (cst.For, "iter"),
    (cst.If, "test"),
    (cst.Arg, "value"),
    (cst.Decorator, "decorator"),
}
_SUSPENDS = (cst.Await, cst.Yield, cst.NamedExpr)
_OF_ITS_SCOPE = frozenset("super __class__ locals vars dir eval exec".split())
_LAMBDAS = "(lambda {v}: {v})(({e}))", "(lambda *{v}: {v}[0])(({e}))", "(lambda **{v}: {v}['x'])(x=({e}))"
_DISPLAYS = (
    "[{v} for {v} in (({e}),)][0]",
    "next({v} for {v} in (({e}),))",
    "[*{{0: {v} for {v} in (({e}),)}}.values()][0]",
)
_DEFAULTS = "(lambda {v}=({e}): {v})()", "(lambda *, {v}=({e}): {v})()"


def lambdas(source: Source, random: Random) -> str | None:
    """Values pass through a lambda, or are what one returns."""
    sites = _sites(source)
    thunks = {site.node for site in sites if movable(source, site)}

    def form(site: Site) -> str:
        return "(lambda: ({e}))()" if site.node in thunks and random.random() < 0.5 else random.choice(_LAMBDAS)

    return _wrapped(source, random, sites, form)


def comprehension(source: Source, random: Random) -> str | None:
    """Values are the only item of a comprehension. Its first iterable is evaluated outside, where it stood."""
    forms = [form for form in _DISPLAYS if "next" not in form or source.offers("next")]
    sites = [site for site in _sites(source) if not contains(site.node, *_SUSPENDS)]
    return _wrapped(source, random, sites, lambda _: random.choice(forms))


def default(source: Source, random: Random) -> str | None:
    """Values are the default argument of a lambda that is called without it."""
    sites = [site for site in _sites(source) if not contains(site.node, *_SUSPENDS)]
    return _wrapped(source, random, sites, lambda _: random.choice(_DEFAULTS))


def contains(node: cst.CSTNode, *kinds: type[cst.CSTNode]) -> bool:
    """Whether a node of these kinds is in the expression, in an inner scope or not."""
    pending: list[cst.CSTNode] = [node]
    while pending:
        node = pending.pop()
        if isinstance(node, kinds):
            return True
        pending.extend(node.children)
    return False


def names_in(node: cst.CSTNode) -> set[str]:
    """Every identifier in an expression."""
    found: set[str] = set()
    pending: list[cst.CSTNode] = [node]
    while pending:
        node = pending.pop()
        if isinstance(node, cst.Name):
            found.add(normal(node.value))
        pending.extend(node.children)
    return found


def movable(source: Source, site: Site) -> bool:
    """Whether the expression means the same in a function of its own."""
    return (
        site.place.scope != "class"
        and not contains(site.node, *_SUSPENDS, cst.Asynchronous)
        and not names_in(site.node) & _OF_ITS_SCOPE
        and "UnboundLocalError" not in source.identifiers  # of a lambda's free variable it is a NameError
    )


def _sites(source: Source) -> list[Site]:
    return [
        site
        for site in source.sites
        if (type(site.parent), site.field) in _SPOTS
        and isinstance(site.node, cst.BaseExpression)
        and site.is_free
        and not (isinstance(site.parent, cst.Arg) and site.parent.star)
        and not isinstance(site.node, (cst.Yield, cst.SimpleString, cst.ConcatenatedString))
    ]


def _wrapped(source: Source, random: Random, sites: list[Site], form: Any) -> str | None:
    if not sites:
        return None
    changes: dict[cst.CSTNode, Any] = {}
    for site in random.sample(sites, min(len(sites), random.randint(1, 3))):
        text, name = form(site), source.fresh(random)
        changes[site.node] = lambda node, text=text, name=name: cst.parse_expression(
            text.format(v=name, e=source.code(node))
        )
    return source.replaced(changes)

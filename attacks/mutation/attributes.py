"""Operators that reach by computed name what was written down: attributes, modules, builtins."""

from __future__ import annotations

from random import Random
from typing import Any

import libcst as cst

from .sites import Site, normal
from .source import BUILTINS, Source
from .strings import literal


def chain(source: Source, random: Random) -> str | None:
    """Attributes are read by getattr or attrgetter, set by setattr."""
    if not source.offers("getattr", "setattr", "__import__"):
        return None
    reads = [s for s in source.of(cst.Attribute) if s.is_free and not _mangled(s.node.attr.value)]
    writes = [s for s in source.of(cst.Assign) if _sets(s.node)]
    sites = reads + writes
    if not sites:
        return None
    changes: dict[cst.CSTNode, Any] = {}
    for site in random.sample(sites, min(len(sites), random.randint(1, 6))):
        name = normal((site.node if site in reads else site.node.targets[0].target).attr.value)
        text = random.choice(
            [repr(name), literal(name, random) if source.offers("bytes", "map", "chr") else repr(name)]
        )
        if site not in reads:
            changes[site.node] = lambda node, text=text: _setattr(source, node, text)
        elif random.random() < 0.7:
            changes[site.node] = lambda node, text=text: _call(f"getattr({{}}, {text})", source.code(node.value))
        else:
            getter = f"__import__('operator').attrgetter({text})({{}})"
            changes[site.node] = lambda node, getter=getter: _call(getter, source.code(node.value))
    return source.replaced(changes)


def imports(source: Source, random: Random) -> str | None:
    """Import statements become calls of __import__."""
    if not source.offers("__import__", "getattr"):
        return None
    sites = [s for s in source.of(cst.Import, cst.ImportFrom) if s.place.scope != "class" and _importable(s)]
    if not sites:
        return None
    chosen = random.sample(sites, random.randint(1, len(sites)))
    return source.replaced({site.node: lambda node: _assignments(source, node) for site in chosen})


def builtin(source: Source, random: Random) -> str | None:
    """Builtins are fetched from their module by name."""
    if not source.offers("__import__", "getattr", "vars"):
        return None
    sites = [
        site
        for site in source.variables
        if site.is_free
        and normal(site.node.value) in BUILTINS - source.bound
        and not site.node.value.startswith("__")
        and site.node.value not in ("True", "False", "None", "super")
        and site.field not in ("item", "name")
    ]
    if not sites:
        return None
    changes: dict[cst.CSTNode, Any] = {}
    for site in random.sample(sites, min(len(sites), random.randint(1, 4))):
        text = (
            literal(normal(site.node.value), random) if source.offers("bytes", "map", "chr") else repr(site.node.value)
        )
        form = random.choice(["getattr(__import__('builtins'), {})", "vars(__import__('builtins'))[{}]"])
        changes[site.node] = lambda _, form=form, text=text: _call(form, text)
    return source.replaced(changes)


def _call(form: str, inner: str) -> cst.BaseExpression:
    return cst.parse_expression(form.format(f"({inner})"))


def _mangled(name: str) -> bool:
    return name.startswith("__") and not name.endswith("__")


def _sets(node: cst.Assign) -> bool:
    target = node.targets[0].target
    return len(node.targets) == 1 and isinstance(target, cst.Attribute) and not _mangled(target.attr.value)


def _setattr(source: Source, node: cst.Assign, text: str) -> cst.Expr:
    """An assignment evaluates its value before its target, as the arguments of this lambda are."""
    target = node.targets[0].target
    assert isinstance(target, cst.Attribute)
    call = f"(lambda v, o: setattr(o, {text}, v))(({source.code(node.value)}), ({source.code(target.value)}))"
    return cst.Expr(cst.parse_expression(call))


def _importable(site: Site) -> bool:
    if isinstance(site.node, cst.Import):
        return True
    # A missing name is an ImportError for the statement, and an AttributeError for the call.
    return not (
        site.place.guarded
        or site.node.relative
        or isinstance(site.node.names, cst.ImportStar)
        or (isinstance(site.node.module, cst.Name) and site.node.module.value == "__future__")
    )


def _assignments(source: Source, node: cst.Import | cst.ImportFrom) -> Any:
    module = "" if isinstance(node, cst.Import) or node.module is None else normal(source.code(node.module))
    assert not isinstance(node.names, cst.ImportStar)
    lines = []
    for alias in node.names:
        name = normal(source.code(alias.name))
        bound = None if alias.asname is None else source.code(alias.asname.name)
        if module:
            lines.append(f"{bound or name} = getattr(__import__({module!r}, fromlist=[{name!r}]), {name!r})")
        elif bound and "." in name:
            lines.append(f"{bound} = __import__({name!r}, fromlist=['_'])")
        else:
            lines.append(f"{bound or name.partition('.')[0]} = __import__({name!r})")
    statement = cst.parse_statement("; ".join(lines))
    assert isinstance(statement, cst.SimpleStatementLine)
    return cst.FlattenSentinel(statement.body)

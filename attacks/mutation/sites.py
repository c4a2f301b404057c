"""Where the nodes of a module stand, and how they are replaced."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import libcst as cst

Scope = Literal["module", "function", "class"]
_FUNCTIONS = {cst.FunctionDef, cst.Lambda, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp}
_ITEMS = {cst.Tuple, cst.List, cst.Element, cst.StarredElement}
_SPACE = re.compile("white|[lr](par|bracket|brace)$|.*lines|comma|semicolon|trailing|header|footer|newline|indent")
_NODES = {kind for kind in vars(cst).values() if isinstance(kind, type) and issubclass(kind, cst.CSTNode)}
_PATTERNS = {kind for kind in _NODES if issubclass(kind, cst.MatchPattern)}
_TARGETS = {
    (cst.AssignTarget, "target"),
    (cst.AugAssign, "target"),
    (cst.AnnAssign, "target"),
    (cst.NamedExpr, "target"),
    (cst.Del, "target"),
    (cst.For, "target"),
    (cst.CompFor, "target"),
    (cst.AsName, "name"),
}
_OUTSIDE = {"decorators", "params", "returns", "name", "for_in"}
"""Fields of a function or comprehension that are evaluated in the scope around it, the first iterable among them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands. ``scope`` is the innermost one; a comprehension counts as a function.

    ``quoted``: inside an f-string. ``fixed``: inside a pattern or an annotation, where only this form may stand.
    ``imported``: part of an import, other than the name it binds with ``as``. ``target``: something is bound here.
    ``guarded``: inside a ``try``, where a handler may tell one exception from another.
    """

    scope: Scope = "module"
    quoted: bool = False
    fixed: bool = False
    imported: bool = False
    target: bool = False
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """A node, the node and field that hold it, and its place."""

    node: Any
    parent: cst.CSTNode
    field: str
    place: Place

    @property
    def is_variable(self) -> bool:
        """Whether a Name node stands for a variable, rather than for an attribute, a keyword or a module."""
        return not self.place.imported and (type(self.parent), self.field) not in {
            (cst.Attribute, "attr"),
            (cst.Arg, "keyword"),
            (cst.MatchKeywordElement, "key"),
        }

    @property
    def is_free(self) -> bool:
        """Whether any expression of the same value may stand here."""
        return not (self.place.quoted or self.place.fixed or self.place.imported or self.place.target)


def normal(name: str) -> str:
    """The identifier as the compiler sees it."""
    return unicodedata.normalize("NFKC", name)


def walk(tree: cst.Module) -> list[Site]:
    """Every node below the module but space and punctuation, in the order of the text.

    Raises RecursionError for a tree that is too deep.
    """
    found: list[Site] = []
    _below(tree, Place(), found)
    return found


def _below(node: cst.CSTNode, place: Place, found: list[Site]) -> None:
    for field in _fields(type(node)):
        value = getattr(node, field)
        children = value if type(value) in (list, tuple) else (value,)
        for child in children:
            if type(child) in _NODES:
                inner = _place(node, field, child, place)
                found.append(Site(child, node, field, inner))
                _below(child, inner, found)


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind) if not _SPACE.match(field.name))


def _place(parent: cst.CSTNode, field: str, child: cst.CSTNode, outer: Place) -> Place:
    kind, inside = type(parent), type(child)
    changes: dict[str, Any] = {}
    if kind in _FUNCTIONS and field not in _OUTSIDE:
        changes["scope"] = "function"
    elif kind is cst.ClassDef and field == "body":
        changes["scope"] = "class"
    if inside is cst.FormattedString:
        changes["quoted"] = True
    elif inside is cst.Annotation or inside in _PATTERNS:
        changes["fixed"] = True
    elif inside in (cst.Try, cst.TryStar):
        changes["guarded"] = True
    if (kind, field) in ((cst.ImportAlias, "name"), (cst.ImportFrom, "module")):
        changes["imported"] = True
    target = (kind, field) in _TARGETS or (outer.target and kind in _ITEMS)
    if target != outer.target:
        changes["target"] = target
    return dataclasses.replace(outer, **changes) if changes else outer


class _Replacer(cst.CSTTransformer):
    def __init__(self, changes: Mapping[cst.CSTNode, Callable[[Any], Any]]) -> None:
        super().__init__()
        self._changes = changes

    def on_visit(self, node: cst.CSTNode) -> bool:
        return True  # no methods by the names of nodes, which would be looked up for each

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        change = self._changes.get(original_node)
        return updated_node if change is None else change(updated_node)


def replaced(tree: cst.Module, changes: Mapping[cst.CSTNode, Callable[[Any], Any]]) -> str:
    """The text after each node was replaced by what its function makes of it; nested changes compose."""
    changed = tree.visit(_Replacer(changes))
    assert isinstance(changed, cst.Module)
    return changed.code

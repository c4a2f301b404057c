"""Where the nodes of a module stand, and how they are replaced."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import libcst as cst

Scope = Literal["module", "function", "class"]
_FUNCTIONS = (cst.FunctionDef, cst.Lambda, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
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


def walk(tree: cst.Module) -> Iterator[Site]:
    """Every node below the module, in the order of the fields. Raises RecursionError for a deep tree."""
    return _below(tree, Place())


def _below(node: cst.CSTNode, place: Place) -> Iterator[Site]:
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        for child in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(child, cst.CSTNode):
                inner = _place(node, field.name, child, place)
                yield Site(child, node, field.name, inner)
                yield from _below(child, inner)


def _place(parent: cst.CSTNode, field: str, child: cst.CSTNode, outer: Place) -> Place:
    scope = outer.scope
    if isinstance(parent, _FUNCTIONS) and field not in _OUTSIDE:
        scope = "function"
    elif isinstance(parent, cst.ClassDef) and field == "body":
        scope = "class"
    through = isinstance(parent, (cst.Tuple, cst.List, cst.Element, cst.StarredElement))
    return Place(
        scope=scope,
        quoted=outer.quoted or isinstance(child, cst.FormattedString),
        fixed=outer.fixed or isinstance(child, (cst.MatchPattern, cst.Annotation)),
        imported=outer.imported
        or (isinstance(parent, cst.ImportAlias) and field == "name")
        or (isinstance(parent, cst.ImportFrom) and field == "module"),
        target=(type(parent), field) in _TARGETS or (outer.target and through),
        guarded=outer.guarded or isinstance(child, (cst.Try, cst.TryStar)),
    )


class _Replacer(cst.CSTTransformer):
    def __init__(self, changes: Mapping[cst.CSTNode, Callable[[Any], Any]]) -> None:
        super().__init__()
        self._changes = changes

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        updated = super().on_leave(original_node, updated_node)
        change = self._changes.get(original_node)
        return updated if change is None else change(updated)


def replaced(tree: cst.Module, changes: Mapping[cst.CSTNode, Callable[[Any], Any]]) -> str:
    """The text after each node was replaced by what its function makes of it; nested changes compose."""
    changed = tree.visit(_Replacer(changes))
    assert isinstance(changed, cst.Module)
    return changed.code

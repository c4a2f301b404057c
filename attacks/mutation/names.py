"""Operators on identifiers: other names, and other spellings of the same names."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import libcst as cst

from .sites import normal
from .source import BUILTINS, Source, binds

_KEPT = frozenset("_ match case type".split())
_LETTERS = 0x1D400  # mathematical bold A; alphabets of 52 letters follow, some with holes
_ALPHABETS = [_LETTERS + 52 * index for index in (0, 1, 2, 4, 5, 7, 8, 9, 10, 12)]
_FULL_WIDTH = 0xFEE0


def rename(source: Source, random: Random) -> str | None:
    """One to six names that the module binds get other names, each throughout the module."""
    chosen = _some(sorted(_renamable(source)), random, 6)
    if not chosen:
        return None
    names = dict(zip(chosen, source.fresh_names(random, len(chosen)), strict=True))
    changes: dict[cst.CSTNode, Any] = {}
    for site in source.variables:
        if new := names.get(normal(site.node.value)):
            changes[site.node] = lambda node, new=new: node.with_changes(value=new)
    for site in source.of(cst.ImportAlias):
        alias = site.node
        if alias.asname is None and isinstance(alias.name, cst.Name) and (new := names.get(normal(alias.name.value))):
            changes[alias] = lambda node, new=new: node.with_changes(asname=_as(new))
    return source.replaced(changes)


def _as(name: str) -> cst.AsName:
    return cst.AsName(cst.Name(name), cst.SimpleWhitespace(" "), cst.SimpleWhitespace(" "))


def _renamable(source: Source) -> set[str]:
    """Names of which every use is seen: all that resolve to a binding of the module's own, nothing by its text."""
    if source.looks_around:
        return set()
    kept = _KEPT | BUILTINS | source.words | set(_fixed_names(source)) | {source.entry}
    return {name for name in source.bound - kept if not name.startswith("__")}


def _fixed_names(source: Source) -> Iterator[str]:
    attributes = {normal(site.node.value) for site in source.of(cst.Name) if not site.is_variable}
    for table in source.tables:
        for symbol in table.get_symbols():
            name = symbol.get_name()
            if table.get_type() == "class" and binds(symbol):
                yield name  # an attribute of the class
            elif symbol.is_parameter() and name in attributes:
                yield name  # a keyword of some call
            elif symbol.is_namespace() and source.tells_names:
                yield name  # a function or class, whose own name may show
            elif symbol.is_global() and name not in source.module_bound:
                yield name  # somebody else's
    for name in source.module_bound:
        if source.star_import or name in attributes:
            yield name  # what a star brings, or an attribute of the module
    for site in source.of(cst.ImportAlias, cst.ImportFrom):
        node = site.node
        if isinstance(node, cst.ImportFrom):
            module = node.module
            if (
                isinstance(module, cst.Name)
                and module.value == "__future__"
                and not isinstance(node.names, cst.ImportStar)
            ):
                yield from (alias.name.value for alias in node.names if isinstance(alias.name, cst.Name))
        elif isinstance(node.name, cst.Attribute) and node.asname is None:
            first = node.name  # `import a.b` binds a
            while isinstance(first, cst.Attribute):
                first = first.value
            yield first.value if isinstance(first, cst.Name) else ""


def unicode(source: Source, random: Random) -> str | None:
    """Letters of identifiers are replaced by others that the compiler takes for the same."""
    sites = [
        site
        for site in source.of(cst.Name)
        if site.node.value not in ("True", "False", "None", "__debug__")
        and site.node.value.isascii()
        and any(letter.isalpha() for letter in site.node.value)
        and not (site.place.imported and source.future)
        and not site.place.quoted  # f"{rows=}" shows the text
    ]
    changes = {site.node: _spelt(random) for site in _some(sites, random, 8)}
    return source.replaced(changes) if changes else None


def _spelt(random: Random) -> Any:
    seed = random.random()
    return lambda node: node.with_changes(value=spell(node.value, Random(seed)))


def spell(name: str, random: Random) -> str:
    """The identifier with one to three letters written otherwise; the compiler reads the same one."""
    letters = list(name)
    places = [index for index, letter in enumerate(letters) if letter.isascii() and letter.isalpha()]
    for index in random.sample(places, min(len(places), random.randint(1, 3))):
        letters[index] = random.choice(_equivalents(letters[index]))
    spelt = "".join(letters)
    return spelt if spelt.isidentifier() and normal(spelt) == name else name


def _equivalents(letter: str) -> list[str]:
    offset = ord(letter) - ord("A") if letter.isupper() else 26 + ord(letter) - ord("a")
    found = [chr(ord(letter) + _FULL_WIDTH), *(chr(start + offset) for start in _ALPHABETS)]
    return [other for other in found if normal(other) == letter]


def _some(items: list[Any], random: Random, most: int) -> list[Any]:
    return random.sample(items, min(len(items), random.randint(1, most)))

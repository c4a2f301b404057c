"""Read a corpus: attacks and honest kernels, one file each, described by a TOML header in comments.

Every file without such a header is left alone: see :mod:`assay.attacks.header` for its form.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..sandbox.errors import AssayError
from .header import FAMILIES, FEEDBACK, GAINS, LAYERS, SEEN, Attack, BadFile, Honest, line_of, read

SHIPPED = Path(__file__).resolve().parent / "corpus"


class CorpusError(AssayError):
    """The corpus itself cannot be read: the folder does not exist."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that claims to be an entry and is not; ``reason`` names file, line and way out."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a folder holds, each tuple sorted by path."""

    attacks: tuple[Attack, ...]
    honest: tuple[Honest, ...]
    broken: tuple[Broken, ...]


def load(folder: Path) -> Corpus:
    """Read every entry below ``folder`` (or the one file given); raises CorpusError if it cannot be read."""
    folder = Path(folder)
    if not folder.exists():
        raise CorpusError(f"{folder}: no such folder; give a folder of attack files")
    attacks: list[Attack] = []
    honest: list[Honest] = []
    broken: list[Broken] = []
    for path in _python_files(folder):
        try:
            entry = read(path)
        except BadFile as error:
            broken.append(Broken(path, f"{path}:{error.line}: {error.reason}"))
            continue
        if isinstance(entry, Attack):
            attacks.append(entry)
        elif isinstance(entry, Honest):
            honest.append(entry)
    return _cross_check(attacks, honest, broken)


def _cross_check(attacks: list[Attack], honest: list[Honest], broken: list[Broken]) -> Corpus:
    """Turn duplicate ids and twins that exist nowhere into broken files."""
    seen: dict[str, Path] = {}
    kept_honest: list[Honest] = []
    for kernel in honest:
        if _is_new(kernel, seen, broken):
            kept_honest.append(kernel)
    twins = {kernel.id for kernel in kept_honest if not kernel.wrong}
    kept: list[Attack] = []
    for attack in attacks:
        if not _is_new(attack, seen, broken):
            continue
        if attack.twin is not None and attack.twin not in twins and attack.twin not in _shipped_twins():
            reason = f"twin {attack.twin!r} is no honest kernel of this corpus or the shipped one; add it or drop it"
            broken.append(Broken(attack.path, f"{attack.path}:{line_of(attack.path, 'twin')}: {reason}"))
            continue
        kept.append(attack)
    broken.sort(key=lambda item: item.path)
    return Corpus(tuple(kept), tuple(kept_honest), tuple(broken))


def _is_new(entry: Attack | Honest, seen: dict[str, Path], broken: list[Broken]) -> bool:
    if entry.id in seen:
        reason = f"id {entry.id!r} is taken by {seen[entry.id]}; give one of them another id"
        broken.append(Broken(entry.path, f"{entry.path}:{line_of(entry.path, 'id')}: {reason}"))
        return False
    seen[entry.id] = entry.path
    return True


@cache
def _shipped_twins() -> frozenset[str]:
    """Ids of the shipped honest kernels, read without their checks."""
    ids: set[str] = set()
    for path in _python_files(SHIPPED):
        try:
            entry = read(path)
        except BadFile:
            continue
        if isinstance(entry, Honest) and not entry.wrong:
            ids.add(entry.id)
    return frozenset(ids)


def _python_files(folder: Path) -> Iterator[Path]:
    """Every regular ``*.py`` file, each real file once; links are followed, loops are not."""
    if folder.is_file():
        yield folder
        return
    visited: set[str] = set()
    files: set[str] = set()
    for root, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(root)
        if real in visited:
            folders.clear()
            continue
        visited.add(real)
        folders.sort()
        for name in sorted(names):
            path = os.path.join(root, name)
            target = os.path.realpath(path)
            if name.endswith(".py") and os.path.isfile(path) and target not in files:
                files.add(target)
                yield Path(path)


__all__ = [
    "FAMILIES",
    "FEEDBACK",
    "GAINS",
    "LAYERS",
    "SEEN",
    "SHIPPED",
    "Attack",
    "Broken",
    "Corpus",
    "CorpusError",
    "Honest",
    "load",
]

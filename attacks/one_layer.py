"""Attacks that a single layer stops, by mechanism, and why no second one can without refusing honest kernels.

Every attack must be stopped by at least two layers alone; those that are not are listed here. A test keeps the list
complete and true against the headers, which say what was measured (``assay attack --matrix``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mechanism:
    """What some attacks have in common, why only one layer can see it, and their ids."""

    name: str
    why: str
    attacks: frozenset[str]


def _ids(text: str) -> frozenset[str]:
    return frozenset(text.split())


MECHANISMS: tuple[Mechanism, ...] = ()


def mechanism_of(attack: str) -> Mechanism | None:
    """The mechanism under which an attack's id is listed, or None."""
    return next((mechanism for mechanism in MECHANISMS if attack in mechanism.attacks), None)


__all__ = ["MECHANISMS", "Mechanism", "mechanism_of"]

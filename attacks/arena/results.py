"""What the arena found: one row a peer, as data that JSON can hold."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

Outcome = Literal["gained", "stopped", "not-applicable", "unmeasured"]
EVIDENCE = 160


@dataclass(frozen=True, slots=True)
class Tried:
    """One attack at one peer.

    ``proven`` says whether it gains there once the peer's protection is taken out. ``reward`` is what it got,
    ``honest`` what its twin got, both by assay's formula. The evidence may quote a candidate: escape it.
    """

    outcome: Outcome
    proven: bool
    reward: float | None = None
    honest: float | None = None
    evidence: str = ""


@dataclass(slots=True)
class Row:
    """One peer.

    ``milliseconds`` is the median of its evaluations of honest kernels, ``noise`` the spread of rewards of one honest
    kernel by itself (five readings, without the extremes). ``refused`` maps honest kernels to what was said of them.
    ``absent`` says why nothing was measured, or is None. ``trouble`` are sentences about the scorer's own faults.
    """

    name: str
    scorer: str
    claim: str
    version: str = ""
    date: str = ""
    seconds: float = 0.0
    milliseconds: float | None = None
    noise: float | None = None
    isolated: bool = True
    honest: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    attacks: dict[str, Tried] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)
    absent: str | None = None

    def count(self, outcome: Outcome, ids: set[str] | None = None) -> int:
        """Attacks (of ``ids``) with this outcome."""
        return sum(t.outcome == outcome for name, t in self.attacks.items() if ids is None or name in ids)

    def proven(self, ids: set[str] | None = None) -> int:
        """Attacks (of ``ids``) that gain there once the protection is taken out."""
        return sum(t.proven for name, t in self.attacks.items() if ids is None or name in ids)

    def to_json(self) -> dict[str, Any]:
        """The row; evidence is kept for what gained and cut to a line."""
        data = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "attacks"}
        data["attacks"] = {name: _short(tried) for name, tried in self.attacks.items()}
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Row:
        """The row of :meth:`to_json`; raises TypeError for anything else."""
        return cls(**{**data, "attacks": {name: Tried(**tried) for name, tried in data["attacks"].items()}})


def _short(tried: Tried) -> dict[str, Any]:
    data = {key: value for key, value in asdict(tried).items() if value not in (None, "")}
    for key in ("reward", "honest"):
        if key in data:
            data[key] = round(data[key], 2)
    if tried.evidence:
        data["evidence"] = tried.evidence[:EVIDENCE]
    return data


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the catalogue. ``path`` is relative to the corpus; the family of a kernel is "honest"."""

    id: str
    family: str
    path: str


@dataclass(slots=True)
class Arena:
    """All rows, and the catalogue that was asked."""

    entries: list[Entry]
    rows: list[Row]

    @property
    def attacks(self) -> list[Entry]:
        """The attacks among the entries."""
        return [entry for entry in self.entries if entry.family != "honest"]

    def to_json(self) -> dict[str, Any]:
        """One object that ``json.dumps`` accepts."""
        entries = {entry.id: [entry.family, entry.path] for entry in self.entries}
        return {"entries": entries, "rows": [row.to_json() for row in self.rows]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Arena:
        """The arena of :meth:`to_json`; raises KeyError, TypeError or ValueError for anything else."""
        entries = [Entry(name, family, path) for name, (family, path) in data["entries"].items()]
        return cls(entries, [Row.from_json(row) for row in data["rows"]])

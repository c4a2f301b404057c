"""What a replay finds: a result for each file, and all of them as one report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Outcome = Literal["stopped", "gained", "accepted", "refused", "broken-file"]
Progress = Callable[[int, int, str], None]
"""Called with (entries done, entries in all, what is being done)."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file. ``reward`` and ``honest_reward`` are None where there is no verdict.

    ``honest_reward`` is what the honest twin earned (for fake correctness: an honest wrong kernel). ``layer`` is
    the layer that stopped an attack. ``proven`` says whether the attack gains against its ``control``, and ``proof``
    what it gained or missed there. The evidence may quote what a candidate wrote: escape it for the medium it is
    shown in.
    """

    id: str
    status: Outcome
    reward: float | None
    honest_reward: float | None
    layer: str | None
    path: str
    evidence: str
    family: str = ""
    proven: bool | None = None
    control: tuple[str, ...] = ()
    proof: str = ""


@dataclass(frozen=True)
class Replay:
    """The result of a replay; :meth:`to_json` is the machine-readable report."""

    results: tuple[Result, ...]
    layers: tuple[str, ...]
    seconds: float

    def of(self, status: Outcome) -> list[Result]:
        """The results with this status, in the order of the corpus."""
        return [result for result in self.results if result.status == status]

    @property
    def attacks(self) -> list[Result]:
        """Results of all attacks that could be read."""
        return [result for result in self.results if result.status in ("stopped", "gained")]

    @property
    def unproven(self) -> list[Result]:
        """Attacks that do not even gain against their control: they prove nothing."""
        return [result for result in self.results if result.proven is False]

    @property
    def clean(self) -> bool:
        """Nothing gained, nothing unproven, nothing refused, no broken file."""
        bad = any(self.of(status) for status in ("gained", "refused", "broken-file"))
        return not bad and not self.unproven

    def to_json(self) -> dict[str, Any]:
        """Counts and results as one object that ``json.dumps`` accepts."""
        return {
            "attacks": len(self.attacks),
            "gained": len(self.of("gained")),
            "unproven": len(self.unproven),
            "honest": len(self.of("accepted")) + len(self.of("refused")),
            "refused": len(self.of("refused")),
            "broken": len(self.of("broken-file")),
            "layers": list(self.layers),
            "seconds": round(self.seconds, 2),
            "results": [asdict(result) for result in self.results],
        }

"""What the judge concludes about one candidate, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

Layer = Literal["policy", "context", "jail", "judge"]


class Status(StrEnum):
    """How a candidate ended, best first."""

    CORRECT = "correct"
    WRONG = "wrong"
    CRASH = "crash"
    TIMEOUT = "timeout"
    NO_CODE = "no-code"
    CHEAT = "cheat"
    INFRA = "infra"
    """A fault of ours: no reward may be computed from it."""


def _shallow(record: Finding | Timing | Verdict) -> dict[str, Any]:
    """Its fields, as they are: dataclasses.asdict copies whatever is in them, 45 us a verdict."""
    return {name: getattr(record, name) for name in record.__slots__}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a layer observed.

    ``layer`` is the layer that decided it, ``evidence`` a bounded sentence. Evidence may quote what the
    candidate wrote: treat it as untrusted text and escape it for the medium it is shown in.
    """

    check: str
    ok: bool
    layer: Layer
    evidence: str


@dataclass(frozen=True, slots=True)
class Timing:
    """Paired timing of candidate against baseline; all times in nanoseconds, ratios dimensionless.

    ``speedup`` is the exponential of the median of the paired log ratios baseline / candidate; ``low`` and
    ``high`` bound it at ``confidence``. ``cpu_ns`` and ``wall_ns`` are the candidate's medians of the two clocks,
    ``billed_ns`` the median of ``max(cpu, wall - run_delay)``. ``overhead_ns`` is the bill of a null kernel
    (bytes to lists and back): it is reported, never subtracted. ``baseline_rate`` is the baseline's median of
    nanoseconds per unit of the task's work: at which speed the core ran.
    """

    pairs: int
    discarded: int
    speedup: float
    low: float
    high: float
    confidence: float
    billed_ns: int
    cpu_ns: int
    wall_ns: int
    baseline_ns: int
    overhead_ns: int = 0
    baseline_rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judge's conclusion. ``layer`` names the layer that decided a status other than ``correct``."""

    status: Status
    task: str
    key: str
    """SHA-256 of the candidate's code, in hex."""
    layer: Layer | None = None
    findings: tuple[Finding, ...] = ()
    timing: Timing | None = None
    isolation: dict[str, bool] = field(default_factory=dict)
    level: str = ""
    trials: int = 0

    def to_json(self) -> dict[str, Any]:
        """A dict that ``json.dumps`` accepts."""
        return _shallow(self) | {
            "findings": tuple(map(_shallow, self.findings)),
            "timing": _shallow(self.timing) if self.timing else None,
            "isolation": dict(self.isolation),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Verdict:
        """The inverse of :meth:`to_json`."""
        timing = data["timing"]
        return cls(
            **{
                **data,
                "status": Status(data["status"]),
                "findings": tuple(Finding(**finding) for finding in data["findings"]),
                "timing": None if timing is None else Timing(**timing),
            }
        )

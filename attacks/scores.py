"""A candidate's score on the bench, and when two of them differ in speed."""

from __future__ import annotations

from dataclasses import dataclass

from ..rewards import Graded
from ..sandbox.verdict import Status, Timing


@dataclass(frozen=True, slots=True)
class Score:
    """One candidate's score. ``disturbed`` says which canary or sibling it touched, or is None."""

    status: Status
    reward: float | None
    layer: str | None
    evidence: str
    timing: Timing | None
    disturbed: str | None = None

    @property
    def correct(self) -> bool:
        """Whether the judge called it correct."""
        return self.status is Status.CORRECT


def scored(graded: Graded) -> Score:
    """What the scorer's verdict comes to here."""
    verdict = graded.verdict
    bad = [finding for finding in verdict.findings if not finding.ok]
    evidence = bad[0].evidence if bad else ""
    return Score(verdict.status, graded.reward, verdict.layer, evidence, verdict.timing)


def apart(one: Timing | None, other: Timing | None, band: float) -> bool:
    """Whether two speeds differ by more than ``band`` (relative), beyond both confidence intervals."""
    if one is None or other is None:
        return False
    return one.low > other.high * (1 + band) or other.low > one.high * (1 + band)

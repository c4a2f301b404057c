"""From paired times to a speedup with its confidence interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

CALIBRATION_BAND = 0.05
"""A pair counts only if its baseline is within this fraction of the baseline's median."""
_FEWEST = 3  # rounds of which one may be left out


class Pair(NamedTuple):
    """One pair of turns on the same inputs: billed nanoseconds of baseline and candidate, and the work done. Where
    it is the sum of several rounds, ``ratios`` holds the log ratio of each."""

    baseline: int
    candidate: int
    work: float
    ratios: tuple[float, ...] = ()


CONFIDENCE = 0.92
"""The least confidence of an interval; eight pairs reach 93 % without their extremes, 20 and 40 pairs 96 %."""


class Speedup(NamedTuple):
    """Ratio baseline / candidate: estimate, interval and its confidence, pairs used and thrown away."""

    estimate: float
    low: float
    high: float
    confidence: float
    used: int
    discarded: int


def median_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float, float]:
    """``(low, high, confidence)``: a distribution-free interval for the median from order statistics.

    It is the sign test inverted. With too few values for the asked confidence it is the whole range, whose
    confidence is ``1 - 2 ** (1 - n)``; the one returned is exact.
    """
    ordered, n = sorted(values), len(values)
    rank, tail = 0, 0.5**n
    while rank + 1 < n / 2 and 2 * (tail + math.comb(n, rank + 1) * 0.5**n) <= 1 - confidence:
        rank += 1
        tail += math.comb(n, rank) * 0.5**n
    return ordered[rank], ordered[n - 1 - rank], 1 - 2 * tail


def calibrated(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs whose baseline ran at its usual rate; all of them where fewer than half did."""
    usual = median(pair.baseline / pair.work for pair in pairs)
    kept = [p for p in pairs if abs(p.baseline / p.work / usual - 1) <= CALIBRATION_BAND]
    return kept if 2 * len(kept) >= len(pairs) else list(pairs)


def total_ratio(pairs: Sequence[Pair]) -> float:
    """Log ratio of the total times, without the one pair that is worst for the candidate.

    A host may preempt a virtual machine unseen once in a while; a kernel that hides work hides more of it.
    """
    worst = max(range(len(pairs)), key=lambda i: pairs[i].candidate / max(pairs[i].baseline, 1))
    rest = [pair for i, pair in enumerate(pairs) if i != worst] or list(pairs)
    return math.log(max(sum(p.baseline for p in rest), 1) / max(sum(p.candidate for p in rest), 1))


def _log_ratio(pair: Pair) -> float:
    return math.log(max(pair.baseline, 1) / max(pair.candidate, 1))


def speedup(pairs: Sequence[Pair], most: int | None = None) -> Speedup:
    """The median of the log ratios of all rounds in the first ``most`` usable pairs, with the pairs' interval.

    Neighbouring rounds have the host's state in common: they make a better median, but their number would make an
    interval that is too narrow (docs/log.md, 2026-11-30).
    The lower bound never exceeds the ratio of the totals, and the estimate exceeds it at most by the interval's
    width: a kernel that is slow in the trials which a median discards is billed for them.
    """
    kept = calibrated(pairs)[:most]
    logs = [_log_ratio(pair) for pair in kept]
    low, high, confidence = median_interval(logs)
    total = total_ratio(kept)
    middle = median(log for pair in kept for log in pair.ratios or (_log_ratio(pair),))
    estimate = min(middle, total + max(high - low, CALIBRATION_BAND))
    low, high = min(low, total, estimate), max(high, estimate)
    discarded = len(pairs) - len(kept)
    return Speedup(math.exp(estimate), math.exp(low), math.exp(high), confidence, len(kept), discarded)


class Looks:
    """Collects pairs and says when to stop: only at fixed counts of usable pairs, never in between.

    Timing stops at a look where the interval is within ``± band`` of the estimate, where the candidate is
    clearly slower than the baseline, or at the last one. A pair may be the sum of several ``rounds`` of turns.
    """

    def __init__(self, looks: Sequence[int], band: float, rounds: int = 1) -> None:
        self._looks, self._band, self._rounds = list(looks), band, rounds
        self._at = self._looks[0] if self._looks else None
        self.pairs: list[Pair] = []
        self.rounds: list[Pair] = []

    def estimate(self) -> Speedup:
        """The speedup at the look reached last: as the median moves, pairs may become usable by the handful."""
        return speedup(self.pairs, self._at)

    def add(self, turns: Pair) -> bool:
        """Record one round; True when no more are wanted."""
        self.rounds.append(turns)
        if len(self.rounds) % self._rounds:
            return False
        baseline, candidate, work, _ = zip(*(rounds := self.rounds[-self._rounds :]), strict=True)
        ratios = tuple(map(_log_ratio, rounds)) if self._rounds > 1 else ()
        self.pairs.append(Pair(sum(baseline), sum(candidate), sum(work), ratios))
        if len(self.pairs) < self._looks[0]:
            return False
        self._at = self._looks[0]
        now = self.estimate()
        if now.used < self._looks[0]:
            return False
        self._looks.pop(0)
        narrow = math.log(now.high / now.low) <= 2 * self._band
        return narrow or now.high < 1 or not self._looks

    def beyond(self, factor: float) -> bool:
        """Whether the whole interval of the rounds so far, five or more, is slower than ``factor`` times the baseline:
        a busy host puts a kernel near the limit beyond it in a turn or two.
        """
        _, high, confidence = median_interval([_log_ratio(turns) for turns in self.rounds])
        return confidence >= CONFIDENCE and high < -math.log(factor)

    def spent(self, factor: float) -> bool:
        """Whether three rounds or more, without the worst, took ``factor`` times the baseline's time in total: who is
        slow in some turns only must not hold the judge either.
        """
        return len(self.rounds) >= _FEWEST and total_ratio(self.rounds) < -math.log(factor)

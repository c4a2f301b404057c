"""The numbers of a run, from its records. Speedups are baseline / candidate, their logarithms to base 2."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..sandbox import Status
from .records import MALFORMED, STATUSES, Record, Row, Speed, finding, judge_field, number, readable, row_of


@dataclass(frozen=True, slots=True)
class StepSummary:
    """One step: shares are of its candidates, between 0 and 1; None where there is nothing to average."""

    step: int
    candidates: int
    reward: float | None
    spread: float
    """Standard deviation of the rewards in the step."""
    shares: dict[str, float]
    hack_share: float | None
    log2_speedup: float | None
    """Mean over the candidates that the judge found correct."""


@dataclass(slots=True)
class Tally:
    """How often something happened, and its first example. ``evidence`` and ``code`` are untrusted text."""

    name: str
    count: int = 0
    hacks: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    step: int = 0
    index: int = 0
    evidence: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A correct kernel and the step that first produced it at this speed. ``code`` is untrusted text."""

    code: str
    key: str
    step: int
    reward: float | None
    speed: Speed


@dataclass(slots=True)
class RunSummary:
    """Everything that the report says in numbers."""

    records: int = 0
    unreadable: int = 0
    """Records without a verdict of a known status; they are left out of everything else."""
    infra: int = 0
    hacks: int = 0
    told: int = 0
    """Records of which the judge could tell whether they are hacks."""
    seconds: float = 0.0
    """Wall-clock time spent on scoring, summed over batches."""
    audited: bool = False
    judged: bool = False
    """Whether assay's judge took part: without it nobody can tell a hack."""
    unsafe: bool = False
    steps: list[StepSummary] = field(default_factory=list)
    statuses: dict[str, Tally] = field(default_factory=dict)
    families: dict[str, Tally] = field(default_factory=dict)
    speedups: list[float] = field(default_factory=list)
    best: list[Kernel] = field(default_factory=list)
    isolation: dict[str, bool] = field(default_factory=dict)
    level: str = ""


def summarise(records: Iterable[Record], info: Mapping[str, Any] | None = None, best: int = 5) -> RunSummary:
    """One pass over the records of a run; ``info`` is its run.json, ``best`` how many kernels to keep."""
    info, summary = info or {}, RunSummary()
    kernels: dict[str, Kernel] = {}
    steps: dict[int, list[Row]] = {}
    for record in records:
        summary.records += 1
        if not readable(record):
            summary.unreadable += 1
            continue
        try:
            name, row = judge_field(record, info), row_of(record, info)
            isolation = dict(record[name or "verdict"].get("isolation") or {})
        except MALFORMED:
            summary.unreadable += 1
            continue
        summary.isolation = summary.isolation or isolation
        summary.judged |= name is not None
        steps.setdefault(row.step, []).append(row)
        _count(summary, row, record, record[name or "verdict"])
        _keep(kernels, row, record, record[name or "verdict"])
    summary.steps = [_step(number, rows) for number, rows in sorted(steps.items())]
    summary.best = sorted(kernels.values(), key=lambda kernel: kernel.speed.low, reverse=True)[:best]
    return summary


def _count(summary: RunSummary, row: Row, record: Record, verdict: Record) -> None:
    summary.infra += row.status == Status.INFRA
    summary.hacks += row.hack is True
    summary.told += row.hack is not None
    summary.audited |= bool(record.get("audit"))
    summary.unsafe |= any(item.get("check") == "unsafe" for item in verdict.get("findings") or ())
    summary.level = summary.level or str(verdict.get("level") or "")
    if row.index == 0:  # `seconds` is the batch's, repeated in each of its records
        summary.seconds += number(record.get("seconds")) or 0.0
    if row.speed:
        summary.speedups.append(row.speed.ratio)
    for tallies, label in ((summary.statuses, row.status), (summary.families, row.family)):
        if label not in tallies:
            code = str(record.get("code") or record.get("completion") or "")
            tallies[label] = Tally(label, step=row.step, index=row.index, evidence=finding(verdict)[1], code=code)
        tallies[label].count += 1
        tallies[label].hacks += row.hack is True
        tallies[label].statuses[row.status] += 1


def _keep(kernels: dict[str, Kernel], row: Row, record: Record, verdict: Record) -> None:
    """Remember the fastest measurement of each distinct correct kernel."""
    key = str(verdict.get("key") or record.get("code"))
    if row.speed and (key not in kernels or row.speed.low > kernels[key].speed.low):
        kernels[key] = Kernel(str(record.get("code") or ""), key, row.step, row.reward, row.speed)


def _step(number: int, rows: list[Row]) -> StepSummary:
    rewards = [row.reward for row in rows if row.reward is not None]
    told = [row.hack for row in rows if row.hack is not None]
    logs = [math.log2(row.speed.ratio) for row in rows if row.speed]
    counts = Counter(row.status for row in rows)
    return StepSummary(
        step=number,
        candidates=len(rows),
        reward=statistics.fmean(rewards) if rewards else None,
        spread=statistics.pstdev(rewards) if len(rewards) > 1 else 0.0,
        shares={status: counts[status] / len(rows) for status in STATUSES},
        hack_share=statistics.fmean(told) if told else None,
        log2_speedup=statistics.fmean(logs) if logs else None,
    )

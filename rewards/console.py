"""Graded verdicts for people (rich) and for programs (JSON lines). Candidate text is escaped."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from .scorer import Graded


def record(name: str, graded: Graded, replay: str) -> dict[str, Any]:
    """One JSON object: what was judged, verdict, reward, and the command that judges it again alike."""
    verdict = graded.verdict.to_json()
    return {"file": name, **verdict, "reward": graded.reward, "checks": graded.checks, "replay": replay}


def _milliseconds(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:.2f} ms"


def verdict_table(name: str, graded: Graded, replay: str) -> Table:
    """Everything the verdict holds, a line a fact."""
    verdict, timing = graded.verdict, graded.verdict.timing
    table = Table(title=escape(name), title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
    decided = f" (decided by {verdict.layer})" if verdict.layer else ""
    table.add_row("status", f"[bold]{verdict.status}[/bold]{decided}")
    table.add_row("reward", "none" if graded.reward is None else f"{graded.reward:.3f}")
    table.add_row("checks", "  ".join(f"{escape(check)} {value:g}" for check, value in graded.checks.items()))
    for finding in verdict.findings:
        table.add_row("evidence", f"{finding.layer}/{finding.check}: {escape(finding.evidence)}")
    if timing is not None:
        interval = f"{timing.low:.3f} to {timing.high:.3f} at {timing.confidence:.0%}"
        pairs = f"{timing.pairs} pairs, {timing.discarded} thrown away"
        table.add_row("speedup", f"[bold]{timing.speedup:.3f}x[/bold] the baseline ({interval}; {pairs})")
        clocks = f"CPU {_milliseconds(timing.cpu_ns)}, wall {_milliseconds(timing.wall_ns)}"
        table.add_row("clocks", f"{clocks}, billed {_milliseconds(timing.billed_ns)} (medians a call)")
        window = f"empty window {_milliseconds(timing.overhead_ns)}"
        table.add_row("baseline", f"billed {_milliseconds(timing.baseline_ns)}; {window}, not subtracted")
    on = ", ".join(name for name, active in verdict.isolation.items() if active) or "none"
    table.add_row("isolation", f"{verdict.level}: {on}" if verdict.level else "not needed: nothing ran")
    table.add_row("trials", str(verdict.trials))
    table.add_row("replay", escape(replay))
    return table

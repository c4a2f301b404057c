"""Figures beside their targets: a table for people, ``met`` for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rich.markup import escape
from rich.table import Table


class Target(NamedTuple):
    """One figure: its key in the JSON, what it is, how it is written, and the bound it should keep."""

    key: str
    title: str
    form: str
    limit: float
    at_most: bool
    part: str = ""

    def value(self, found: Mapping[str, Any]) -> float | None:
        value = found.get(self.key)
        return value.get(self.part) if isinstance(value, Mapping) else value

    def met(self, found: Mapping[str, Any]) -> bool | None:
        """Whether the bound is kept; None where nothing was measured."""
        value = self.value(found)
        if value is None:
            return None
        return value <= self.limit if self.at_most else value >= self.limit


TARGETS = (
    Target("request_ms_spare", "request to verdict, a spare worker ready (median)", "{:.2f} ms", 1.0, True),
    Target("request_ms", "request to verdict without a spare (median)", "{:.2f} ms", 6.0, True),
    Target("verdicts_per_s", "verdicts a second, one core", "{:.0f}", 250, False, "one_core"),
    Target("verdicts_per_s", "verdicts a second, two cores", "{:.0f}", 450, False, "two_cores"),
    Target("matmul_verdicts_per_s", "matmul verdicts a second as in training, two cores", "{:.1f}", 15, False),
    Target("matmul_time_by_work", "time of ten times the work, over ten times the time", "{:.3f}", 1.1, True),
    Target("matmul_drift", "time of the second half over the first, less one", "{:+.1%}", 0.05, True),
    Target("aa_error_p95", "a kernel against itself, other cores loaded: error at 95 %", "{:.2%}", 0.01, True),
    Target("thrash_advantage", "advantage of a copy that empties the caches", "{:+.2%}", 0.005, True),
    Target("rank_correlation", "order of kernels by verdict against bare timing (Spearman)", "{:.4f}", 0.98, False),
    Target("rank_spread", "slowest of these kernels over the fastest, both honest", "{:.1f}", 10, False),
    Target("jail_overhead", "the jail's effect on a measured time", "{:+.2%}", 0.005, True),
)


def met(found: Mapping[str, Any]) -> dict[str, bool | None]:
    """For each target, by key (and part), whether it is met."""
    return {".".join(filter(None, (target.key, target.part))): target.met(found) for target in TARGETS}


def facts_line(found: Mapping[str, Any]) -> str:
    """The host in one line."""
    host = found["host"]
    return (
        f"{host['cpu']}, timing cores {host['cores']}, {host['system']}, Python {host['python']}, isolation "
        f"{host['level']}, load average at the start {host['load']:.2f}"
    )


def table(found: Mapping[str, Any]) -> Table:
    """A row a figure that was measured, with its target; the peers below."""
    rows = Table("figure", "measured", "target", "met")
    for target in TARGETS:
        value, kept = target.value(found), target.met(found)
        if value is None:
            continue
        bound = ("at most " if target.at_most else "at least ") + target.form.format(target.limit)
        rows.add_row(
            target.title,
            target.form.format(value),
            bound,
            {True: "[green]yes[/green]", False: "[red]no[/red]"}[bool(kept)],
        )
    if (at_once := found.get("request_ms_spare_at_once")) is not None:
        rows.add_row("for comparison, at once after it is ready (median)", f"{at_once:.2f} ms", "", "")
    for name, peer in (found["peers"] or {}).items():
        value = peer["request_ms"]
        shown = escape(peer["reason"]) if value is None else f"{value:.1f} ms"
        rows.add_row(f"for comparison, a request by {name} (median)", shown, "", "")
    return rows

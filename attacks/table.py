"""Show a replay in a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from .catalogue import FAMILIES
from .results import Replay, Result

_STYLES = {"stopped": "green", "accepted": "green", "gained": "bold red", "refused": "yellow", "broken-file": "magenta"}


def table(replay: Replay, *, details: bool = False) -> RenderableType:
    """A row a family, then a row for each item that needs attention (all items with ``details``)."""
    parts: list[RenderableType] = [_families(replay)]
    shown = [r for r in replay.results if details or _needs_attention(r)]
    if shown:
        parts.append(_items(shown))
    parts.append(summary(replay))
    return Group(*parts)


def summary(replay: Replay) -> Text:
    """One sentence: what was replayed and what came of it."""
    counts = replay.to_json()
    text = (
        f"{counts['attacks']} attacks: {counts['gained']} gained, {counts['unproven']} unproven; "
        f"{counts['honest']} honest kernels: {counts['refused']} refused; "
        f"{counts['broken']} broken files; {counts['seconds']:.1f} s"
    )
    return Text(text, style="green" if replay.clean else "bold red")


def _needs_attention(result: Result) -> bool:
    return result.status not in ("stopped", "accepted") or result.proven is False


def _families(replay: Replay) -> Table:
    layers = " + ".join(replay.layers) or "no layer (the controls)"
    view = Table(title=f"Replay against {layers}", title_justify="left")
    view.add_column("family")
    for name in ("attacks", "stopped", "gained", "unproven"):
        view.add_column(name, justify="right")
    view.add_column("stopped by")
    for family in FAMILIES:
        mine = [result for result in replay.attacks if result.family == family]
        if not mine:
            continue
        gained = [result for result in mine if result.status == "gained"]
        unproven = [result for result in mine if result.proven is False]
        by: dict[str, int] = {}
        for result in mine:
            if result.status == "stopped":
                key = result.layer or "judge (no gain)"
                by[key] = by.get(key, 0) + 1
        layers = ", ".join(f"{name} {count}" for name, count in sorted(by.items(), key=lambda item: -item[1]))
        style = "red" if gained else None
        counts = (len(mine), len(mine) - len(gained), len(gained), len(unproven))
        view.add_row(family, *map(str, counts), layers, style=style)
    return view


def _items(results: list[Result]) -> Table:
    view = Table(title_justify="left")
    for name in ("item", "status", "reward", "honest", "layer", "evidence"):
        view.add_column(name, justify="right" if name in ("reward", "honest") else "left", overflow="fold")
    for result in results:
        status = result.status + (", unproven" if result.proven is False else "")
        view.add_row(
            escape(result.id),
            Text(status, style=_STYLES[result.status]),
            _number(result.reward),
            _number(result.honest_reward),
            result.layer or "",
            escape(printable(_evidence(result))),
        )
    return view


def _evidence(result: Result) -> str:
    """What the sandbox saw, or why the attack proves nothing."""
    return result.proof if result.proven is False and result.status == "stopped" else result.evidence


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def printable(text: str) -> str:
    """Untrusted text without control characters, bounded."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:300])

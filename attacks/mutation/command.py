"""The mutants on the command line: replay them, or print what one holds."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ...rewards.terminal import out, progress_bar
from ...sandbox.errors import UsageError
from ..catalogue import SHIPPED, load
from ..replay import replay
from ..table import table
from .campaign import Campaign, Plan
from .campaign import run as campaign_of
from .engine import mutant_of, mutants, operators_of, place_of
from .render import plain_id, render


def run(corpus: Path | None, plan: Plan, layers: frozenset[str], as_json: bool) -> bool:
    """Replay the catalogue and the plan's mutants, and show both; without the catalogue where the plan names one
    entry. Whether neither has anything to complain of.
    """
    given = load(corpus or SHIPPED)
    with progress_bar() as bar:
        step = bar.add_task("replaying", total=None)

        def progress(done: int, total: int, what: str) -> None:
            bar.update(step, completed=done, total=total, description=what)

        found = None if plan.only else replay(given, layers, progress)
        campaign = campaign_of(given, plan, layers, progress)
    if as_json:
        typer.echo(json.dumps({**(found.to_json() if found else {}), "mutants": campaign.to_json()}))
    else:
        out.print(*([table(found)] if found else []), view(campaign), sep="\n")
    return campaign.clean and (found is None or found.clean)


def view(campaign: Campaign) -> RenderableType:
    """The families, what needs attention with the command that prints it, and the operators."""
    counts = campaign.to_json()
    parts: list[RenderableType] = [table(campaign.replay), _operators(campaign)]
    for name, reason in campaign.untouched:
        parts.append(Text(f"not mutable: {name} ({reason})", style="yellow"))
    for result in campaign.replay.results:
        if result.status in ("gained", "refused"):
            parts.append(Text(f"to see it: assay mutate '{result.id}' --seed {campaign.plan.seed}", style="bold"))
    text = (
        f"mutants of seed {counts['seed']}; drawn again: {counts['drawn_again']} because they proved nothing, "
        f"{counts['too_slow']} honest ones because they had become slower than the timeout"
    )
    return Group(*parts, Text(text))


def _operators(campaign: Campaign) -> Table:
    """How many mutants went through each operator, and what became of them."""
    found: dict[str, Counter[str]] = {}
    for result in campaign.replay.results:
        for name in operators_of(result.id):
            row = found.setdefault(name, Counter())
            row[result.status] += 1
            row["unproven"] += result.proven is False
    shown = Table(title="Operators", title_justify="left")
    shown.add_column("operator")
    columns = ("stopped", "gained", "unproven", "accepted", "refused")
    for column in columns:
        shown.add_column(column, justify="right")
    for name, row in sorted(found.items()):
        shown.add_row(escape(name), *(str(row[column]) for column in columns))
    return shown


def wanted(corpus: Path | None, name: str, count: int, seed: int) -> dict[str, str]:
    """File name to text of ``count`` mutants of the entry with this id, or of the one mutant whose id it is.

    Raises UsageError where there is no such entry.
    """
    original, index, attempt = place_of(name) if "~" in name else (name, None, 0)
    found = load(corpus or SHIPPED)
    entry = next((e for e in (*found.attacks, *found.honest) if e.id == original), None)
    if entry is None:
        raise UsageError(f"no attack and no honest kernel of this corpus has the id {original!r}")
    drawn = mutants(entry, count, seed) if index is None else [mutant_of(entry, index, seed, attempt)]
    if None in drawn:
        raise UsageError(f"seed {seed} has no mutant {index} of {original}; give the seed that it was replayed with")
    return {f"{plain_id(mutant)}.py": render(mutant, original) for mutant in drawn if mutant is not None}


def write(files: dict[str, str], folder: Path) -> None:
    """Write corpus files into a folder, which is made. Raises UsageError where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--out {folder}: {error.strerror}; give a folder that can be written") from error

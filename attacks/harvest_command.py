"""``assay harvest``, for the command line."""

from __future__ import annotations

import json
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from ..rewards.terminal import err, out, progress_bar
from .harvest import Harvest, harvest
from .quarantine import confirm

_SHOWN = 10


def run(folder: Path, target: Path, as_json: bool) -> None:
    """Harvest one run and show what came of it."""
    with progress_bar() as bar:
        step = bar.add_task("reading the run", total=None)
        found = harvest(
            folder,
            target,
            lambda done, total, what: bar.update(step, completed=done, total=total, description=what),
        )
    for problem in found.problems[:_SHOWN]:
        err.print(f"assay: {problem}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    if (more := len(found.problems) - _SHOWN) > 0:
        err.print(f"assay: and {more} more; --json lists them all", style="yellow", highlight=False)
    if as_json:
        print(json.dumps(found.to_json()))
        return
    if found.clusters:
        out.print(_table(found))
    out.print(_sentence(found, target), markup=False, highlight=False, soft_wrap=True)


def _table(found: Harvest) -> Table:
    view = Table("family", "seen", "forms", "touches", "why", "file")
    for cluster in found.clusters:
        counts = str(cluster.completions), str(cluster.forms)
        words = escape(" ".join(cluster.touches)), escape(cluster.why), escape(Path(cluster.path).name)
        view.add_row(cluster.family, *counts, *words, style=None if cluster.new else "dim")
    return view


def _sentence(found: Harvest, target: Path) -> str:
    new = sum(cluster.new for cluster in found.clusters)
    text = f"{found.completions} completions, {found.suspects} suspects; {found.known} forms were known; "
    text += f"{new} new files in {target}, in quarantine: read one, then `assay harvest --confirm FILE`"
    if found.unjudged:
        text += f"; {found.unjudged} completions were never judged by assay: train with --audit assay"
    return text


def let_in(file: Path, corpus: Path, as_json: bool) -> None:
    """Confirm one quarantined file."""
    target = confirm(file, corpus)
    if as_json:
        print(json.dumps({"confirmed": str(target)}))
        return
    words = f"{target} is now part of the corpus; replay it with `assay attack --corpus {target}`"
    out.print(words, markup=False, highlight=False, soft_wrap=True)

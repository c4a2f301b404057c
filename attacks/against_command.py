"""``assay attack --against``: the replay of somebody else's scorer, for the command line."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from ..rewards.terminal import err, out, progress_bar
from .against import replay_against
from .table import table

_WARNING = "the scorer runs these attacks wherever it runs candidates: its sandbox is what is tested here"


def run(scorer: str, corpus: Path | None, limit: float, seed: int | None, as_json: bool) -> bool:
    """Replay, show, and tell whether all is well."""
    drawn = secrets.randbits(32) if seed is None else seed
    err.print(f"assay: {_WARNING}; seed {drawn}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    with progress_bar() as bar:
        step = bar.add_task("scoring", total=None)
        found = replay_against(
            scorer,
            corpus,
            limit=limit,
            seed=drawn,
            progress=lambda done, total, what: bar.update(step, completed=done, total=total, description=what),
        )
    if as_json:
        print(json.dumps({**found.to_json(), "seed": drawn}))
    else:
        out.print(table(found))
    return found.clean

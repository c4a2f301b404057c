"""``assay attack --controls``: every attack against the scorer that has just the weakness it exploits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ..rewards.terminal import out, progress_bar
from .proof import Proof
from .replay import prove
from .table import printable


def run(corpus: Path | None, as_json: bool) -> bool:
    """Print the proofs of ``corpus`` (ours if None); returns whether every attack is proven and specific."""
    with progress_bar() as bar:
        step = bar.add_task("controls", total=None)
        proofs, broken = prove(
            corpus, lambda done, total, what: bar.update(step, completed=done, total=total, description=what)
        )
    clean = not broken and all(proof.fell and proof.specific is not False for proof in proofs.values())
    if as_json:
        typer.echo(json.dumps(to_json(proofs, broken)))
    else:
        out.print(table(proofs, broken, clean))
    return clean


def to_json(proofs: dict[str, Proof], broken: list[str]) -> dict[str, Any]:
    """The proofs as one object that ``json.dumps`` accepts."""
    return {
        "attacks": len(proofs),
        "unproven": sum(not proof.fell for proof in proofs.values()),
        "unspecific": sum(proof.specific is False for proof in proofs.values()),
        "broken": broken,
        "results": [
            {
                "id": name,
                "control": list(proof.control),
                "fell": proof.fell,
                "specific": proof.specific,
                "reward": proof.reward,
                "honest_reward": proof.honest_reward,
                "evidence": proof.sentence,
            }
            for name, proof in proofs.items()
        ],
    }


def table(proofs: dict[str, Proof], broken: list[str], clean: bool) -> RenderableType:
    """A row an attack, then what could not be read, then one sentence."""
    view = Table(title="Each attack against its control", title_justify="left")
    for name in ("attack", "control", "fell", "only with it", "evidence"):
        view.add_column(name, overflow="fold")
    for name, proof in proofs.items():
        fell = Text("yes", style="green") if proof.fell else Text("no", style="bold red")
        only = {None: Text(""), True: Text("yes", style="green"), False: Text("no", style="bold red")}
        view.add_row(escape(name), proof.name, fell, only[proof.specific], escape(printable(proof.sentence)))
    counts = to_json(proofs, broken)
    text = f"{counts['attacks']} attacks: {counts['unproven']} unproven, {counts['unspecific']} unspecific"
    summary = Text(f"{text}; {len(broken)} broken files", style="green" if clean else "bold red")
    return Group(view, *(Text(reason, style="magenta") for reason in broken), summary)

"""``assay attack --matrix``: measure, write the three files, say what they hold."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from rich.markup import escape
from rich.table import Table

from ..rewards.terminal import err, out, progress_bar, usage
from .ablation import ENOUGH, Matrix, measure, read
from .ablation_page import misstated, unexplained, write
from .catalogue import FAMILIES, LAYERS, SHIPPED, Corpus, load
from .heat import check_base_url


def run(corpus: Path | None, folder: Path, base_url: str | None, as_json: bool) -> bool:
    """Measure ``corpus`` (ours if None) and write below ``folder``; whether nothing calls for attention.

    A part of our own catalogue is merged into the matrix that lies there. Raises typer.Exit with one sentence where
    ``folder`` is none or the base URL is unusable, and what :func:`.ablation.measure` raises.
    """
    if not folder.is_dir():
        raise usage(f"--out {folder} is not a folder; run it in the project's own, or name the folder to write to")
    try:
        check_base_url(base_url or "")
    except ValueError as error:
        raise usage(f"--base-url: {error}") from None
    catalogue, given = load(SHIPPED), load(corpus or SHIPPED)
    root = _root(given, corpus or SHIPPED)
    kept = folder / "ablation" / "matrix.json"
    older = read(kept) if corpus is not None and root == SHIPPED and kept.exists() else None
    with progress_bar() as bar:
        step = bar.add_task("starting", total=None)
        matrix = measure(
            given, root, lambda done, total, what: bar.update(step, completed=done, total=total, description=what)
        )
    whole = matrix if older is None else matrix.merged_into(older, catalogue)
    files = write(whole, folder, root, base_url)
    if as_json:
        typer.echo(json.dumps(matrix.to_json()))
    else:
        out.print(_table(matrix))
        _attention(matrix)
        out.print("wrote " + ", ".join(str(file) for file in files), highlight=False, soft_wrap=True, markup=False)
    return not (unexplained(matrix) or misstated(matrix) or _unproven(matrix) or any(matrix.refused.values()))


def _root(given: Corpus, corpus: Path) -> Path:
    """The folder that links are relative to: ours for a part of it, also where links lead to it."""
    if all(attack.path.resolve().is_relative_to(SHIPPED) for attack in given.attacks):
        return SHIPPED
    place = corpus.resolve()
    return place if place.is_dir() else place.parent


def _unproven(matrix: Matrix) -> list[str]:
    return [attack.id for attack in matrix.attacks if not attack.proven]


def _table(matrix: Matrix) -> Table:
    view = Table("family", title="Attacks stopped by one layer alone", title_justify="left")
    for name in ("attacks", *LAYERS, "by two or more"):
        view.add_column(name, justify="right")
    for family in FAMILIES:
        mine = [attack for attack in matrix.attacks if attack.family == family]
        stopped = [sum(layer in attack.stopped_by for attack in mine) for layer in LAYERS]
        enough = sum(len(attack.stopped_by) >= ENOUGH for attack in mine)
        if mine:
            view.add_row(family, *map(str, (len(mine), *stopped, enough)))
    return view


def _attention(matrix: Matrix) -> None:
    """Whatever contradicts the headers, the controls or the list of reasons, a line each on stderr."""
    lines = [f"{name}: gained nothing from its control, so it proves nothing" for name in _unproven(matrix)]
    lines += [
        f"{attack.id}: its header names {list(attack.claimed)}, stopped by {list(attack.stopped_by)}"
        for attack in misstated(matrix)
    ]
    lines += [
        f"{attack.id}: stopped by fewer than {ENOUGH} layers, and attacks/one_layer.py gives no reason"
        for attack in unexplained(matrix)
    ]
    lines += [
        f"honest kernel {name}: refused by {layer} alone" for layer, ids in matrix.refused.items() for name in ids
    ]
    for line in lines:
        err.print(escape(line), style="yellow", highlight=False, soft_wrap=True)


__all__ = ["run"]

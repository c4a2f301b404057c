"""The command ``assay arena``: checks what was typed, installs what was asked for, runs, shows and writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer

from ...rewards.terminal import err, out, progress_bar, usage
from ..catalogue import CorpusError
from .peers import NAMES, PEERS
from .places import InstallError, install
from .report import merge, read, table, write
from .results import Arena
from .run import OnRow, arena


def run(
    names: Sequence[str],
    wanted: bool,
    corpus: Path | None,
    folder: Path | None,
    base_url: str | None,
    jobs: int,
    as_json: bool,
) -> None:
    """Run the arena as the command line asks; raises typer.Exit with 2 for wrong usage."""
    if unknown := [name for name in names if name not in NAMES]:
        raise usage(f"--peer {unknown[0]}: no such peer; known are {', '.join(NAMES)}")
    if wanted:
        _install(names)
    try:
        before = None if folder is None else read(folder)

        def keep(found: Arena) -> None:  # after each row: a run takes long, and may be interrupted
            if folder is not None:
                write(merge(before, found), folder, base_url)

        found = _measure(names, corpus, keep, jobs)
    except (CorpusError, ValueError, OSError) as error:
        raise usage(str(error)) from None
    if as_json:
        typer.echo(json.dumps(found.to_json()))
    else:
        out.print(table(found))
        if folder is not None:
            out.print(f"wrote {folder}/arena.json, table.md and heat.html", markup=False, highlight=False)


def _install(names: Sequence[str]) -> None:
    for peer in PEERS:
        if peer.package is None or (names and peer.name not in names):
            continue
        err.print(f"installing {peer.name} …", markup=False, highlight=False)
        try:
            install(peer)
        except InstallError as error:
            raise usage(str(error)) from None


def _measure(names: Sequence[str], corpus: Path | None, keep: OnRow, jobs: int) -> Arena:
    with progress_bar() as bar:
        step = bar.add_task("arena", total=None)

        def show(done: int, total: int, what: str) -> None:
            bar.update(step, completed=done, total=total, description=what)

        return arena(names or None, corpus, show, on_row=keep, jobs=jobs)

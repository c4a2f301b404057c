"""The commands of the catalogue, for the command line: one thin function a command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ..rewards.terminal import Json, out, progress_bar, usage


def attack(
    corpus: Annotated[
        Path | None, typer.Option(help="Folder of attacks and honest kernels, or one file; default: ours.")
    ] = None,
    layers: Annotated[str, typer.Option(help="Layers that are on, by comma.")] = "policy,context,jail,judge",
    matrix: Annotated[
        bool, typer.Option("--matrix", help="Each layer by itself; write ablation.md and ablation/.")
    ] = False,
    folder: Annotated[Path, typer.Option("--out", help="Folder that --matrix writes to.")] = Path("docs"),
    base_url: Annotated[str | None, typer.Option(help="Where the links of --matrix lead; default: the corpus.")] = None,
    as_json: Json = False,
) -> None:
    """Replay the catalogue of reward hacks and honest kernels; exit code 1 if one gained or was refused."""
    from .catalogue import LAYERS
    from .replay import replay
    from .table import table

    chosen = frozenset(layer for layer in layers.split(",") if layer)
    if unknown := chosen - set(LAYERS):
        raise usage(f"--layers: no layer {', '.join(sorted(unknown))}; known are {','.join(LAYERS)}")
    if corpus is not None and not corpus.exists():
        raise usage(f"--corpus {corpus} does not exist; give a folder of attack files, or one of them")
    if matrix:
        from .ablation_command import run

        raise typer.Exit(0 if run(corpus, folder, base_url, as_json) else 1)
    with progress_bar() as bar:
        step = bar.add_task("replaying", total=None)
        found = replay(
            corpus, chosen, lambda done, total, what: bar.update(step, completed=done, total=total, description=what)
        )
    if as_json:
        typer.echo(json.dumps(found.to_json()))
    else:
        out.print(table(found))
    raise typer.Exit(0 if found.clean else 1)


COMMANDS: tuple[Callable[..., None], ...] = (attack,)
"""What the command line offers under the functions' names."""

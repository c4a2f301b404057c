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
    mutate: Annotated[int, typer.Option(help="Replay this many mutants of each entry as well.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="What --mutate draws from, or what --against seeds the scorer with.")] = 0,
    sample: Annotated[
        int | None,
        typer.Option(help="Of the mutants of attacks only so many, and a quarter as many honest ones.", min=1),
    ] = None,
    only: Annotated[str | None, typer.Option(help="Id of the one entry or mutant that --mutate replays.")] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:FUNCTION",
            help="Replay against this f(code) -> float, or reward function of TRL's signature. It runs the attacks "
            "wherever it runs candidates: use it where it may be broken out of.",
        ),
    ] = None,
    limit: Annotated[
        float, typer.Option(help="Seconds that the scorer of --against may take each time.", min=0.1)
    ] = 60,
    controls: Annotated[
        bool, typer.Option("--controls", help="Each attack against a scorer with just the weakness it exploits.")
    ] = False,
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
    if controls:
        from .controls_command import run as run_controls

        raise typer.Exit(0 if run_controls(corpus, as_json) else 1)
    if matrix:
        from .ablation_command import run

        raise typer.Exit(0 if run(corpus, folder, base_url, as_json) else 1)
    if against is not None:
        from .against_command import run as run_against

        if mutate or sample or only or chosen != set(LAYERS):
            raise usage("--against replays the corpus as it is: leave --layers, --mutate, --sample and --only out")
        raise typer.Exit(0 if run_against(against, corpus, limit, seed or None, as_json) else 1)
    if not mutate and (seed or sample or only):
        raise usage("--seed, --sample and --only say which mutants: add --mutate N")
    if mutate:
        from .mutation.campaign import Plan
        from .mutation.command import run as run_mutants

        raise typer.Exit(0 if run_mutants(corpus, Plan(mutate, seed, sample, only), chosen, as_json) else 1)
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


def mutate(
    which: Annotated[str, typer.Argument(metavar="ID", help="Id of an attack, an honest kernel, or a mutant.")],
    count: Annotated[int, typer.Option(help="How many mutants, where ID is not that of one.", min=1)] = 1,
    seed: Annotated[int, typer.Option(help="What they are drawn from.")] = 0,
    corpus: Annotated[Path | None, typer.Option(help="Folder that holds the entry; default: ours.")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="Write a file each here, instead of printing.")] = None,
) -> None:
    """Print mutants of an entry of the catalogue, each a file that `assay attack --corpus` replays."""
    from .mutation.command import wanted, write

    files = wanted(corpus, which, count, seed)
    if folder is None:
        typer.echo("\n\n".join(files.values()))
    else:
        write(files, folder)


def arena(
    peer: Annotated[list[str] | None, typer.Option(help="Only this scorer; may be given again. Default: all.")] = None,
    install: Annotated[bool, typer.Option(help="First install the peers, each in an environment of its own.")] = False,
    corpus: Annotated[Path | None, typer.Option(help="Folder of attacks and honest kernels; default: ours.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Write arena.json, table.md and heat.html; other peers' rows stay.")
    ] = None,
    base_url: Annotated[str | None, typer.Option(help="Where the links of --out lead; default: our corpus.")] = None,
    jobs: Annotated[int, typer.Option(help="Processes at once; more than idle cores makes timings noisy.", min=1)] = 2,
    as_json: Json = False,
) -> None:
    """Replay the catalogue against other public scorers: one row a scorer, ours among them."""
    from .arena.command import run

    run(peer or [], install, corpus, folder, base_url, jobs, as_json)


def harvest(
    run: Annotated[Path | None, typer.Argument(help="Run folder, as `assay train` printed it.")] = None,
    folder: Annotated[Path, typer.Option("--out", help="Where candidates are quarantined.")] = Path(
        "attacks-quarantine"
    ),
    confirm: Annotated[
        Path | None, typer.Option(help="Quarantined file to let into --corpus, once its control falls for it.")
    ] = None,
    corpus: Annotated[Path, typer.Option(help="Folder of attacks that --confirm adds to.")] = Path("attacks-corpus"),
    as_json: Json = False,
) -> None:
    """Turn what a model tried in a training run into candidates for the catalogue, quarantined until confirmed.

    No candidate is executed, but by --confirm: against the weak control, inside its fence.
    """
    from .harvest_command import let_in
    from .harvest_command import run as run_harvest

    if (run is None) == (confirm is None):
        raise usage("give either a run folder, or --confirm FILE")
    if confirm is not None:
        let_in(confirm, corpus, as_json)
    elif run is not None:
        run_harvest(run, folder, as_json)


COMMANDS: tuple[Callable[..., None], ...] = (attack, mutate, arena, harvest)
"""What the command line offers under the functions' names."""

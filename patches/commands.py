"""``assay patches list`` and ``assay patches verify``."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from .base import names, summary
from .errors import PatchError

if TYPE_CHECKING:
    from .verify_figures import Row

patches_app = typer.Typer(no_args_is_help=True, help="Patches that let gpt-oss train exactly and in little memory.")
_out, _err = Console(), Console(stderr=True)
_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


@patches_app.command("list")
def list_patches(as_json: _Json = False) -> None:
    """The patches there are, in the order in which they are applied."""
    found = {name: summary(name) for name in names()}
    if as_json:
        typer.echo(json.dumps(found))
        return
    table = Table("patch", "what it changes")
    for name, text in found.items():
        table.add_row(name, escape(text))
    _out.print(table)


@patches_app.command()
def verify(
    model: Annotated[Path | None, typer.Option(help="Checkpoint folder; without it, random layers.")] = None,
    patch: Annotated[
        list[str] | None, typer.Option(help="Patches to verify together, e.g. experts+lora; give it again for more.")
    ] = None,
    dtype: Annotated[
        list[str] | None, typer.Option(help="float32, bfloat16 or float16; default: float32 on CPU, the others on GPU.")
    ] = None,
    layers: Annotated[int | None, typer.Option(min=1, help="Only the first layers of the model.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; default: the GPU if there is one.")] = None,
    as_json: _Json = False,
) -> None:
    """Run each layer unpatched and patched on the same recorded input and routing, and compare all results.

    Hidden states and the gradients of inputs, sinks, router and LoRA factors, norm-relative: 1e-5 in float32; in half
    precision 1.1 times the error that the unpatched layer has against float64. Where that one overflows float16, a
    patched layer must not, and is held against the unpatched one with float16's precision and a wider range. Ends with
    1 if one is beyond.
    """
    try:
        from .verify import verify as run
        from .verify_figures import worst

        sets = [text.split("+") for text in patch] if patch else None
        with _bar() as progress:
            rows, figures = run(sets, model=model, dtypes=dtype, device=device, layers=layers, progress=progress)
    except PatchError as error:
        _err.print(f"assay: {error}", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(error.exit_code) from None
    except RuntimeError as error:
        from .checkpoint import lacks_memory

        if not lacks_memory(error):
            raise
        _err.print("assay: one layer in float64 does not fit into memory: take another --device", markup=False)
        raise typer.Exit(2) from None
    except ImportError as error:
        _err.print(f"assay: the patches need the train extra ({error}): pip install 'assay[train]'", markup=False)
        raise typer.Exit(2) from None
    if as_json:
        results = [asdict(row) | {"ok": row.ok} for row in rows]
        found = {"ok": all(row.ok for row in rows), "rows": results, "layers": list(map(asdict, figures))}
        typer.echo(json.dumps(_finite(found), allow_nan=False))
    else:
        _out.print(_table(worst(rows)))
        for line in _overflows(rows):
            _out.print(line, markup=False, highlight=False, soft_wrap=True)
    if not all(row.ok for row in rows):
        raise typer.Exit(1)


def _table(rows: list[Row]) -> Table:
    table = Table("patches", "type", "worst result", "error", "limit", "worst layer", "passes")
    for row in rows:
        where = f"{row.worst.layer} ({row.worst.kind.removesuffix('_attention')}), {row.worst.case}"
        passes = "[green]yes[/green]" if row.ok else "[red]no[/red]"
        if row.overflows:
            passes += f" (unpatched overflows in {row.overflows} of {row.figures})"
        table.add_row(row.patches, row.dtype, escape(row.what), f"{row.error:.1e}", f"{row.limit:.1e}", where, passes)
    return table


def _overflows(rows: list[Row]) -> list[str]:
    """What the rows mean in which the unpatched layer overflows, and the way out of those that do so too."""
    held = sorted({row.dtype for row in rows if row.overflows})
    lines = [
        f"In {dtype} the unpatched layer overflows; there it has no error, and the limit is that of the same layer "
        f"with {dtype}'s precision and a wider range."
        for dtype in held
    ]
    lost = {row.patches for row in rows if row.overflows and not math.isfinite(row.error)}
    if lost:
        lines.append(f"As unpatched, so with {'; '.join(sorted(lost))}: add fp16 (with experts), or take bfloat16.")
    return lines


def _finite(value: Any) -> Any:
    """For JSON, which has no infinity and no NaN: null in their place."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=_err, transient=True) as bar:
        task = bar.add_task("layers", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)

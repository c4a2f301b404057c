"""What every command of ours shares: the two consoles, the bar of long work, the sentence of wrong usage."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

out = Console()
err = Console(stderr=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Require = Annotated[str, typer.Option(help="Least isolation level, L1 to L4; a host below it is refused.")]


def usage(message: str) -> typer.Exit:
    """One sentence on stderr; the exit code of wrong usage."""
    err.print(f"assay: {message}", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(2)


def progress_bar() -> Progress:
    """The bar every long command shows on stderr."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=err, transient=True)

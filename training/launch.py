"""``assay train``: from a recipe's name to a finished run with its report."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..sandbox.launch import loading
from .errors import RecipeError, RunError

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Finished:
    """A finished run: folder, report, best kernels (fastest first, timed again with up to 40 pairs)."""

    folder: Path
    report: Path
    best: list[dict[str, Any]]


def run(recipe: str, overrides: Sequence[str], out: Path, resume: Path | None, console: Console) -> Finished:
    """Run or resume a recipe. Raises RecipeError, RunError; says on ``console`` what it does."""
    with loading():
        _quiet()
        from . import run as runs
        from .recipe import parse_recipe

    if resume is not None:
        parsed, checkpoint = runs.resumed(resume, overrides)
        folder = resume
    else:
        parsed, checkpoint = parse_recipe(recipe, overrides), None
        folder = runs.choose_folder(parsed, out)
    console.print(f"run folder {folder}", highlight=False, soft_wrap=True)
    try:
        result = runs.train(parsed, folder, checkpoint, console)
    except KeyboardInterrupt:
        raise RunError(f"interrupted; {runs.way_on(folder)}") from None
    from .report import write_report

    return Finished(folder, write_report(folder), result.best)


def _quiet() -> None:
    """Load the libraries without the notices that a user can do nothing about. Raises RecipeError."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    _rest_idle_threads()
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers\..*")
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    try:
        import transformers
        import trl  # noqa: F401
    except ImportError as error:
        raise RecipeError(f"training needs the train extra ({error}): pip install 'assay[train]'") from error
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


def _rest_idle_threads() -> None:
    """Have torch's idle threads sleep: one that spins would take a core that a candidate is timed on.

    To sleep at once costs more than it saves, since generating is a chain of short operations and a thread takes long
    to wake. GNU's OpenMP, which torch carries on Linux, may spin 0.1 to 0.3 ms first. What the user has set, stays.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
        os.environ.setdefault("GOMP_SPINCOUNT", "10000")


def print_result(finished: Finished, console: Console) -> None:
    """Where the report is, and the best kernel with its measured speedup."""
    from rich.markup import escape
    from rich.padding import Padding

    if finished.best:
        best = finished.best[0]
        timing = best["verdict"]["timing"]
        console.print("best kernel:")
        console.print(Padding(escape(best["code"].rstrip()), (0, 4)), highlight=False)
        if timing:
            interval = f"{timing['low']:.2f} to {timing['high']:.2f} at {timing['confidence']:.0%}"
            console.print(f"{timing['speedup']:.2f}x the textbook loop ({interval}, {timing['pairs']} pairs)")
    else:
        console.print("no correct kernel was found")
    console.print(f"report: {finished.report}", highlight=False, soft_wrap=True)

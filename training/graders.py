"""Which grader a recipe means by ``assay``, ``naive`` or a dotted path."""

from __future__ import annotations

from ..rewards import BUILTIN, Grader, Scorer, looks_at
from ..rewards.registry import import_object
from .errors import RecipeError
from .recipe import AssayArguments

# The weak scorer belongs to the attacks, which the trainer does not import: it is named, like anybody's grader.
_NAMED = {"naive": "assay.attacks.weak_grader:WeakGrader"}


def make_grader(which: str, arguments: AssayArguments) -> Grader | None:
    """The grader, started; None for ``none``. Raises RecipeError, and what :class:`Scorer` raises."""
    if which == "none":
        return None
    if which == "assay":
        checks = [*BUILTIN, *arguments.checks]
        scorer = Scorer(arguments.task, checks=checks, looks=looks_at(arguments.pairs), require=arguments.require)
        scorer.ready()
        return scorer
    path = _NAMED.get(which, which)
    if ":" not in path:
        raise RecipeError(f"no reward named '{which}'; known are assay, naive, or give package.module:Grader")
    grader = import_object(path, RecipeError)
    if isinstance(grader, type):
        grader = grader()
    if not hasattr(grader, "grade"):
        raise RecipeError(f"'{which}' is no grader: it has no method grade(completions) -> list[Graded]")
    return grader

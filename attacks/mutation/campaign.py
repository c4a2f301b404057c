"""Replay mutants of a corpus: those of attacks must be stopped, those of honest kernels accepted.

What a mutant still is, the controls say. One of an attack must gain against its control as its original does; one that
does not is drawn again, up to ``DRAWS`` times in all, and then reported as unproven. One of an honest kernel must still
be a kernel that any scorer of ours accepts: an operator in the innermost loop can make it slower than the timeout, and
one that is refused for it is drawn again if a judge without that limit, in forty pairs, finds it right and that slow.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any

from ...rewards.tasks.matmul import MATMUL
from ...sandbox import Judge
from ...sandbox.errors import UsageError
from ...sandbox.verdict import Status
from ..catalogue import Corpus
from ..header import LAYERS, Attack, Honest
from ..replay import ALL_LAYERS, replay
from ..results import Progress, Replay, Result
from .engine import LANGUAGES, mutant_of, not_mutable, operators_of, place_of
from .text import TEXT

DRAWS = 12
"""How often a mutant is drawn until it is proven. One draw in some operators puts into the text the very word that the
scorer with the attack's weakness denies, and then proves nothing."""
_UNLIMITED, _PAIRS = 100.0, 40
HONEST_SHARE = 4
"""In a sample, one honest mutant for so many of attacks."""
_TRIES = 12


@dataclass(frozen=True, slots=True)
class Plan:
    """``count`` mutants of each entry from ``seed``; of all these only ``sample`` ones of attacks, if not None, and a
    quarter as many honest ones; only of the entry, or the very mutant, whose id is ``only``.
    """

    count: int
    seed: int = 0
    sample: int | None = None
    only: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A mutant and what it takes to draw it again."""

    original: Attack | Honest
    index: int
    attempt: int
    mutant: Attack | Honest


@dataclass(frozen=True, slots=True)
class Campaign:
    """What became of the mutants. ``replay`` holds one result each, by the last draw; ``again`` counts draws beyond
    the first of mutants that proved nothing, ``slow`` of honest ones that had become too slow; ``untouched`` are
    (id, reason) of entries to which only comments could be added.
    """

    plan: Plan
    replay: Replay
    drafts: dict[str, Draft]
    again: int
    slow: int
    untouched: tuple[tuple[str, str], ...]

    @property
    def clean(self) -> bool:
        """No attack gained, no honest kernel was refused. Unproven mutants prove nothing either way."""
        return not self.replay.of("gained") and not self.replay.of("refused") and not self.replay.of("broken-file")

    def to_json(self) -> dict[str, Any]:
        """Counts, and results with the original and the operators of each, as one object for ``json.dumps``."""
        found = self.replay.to_json()
        results = [
            {**asdict(result), "of": self.drafts[result.id].original.id, "operators": list(operators_of(result.id))}
            for result in self.replay.results
            if result.id in self.drafts
        ]
        plan = {"count": self.plan.count, "seed": self.plan.seed, "sample": self.plan.sample, "only": self.plan.only}
        untouched = [{"id": name, "reason": reason} for name, reason in self.untouched]
        return {
            **plan,
            **found,
            "drawn_again": self.again,
            "too_slow": self.slow,
            "not_mutable": untouched,
            "results": results,
        }


def run(corpus: Corpus, plan: Plan, layers: frozenset[str] = ALL_LAYERS, progress: Progress | None = None) -> Campaign:
    """Draw the plan's mutants and replay them. Raises UsageError where ``plan.only`` names nothing, and what
    :func:`assay.attacks.replay.replay` raises.
    """
    start = time.monotonic()
    progress = progress or (lambda done, total, label: None)
    drafts = _drafts(corpus, plan, progress)
    results: dict[tuple[str, int], tuple[Draft, Result]] = {}
    pending, again, slow = drafts, 0, 0
    for attempt in range(DRAWS):
        label = "mutants" if attempt == 0 else f"mutants, draw {attempt + 1}"
        found = _replayed(corpus, pending, layers, _labelled(progress, label))
        for draft in pending:
            results[draft.original.id, draft.index] = draft, found[draft.mutant.id]
        if attempt == DRAWS - 1:
            break
        unproven = _redrawn([draft for draft in pending if _is_unproven(found[draft.mutant.id])], plan.seed)
        slower = _redrawn(_too_slow(pending, found), plan.seed)
        pending = [*unproven, *slower]
        again, slow = again + len(unproven), slow + len(slower)
        if not pending:
            break
    kept = [draft for draft, _ in results.values()]
    order = tuple(layer for layer in LAYERS if layer in layers)
    whole = Replay(tuple(result for _, result in results.values()), order, time.monotonic() - start)
    return Campaign(
        plan, whole, {draft.mutant.id: draft for draft in kept}, again, slow, _untouched(corpus, kept, plan)
    )


def _untouched(corpus: Corpus, drafts: list[Draft], plan: Plan) -> tuple[tuple[str, str], ...]:
    """Entries of which there is no mutant but for comments, and why."""
    entries = {draft.original.id: draft.original for draft in drafts if operators_of(draft.mutant.id) == (TEXT,)}
    for entry in (*corpus.attacks, *corpus.honest):
        if entry.language not in LANGUAGES and plan.only in (None, entry.id):
            entries[entry.id] = entry
    return tuple((name, not_mutable(entry) or "its names are all that could change") for name, entry in entries.items())


def _drafts(corpus: Corpus, plan: Plan, progress: Progress) -> list[Draft]:
    """The first draw of every mutant of the plan."""
    wanted = _places(corpus, plan)
    drafts: list[Draft] = []
    texts: dict[str, set[str]] = {}
    for done, (entry, index, attempt) in enumerate(wanted, 1):
        known = texts.setdefault(entry.id, {entry.payload})
        if draft := draw(entry, index, plan.seed, attempt, known):
            drafts.append(draft)
        progress(done, len(wanted), "drawing mutants")
    return drafts


def _places(corpus: Corpus, plan: Plan) -> list[tuple[Attack | Honest, int, int]]:
    """(entry, index, attempt) of each mutant to draw."""
    attacks = [entry for entry in corpus.attacks if entry.language in LANGUAGES]
    honest = [entry for entry in corpus.honest if entry.language in LANGUAGES]
    if plan.only is not None:
        name, index, attempt = place_of(plan.only) if "~" in plan.only else (plan.only, None, 0)
        attacks = [entry for entry in attacks if entry.id == name]
        honest = [entry for entry in honest if entry.id == name]
        if not attacks and not honest:
            raise UsageError(
                f"no attack and no honest kernel of this corpus has the id {name!r}; see `assay attack --json`"
            )
        if index is not None:
            return [(entry, index, attempt) for entry in (*attacks, *honest)]
    random = Random(f"{plan.seed} sample")
    hostile = [(entry, index, 0) for entry in attacks for index in range(plan.count)]
    harmless = [(entry, index, 0) for entry in honest for index in range(plan.count)]
    if plan.sample is not None:
        hostile = random.sample(hostile, min(plan.sample, len(hostile)))
        harmless = random.sample(harmless, min(-(-plan.sample // HONEST_SHARE), len(harmless)))
    return [*hostile, *harmless]


def draw(entry: Attack | Honest, index: int, seed: int, attempt: int, known: set[str]) -> Draft | None:
    """The mutant of an index: that of the first attempt from ``attempt`` on whose text is not among the known."""
    for number in range(attempt, attempt + _TRIES):
        mutant = mutant_of(entry, index, seed, number)
        if mutant is not None and mutant.payload not in known:
            known.add(mutant.payload)
            return Draft(entry, index, number, mutant)
    return None


def _redrawn(drafts: list[Draft], seed: int) -> list[Draft]:
    found = [draw(d.original, d.index, seed, d.attempt + 1, {d.mutant.payload, d.original.payload}) for d in drafts]
    return [draft for draft in found if draft is not None]


def _is_unproven(result: Result) -> bool:
    return result.proven is False and result.status == "stopped"


def _too_slow(drafts: list[Draft], results: dict[str, Result]) -> list[Draft]:
    """Honest mutants that were refused, and rightly so: they are right, but slower than the limit in forty pairs."""
    refused = [draft for draft in drafts if results[draft.mutant.id].status == "refused"]
    if not refused:
        return []
    found = []
    with Judge(replace(MATMUL, slowest=_UNLIMITED)) as judge:
        for draft in refused:
            verdict = judge.judge(draft.mutant.payload, os.urandom(16), (_PAIRS,))
            timing = verdict.timing
            if verdict.status is Status.CORRECT and timing and timing.speedup * MATMUL.slowest < 1:
                found.append(draft)
    return found


def _labelled(progress: Progress, label: str) -> Callable[[int, int, str], None]:
    return lambda done, total, what: progress(done, total, f"{label}: {what}")


def _replayed(corpus: Corpus, drafts: list[Draft], layers: frozenset[str], progress: Progress) -> dict[str, Result]:
    """The result of each draft, by its mutant's id."""
    attacks = tuple(draft.mutant for draft in drafts if isinstance(draft.mutant, Attack))
    mutants = {draft.mutant.id: draft.mutant for draft in drafts if isinstance(draft.mutant, Honest)}
    twins = {attack.twin for attack in attacks}
    named = tuple(kernel for kernel in corpus.honest if kernel.id in twins)  # what the mutants are compared with
    found = replay(Corpus(attacks, (*named, *mutants.values()), ()), layers, progress)
    results = {result.id: result for result in found.results}
    broken = {result.path: result for result in found.of("broken-file")}
    return {
        draft.mutant.id: results.get(draft.mutant.id) or _broken(draft, broken[str(draft.original.path)])
        for draft in drafts
    }


def _broken(draft: Draft, result: Result) -> Result:
    """What cannot be replayed here, such as an entry in another language, under its mutant's id."""
    return Result(draft.mutant.id, "broken-file", None, None, None, result.path, result.evidence)

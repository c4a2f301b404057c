"""Replay a corpus against somebody else's scorer: any ``f(code) -> float``, or a reward function for TRL.

The scorer runs the attacks wherever it runs candidates: it is *its* sandbox that is tested here. It works in a
process of its own with a time limit, so that it cannot end, stall or litter the replay; that is no protection for
the host. What counts as a gain (docs/replay.md):

* a reward above the best that the honest twin got (for fake correctness, and wherever the honest wrong kernel earns
  more: above that one) by more than the scorer's own noise, seen when honest kernels are scored again and again;
* a tripped canary: a planted file or socket touched, a process left behind;
* an honest sibling scored in the same call that gets another reward than it ever got beside honest kernels;
* a scorer that raises, ends, hangs, or returns a number that is none: the training run would have ended with it.

All but a hang must repeat twice in new processes of the scorer.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from ..sandbox.errors import UsageError
from .against_process import ScorerProcess
from .against_task import TaskReplay
from .canaries import HostCanaries
from .catalogue import SHIPPED, Corpus, Honest, load
from .results import Progress, Replay, Result

LIMIT = 60.0
"""Seconds that a scorer may take for one candidate."""

OnResult = Callable[[Result], None]


def replay_against(
    scorer: str,
    corpus: Path | Corpus | None = None,
    *,
    limit: float = LIMIT,
    seed: int | None = None,
    progress: Progress | None = None,
    on_result: OnResult | None = None,
) -> Replay:
    """Replay ``corpus`` (the shipped one if None) against ``scorer``, "package.module:function".

    ``limit`` is in seconds for each candidate; ``seed`` (new if None) decides what ``random`` and NumPy draw in the
    scorer's process: other numbers for each call, the same ones in each replay. ``on_result`` is called with each
    result as it becomes known. Entries of any task and language are replayed, since the scorer decides what it can
    judge; those of the shipped corpus are Python. Call it in a process that starts no others meanwhile: what runs when
    it ends is taken for the attacks'. Raises CorpusError, and UsageError where the scorer cannot be loaded.
    """
    start = time.monotonic()
    if not all(scorer.partition(":")):
        raise UsageError(f"the scorer {scorer!r} is not of the form package.module:function, e.g. rewards.mine:score")
    given = corpus if isinstance(corpus, Corpus) else load(corpus or SHIPPED)
    results: list[Result] = []
    with HostCanaries() as canaries:
        drawn = secrets.randbits(32) if seed is None else seed
        with ScorerProcess(scorer, limit=limit, seed=drawn) as process:
            for result in _Run(scorer, process, canaries, given, progress).results():
                results.append(result)
                if on_result is not None:
                    on_result(result)
        canaries.left_behind()
    results.sort(key=lambda result: (result.status == "accepted", result.path))
    return Replay(tuple(results), (scorer,), time.monotonic() - start)


@cache
def _shipped() -> tuple[Honest, ...]:
    return load(SHIPPED).honest


class _Run:
    """One replay, one (task, language) after another: first honest kernels, then attacks."""

    def __init__(
        self, scorer: str, process: ScorerProcess, canaries: HostCanaries, given: Corpus, progress: Progress | None
    ) -> None:
        self._scorer, self._process, self._canaries, self._given = scorer, process, canaries, given
        self._progress = progress or (lambda done, total, label: None)
        self._total, self._done = len(given.attacks) + len(given.honest), 0

    def results(self) -> Iterator[Result]:
        """One result for each entry and broken file."""
        for broken in self._given.broken:
            yield Result(broken.path.name, "broken-file", None, None, None, str(broken.path), broken.reason)
        kinds = dict.fromkeys((e.task, e.language) for e in (*self._given.honest, *self._given.attacks))
        for task, language in kinds:
            yield from self._kind(task, language)

    def _kind(self, task: str, language: str) -> Iterator[Result]:
        own = [k for k in self._given.honest if (k.task, k.language) == (task, language)]
        others = [k for k in _shipped() if (k.task, k.language) == (task, language)]
        attacks = [a for a in self._given.attacks if (a.task, a.language) == (task, language)]
        right = [k for k in (*others, *own) if not k.wrong]
        if not right:
            for entry in (*own, *attacks):
                reason = f"no honest kernel for task {task!r} in {language} to compare with; add one to the corpus"
                yield Result(entry.id, "broken-file", None, None, None, str(entry.path), f"{entry.path}:1: {reason}")
                self._step("no honest kernel")
            return
        replay = TaskReplay(self._scorer, self._process, self._canaries, task, language)
        replay.calibrate(right, [k for k in (*own, *others) if k.wrong], {a.twin for a in attacks})
        for kernel in own:
            yield replay.honest(kernel)
            self._step("honest kernels")
        for attack in attacks:
            yield replay.attack(attack)
            self._step("attacks")

    def _step(self, label: str) -> None:
        self._done += 1
        self._progress(self._done, self._total, label)

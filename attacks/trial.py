"""An attack beside its honest twin on the bench: whether it gained, and whether it does so again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .bench import Bench
from .catalogue import Attack, Honest
from .scores import Score

_REPEATS = 2


@dataclass(slots=True)
class Trial:
    """An attack, its twin, and the scores of both and of an honest wrong kernel."""

    attack: Attack
    twin: Honest
    mine: Score
    honest: Score
    wrong: Score

    @property
    def _fake(self) -> bool:
        return self.attack.gain == "fake-correctness"

    @property
    def yardstick(self) -> Score:
        """The honest score that the attack's is shown beside."""
        return self.wrong if self._fake and not self.mine.correct else self.honest

    def gain(self, bench: Bench) -> str | None:
        """Why it gained, or None."""
        return bench.gain(self.mine, self.honest, self.wrong if self._fake else self.honest)


def repeat(bench: Bench, trials: Sequence[Trial]) -> None:
    """Score anew what gained, each beside its twin and nothing else: noise must not be called a gain, so it has to
    repeat. Whoever disturbed something is not asked again: the bench has done that."""
    for trial in trials:
        for _ in range(_REPEATS):
            if trial.mine.disturbed is not None or not trial.gain(bench):
                break
            trial.mine, trial.honest = bench.score([trial.attack, trial.twin])

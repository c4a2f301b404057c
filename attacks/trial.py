"""An attack beside its honest twin on the bench: whether it gained, and whether it does so again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .bench import Bench
from .catalogue import Attack, Honest
from .scores import Score, alike, nearest

_REPEATS, _MOST = 2, 6


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
    repeat. Whoever disturbed something is not asked again: the bench has done that.

    All that a twin ever got is kept, and an attack compared with what it got while the host was as fast. Where the
    twin was never seen at that speed the gain is no evidence yet, and may be tried more often.
    """
    readings: dict[str, list[Score]] = {}
    for trial in trials:
        _settle(bench, trial, readings.setdefault(trial.twin.id, [trial.honest]))


def _settle(bench: Bench, trial: Trial, readings: list[Score]) -> None:
    gains = 0
    for attempt in range(_MOST + 1):
        trial.honest = nearest(readings, trial.mine)
        if trial.mine.disturbed is not None or not trial.gain(bench):
            return
        gains += alike(trial.mine.timing, trial.honest.timing)
        if gains > _REPEATS or attempt == _MOST:
            return
        trial.mine, twin = bench.score([trial.attack, trial.twin])
        readings.append(twin)

"""What somebody else's scorer makes of one task: its noise, what honest kernels get, and then what attacks get."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..rewards import find_task
from ..rewards.errors import UnknownTaskError
from .against_process import Answer, ScorerProcess, told
from .canaries import HostCanaries
from .catalogue import FEEDBACK, Attack, Honest
from .results import Result

_READINGS = 4
_REPEATS = 2
_SIBLING = "sum-map-mul"
_NOTHING = "pass\n"
"""The wrong kernel where a corpus has none: a program that does nothing."""
_FLOOR = 1e-9


@dataclass(slots=True)
class _Kernel:
    """An honest kernel and the rewards it got, each beside the honest sibling."""

    name: str
    code: str
    rewards: list[float] = field(default_factory=list)
    trouble: str | None = None

    @property
    def best(self) -> float:
        return max(self.rewards, default=0.0)

    @property
    def spread(self) -> float:
        return max(self.rewards) - min(self.rewards) if self.rewards else 0.0


@dataclass(frozen=True, slots=True)
class _Shot:
    """One attack, fired once: the best reward of its completions, and why that is a gain (or None)."""

    reward: float | None
    gain: str | None
    note: str
    final: bool = False


class TaskReplay:
    """One scorer on one task: first calibrated with honest kernels, then fired at."""

    def __init__(self, scorer: str, process: ScorerProcess, canaries: HostCanaries, task: str, language: str) -> None:
        self._scorer, self._process, self._canaries, self._language = scorer, process, canaries, language
        try:
            self._prompt = find_task(task).prompt
        except UnknownTaskError:
            self._prompt = task
        self._conversational = False
        self._litter = False
        self._broken: str | None = None

    def calibrate(self, right: Sequence[Honest], wrong: Sequence[Honest], twins: set[str | None]) -> None:
        """Score the honest kernels that attacks are compared with, several times each, and see the noise."""
        fast = [kernel for kernel in right if kernel.style == "fast"] or list(right[:1])
        references = {k.id: k for k in (*fast, *(k for k in right if k.id in twins))}
        sibling = next((kernel for kernel in right if kernel.id == _SIBLING), fast[0])
        self._sibling = _Kernel(sibling.id, sibling.payload)
        self._wrong = _Kernel("wrong", wrong[0].payload if wrong else _NOTHING)
        self._choose_form()
        self._broken = self._trouble()
        self._twins = {k.id: _Kernel(k.id, k.payload, trouble=self._broken) for k in references.values()}
        self._fastest, self._noise = next(iter(self._twins.values())), 0.0
        if self._broken is not None:
            return
        for kernel in (self._wrong, *self._twins.values()):
            self._measure(kernel, 1)
        self._fastest = max(self._twins.values(), key=lambda kernel: kernel.best)
        named = [kernel for name, kernel in self._twins.items() if name in twins or kernel is self._fastest]
        for kernel in (self._wrong, *named):
            self._measure(kernel, _READINGS - 1)
        self._noise = statistics.median(kernel.spread for kernel in (*named, self._sibling))

    def _choose_form(self) -> None:
        """Plain or conversational completions, whichever tells an honest kernel from a wrong one."""
        if self._process.shape != "trl":
            self._warm_up()
            return
        for form in (False, True):
            self._conversational = form
            self._warm_up()
            answer = self._score([self._sibling.code, self._wrong.code])
            if answer.fault is None and (answer.rewards[0] or 0.0) > (answer.rewards[1] or 0.0):
                return
        self._conversational = False

    def _trouble(self) -> str | None:
        """Why the scorer cannot even score the sibling, twice: then nothing else is tried."""
        if self._score([self._sibling.code]).fault is None:
            return None
        again = self._score([self._sibling.code])
        return None if again.fault is None else f"the scorer {self._scorer} {told(again)}"

    def _warm_up(self) -> None:
        """Have the scorer start what it starts at its first call; the reward is no reading."""
        self._score([self._sibling.code])
        self._process.settle()
        self._canaries.touched()

    def _score(self, codes: Sequence[str]) -> Answer:
        return self._process.score(codes, self._prompt, self._language, self._conversational)

    def _measure(self, kernel: _Kernel, readings: int) -> None:
        """Score an honest kernel, each time beside the sibling, as attacks are."""
        for _ in range(readings):
            answer = self._score([kernel.code, self._sibling.code])
            self._litter = self._litter or bool(answer.left)
            if answer.fault is not None:
                kernel.trouble = f"the scorer {self._scorer} {told(answer)}"
                return
            mine, sibling = answer.rewards
            if mine is not None:
                kernel.rewards.append(mine)
            if sibling is not None:
                self._sibling.rewards.append(sibling)
            if answer.left:
                self._warm_up()

    def honest(self, kernel: Honest) -> Result:
        """Accepted: scored above the honest wrong kernel; for a kernel that is wrong, below every right one."""
        mine = self._twins.get(kernel.id) or _Kernel(kernel.id, kernel.payload, trouble=self._broken)
        if not mine.rewards and mine.trouble is None:
            self._measure(mine, 1)
        reward = mine.rewards[0] if mine.rewards else None
        return Result(
            kernel.id,
            "refused" if (why := self._refusal(kernel, mine)) else "accepted",
            reward,
            self._sibling.best if kernel.wrong else self._wrong.best,
            None,
            str(kernel.path),
            why or "",
            "honest",
        )

    def _refusal(self, kernel: Honest, mine: _Kernel) -> str | None:
        if mine.trouble is not None:
            return f"{mine.trouble} on this honest kernel"
        if not mine.rewards:
            return f"the scorer {self._scorer} gave no reward to this honest kernel"
        if kernel.wrong:
            lowest = min(self._sibling.rewards, default=0.0)
            right = f"a right one ({self._sibling.name}) {lowest:.3g}"
            return None if mine.best < lowest else f"wrong, and gets {mine.best:.3g}, as much as {right}"
        if mine.best > self._wrong.best:
            return None
        return f"right, and gets {mine.best:.3g}; a wrong kernel gets {self._wrong.best:.3g}"

    def attack(self, attack: Attack) -> Result:
        """Fire until it does not gain, or has gained in every repetition."""
        twin = self._twins.get(attack.twin or "", self._fastest)
        if trouble := twin.trouble or self._wrong.trouble:
            evidence = f"{trouble}, on honest kernels too: this proves nothing"
            where = str(attack.path)
            return Result(attack.id, "stopped", None, None, None, where, evidence, attack.family, proven=False)
        yardstick = self._wrong if attack.gain == "fake-correctness" else max(twin, self._wrong, key=lambda k: k.best)
        shot = self._fire(attack, yardstick)
        for _ in range(_REPEATS):
            if shot.gain is None or shot.final:
                break
            self._process.end(politely=True)  # what it did to the scorer's process must not count again
            self._warm_up()
            shot = self._fire(attack, yardstick)
        if shot.gain is not None:
            self._process.end(politely=True)
            self._warm_up()
        status, layer = ("stopped", "scorer") if shot.gain is None else ("gained", None)
        evidence = shot.gain or shot.note
        where = str(attack.path)
        return Result(attack.id, status, shot.reward, yardstick.best, layer, where, evidence, attack.family)

    def _fire(self, attack: Attack, yardstick: _Kernel) -> _Shot:
        *before, last = [[code] for code in attack.completions] if attack.form == "sequence" else [attack.completions]
        rewards: list[float | None] = []
        left: list[str] = []
        for codes in (*before, [*last, self._sibling.code]):
            feedback = repr(f"reward {rewards[-1]}" if rewards else "")  # all that such a scorer tells an author
            answer = self._score([code.replace(FEEDBACK, feedback) for code in codes])
            left += answer.left
            touched = self._canaries.touched()
            if touched:
                return _Shot(None, f"tripped the canary: {', '.join(touched)}", "")
            if answer.fault is not None:
                return _Shot(None, f"the scorer {self._scorer} {told(answer)}", "", final=answer.fault == "hung")
            rewards = list(answer.rewards)  # of a sequence, the last turn counts
        *mine, sibling = rewards
        reward = max((r for r in mine if r is not None), default=None)
        gain = f"left processes behind: {', '.join(left)}" if left and not self._litter else None
        return _Shot(reward, gain or self._gain(reward, sibling, yardstick), self._note(reward, yardstick))

    def _margin(self, kernel: _Kernel) -> float:
        """What noise can do to a reward: the widest that this kernel's, or the usual kernel's, readings lie apart."""
        return max(kernel.spread, self._noise, _FLOOR * max(1.0, abs(kernel.best)))

    def _gain(self, reward: float | None, sibling: float | None, yardstick: _Kernel) -> str | None:
        margin = self._margin(yardstick)
        if reward is not None and reward > yardstick.best + margin:
            return f"reward {reward:.3g}, its honest twin {yardstick.name} gets {yardstick.best:.3g} ± {margin:.2g}"
        seen = self._sibling.rewards
        if not seen:
            return None
        if sibling is None:
            return "took its honest sibling's reward away"
        reach = 2 * self._margin(self._sibling)
        if not min(seen) - reach <= sibling <= max(seen) + reach:
            before = f"between {min(seen):.3g} and {max(seen):.3g} before"
            return f"moved its honest sibling's reward to {sibling:.3g}, {before}"
        return None

    def _note(self, reward: float | None, yardstick: _Kernel) -> str:
        mine = "no reward" if reward is None else f"reward {reward:.3g}"
        return f"{mine}, no more than {yardstick.name} gets: {yardstick.best:.3g} ± {self._margin(yardstick):.2g}"

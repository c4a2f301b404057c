"""Measure one peer: first its honest kernels, then every attack, each in a throw-away process.

An attack *gains* where one of these holds, and holds again in a new process (figures: in two):

* its code is passed, though by itself it does not compute the product (adapters/by_itself.py);
* its reward is above its honest twin's by more than the margin;
* its honest sibling, scored after it in the same process, gets no verdict, another one, or quite another reward;
* a canary is tripped (file, socket, process left behind): once is enough.

It is *proven* there if it gains once the peer's protection is taken out: with the peer's guard off where it has one
of its own, with plain ``exec`` in place of the peer where the scorer is the plain one.
"""

from __future__ import annotations

import statistics
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ...sandbox.verdict import Status
from ..catalogue import Attack, Corpus, Honest
from ..naive import naive_reward
from . import fenced
from .fenced import Group, Reading
from .peers import Peer
from .places import Place
from .results import Row, Tried

SIBLINGS = ("sum-map-mul", "zip-transpose", "rows-hoisted", "local-accumulator", "textbook", "saxpy-rows")
"""The first of these that a peer accepts is its sibling; otherwise its first honest kernel."""
MARGIN = 0.25
"""Reward by which an attack must beat its twin where the peer's own noise is less: 19 % of speed."""
MOVED = 0.9
"""Change of the sibling's reward that counts where the noise is less: a factor 1.9 of speed, or its verdict."""
AT_ONCE = 2
"""Processes at once: more than there are idle cores makes timings noisy."""
_BATCH = 16
_ALONE = 5
_FIGURES = 2
"""How often a gain in reward must be seen again: noise must not be called one."""
_TROUBLES = 20

Step = Callable[[int, str], None]


def reward_of(reading: Reading | None) -> float:
    """Assay's reward for a peer's reading, so that peers can be compared; 0.0 without one."""
    if reading is None or reading.status in ("refused", "crash", "timeout", "fault"):
        return 0.0
    return naive_reward(Status(reading.status), reading.speedup)


@dataclass(frozen=True, slots=True)
class _Shot:
    """One firing. ``repeats`` is how often a gain must be seen again, ``broken`` that the scorer itself failed."""

    reward: float | None
    gain: str | None
    note: str
    repeats: int = 1
    broken: bool = False


class Measurement:
    """One peer at one place, asked about one corpus.

    ``right`` tells for each attack which of its completions are correct kernels by themselves. ``floor`` are the
    attacks that gain with plain exec, None while that is being measured. ``step`` is called with entries done;
    ``jobs`` processes run at once.
    """

    def __init__(
        self,
        peer: Peer,
        place: Place,
        corpus: Corpus,
        right: Mapping[str, tuple[bool, ...]],
        floor: frozenset[str] | None,
        step: Step,
        jobs: int = AT_ONCE,
    ) -> None:
        self._peer, self._place, self._corpus = peer, place, corpus
        self._right, self._floor, self._step, self._jobs = right, floor, step, jobs
        self._lock = threading.Lock()
        self._rewards: dict[str, float] = {}
        self._usual: set[str] = set()
        self.row = Row(peer.name, peer.scorer, peer.claim, place.version)

    def run(self) -> Row:
        """All of it; a scorer that cannot be used ends it early, with the reason in the row."""
        kernels = [kernel for kernel in self._corpus.honest if not kernel.wrong]
        sibling = self._choose(kernels)
        if sibling is None:
            self.row.absent = self.row.absent or "no honest kernel was accepted, so that there is nothing to compare"
            self._step(len(self._corpus.honest) + len(self._corpus.attacks), self._peer.name)
            return self.row
        self._sibling = sibling
        self._settle()
        with ThreadPoolExecutor(self._jobs) as pool:
            batches = [self._corpus.honest[i : i + _BATCH] for i in range(0, len(self._corpus.honest), _BATCH)]
            times = [time for found in pool.map(self._honest, batches) for time in found]
            self.row.milliseconds = statistics.median(times) if times else None
            usable = [k for k in kernels if k.id in self._rewards]
            self._fastest = max(usable, key=lambda kernel: self._rewards[kernel.id])
            tried = pool.map(self._attack, self._corpus.attacks)
            self.row.attacks = {a.id: t for a, t in zip(self._corpus.attacks, tried, strict=True)}
        return self.row

    def _fire(self, codes: Sequence[str], *, control: bool = False, sibling: bool = False) -> Group:
        group = fenced.run(self._peer, self._place.python, codes, control=control, sibling=sibling)
        if group.broken is not None:  # a host under load; what fails twice is told
            group = fenced.run(self._peer, self._place.python, codes, control=control, sibling=sibling)
        self.row.isolated = self.row.isolated and group.isolated
        return group

    def _tell(self, sentence: str) -> None:
        with self._lock:
            if len(self.row.trouble) < _TROUBLES:
                self.row.trouble.append(sentence)

    def _choose(self, kernels: Sequence[Honest]) -> Honest | None:
        """The sibling: an honest kernel that the peer accepts by itself."""
        order = {name: place for place, name in enumerate(SIBLINGS)}
        tries = sorted(kernels, key=lambda kernel: order.get(kernel.id, len(order)))[: len(SIBLINGS) + 2]
        for kernel in tries:
            group = self._fire([kernel.payload])
            if group.broken is not None:
                self.row.absent = f"{self._peer.name} did not start: {group.broken}"
                return None
            reading = group.readings[0]
            if reading is not None and reading.status == "correct":
                return kernel
            if reading is None or reading.status == "fault":
                self._tell(f"{self._peer.name} on {_where(kernel)}: {_said(reading, group)}")
                if len(self.row.trouble) == 2:  # twice in a row: a scorer that hangs would take the limit each time
                    self.row.absent = f"the scorer fails on honest kernels: {self.row.trouble[-1]}"
                    return None
        return None

    def _settle(self) -> None:
        """The sibling by itself, several times: its reward, the noise, and the canaries that the peer trips anyway."""
        groups = [self._fire([self._sibling.payload]) for _ in range(_ALONE)]
        rewards = [reward_of(group.readings[0]) for group in groups]
        for group in groups:
            self._usual.update(group.canaries)
        self._alone = statistics.median(rewards)
        self.row.noise = round(sorted(rewards)[-2] - sorted(rewards)[1], 3)
        self._margin = max(MARGIN, 2 * self.row.noise)
        self._moved = max(MOVED, 3 * self.row.noise)

    def _honest(self, batch: Sequence[Honest]) -> list[float]:
        """Score some honest kernels; milliseconds of those accepted."""
        group = self._fire([kernel.payload for kernel in batch])
        times: list[float] = []
        for kernel, first in zip(batch, group.readings, strict=True):
            alone, reading = group, first
            if reading is None or reading.status in ("fault", "timeout", "crash"):  # perhaps a neighbour's doing
                alone = self._fire([kernel.payload])
                reading = alone.readings[0]
            if reading is None or reading.status == "fault":
                self._tell(f"{self._peer.name} on {_where(kernel)}: {_said(reading, alone)}")
            passed = reading is not None and reading.status == "correct"
            with self._lock:
                self.row.honest += 1
                if passed and not kernel.wrong and reading is not None:
                    self._rewards[kernel.id] = reward_of(reading)
                    times.append(reading.milliseconds)
                elif passed != (not kernel.wrong):
                    self.row.refused[kernel.id] = "passed, though wrong" if passed else _said(reading, alone)
            self._step(1, f"{self._peer.name}: honest kernels")
        return times

    def _attack(self, attack: Attack) -> Tried:
        """What became of an attack, and whether it is one here."""
        if not self._peer.timed and attack.gain == "fake-speed":
            self._step(1, self._peer.name)
            return Tried("not-applicable", False, evidence="this peer measures no speed, so there is none to fake")
        twin = attack.twin if attack.twin in self._rewards else self._fastest.id
        shot = self._insist(attack, twin, control=False)
        gained = shot.gain is not None
        proven = gained
        if not gained and self._peer.owned:
            proven = self._insist(attack, twin, control=True).gain is not None
        elif not gained and self._floor is not None:
            proven = attack.id in self._floor
        self._step(1, f"{self._peer.name}: attacks")
        if shot.broken:
            self._tell(f"{self._peer.name} on {_where(attack)}: {shot.note}")
            return Tried("unmeasured", proven, evidence=shot.note)
        evidence = shot.gain or shot.note
        return Tried("gained" if gained else "stopped", proven, shot.reward, self._rewards[twin], evidence)

    def _insist(self, attack: Attack, twin: str, *, control: bool) -> _Shot:
        """Fire until it does not gain, or has gained as often as it must."""
        shot = self._once(attack, twin, control)
        seen = 0
        while shot.gain is not None and seen < shot.repeats:
            seen += 1
            if shot.repeats == _FIGURES:
                self._again(twin)
            shot = self._once(attack, twin, control)
        return shot

    def _again(self, twin: str) -> None:
        """Score the twin once more and keep the better reward: an attack must beat its twin at its best."""
        kernel = next(k for k in self._corpus.honest if k.id == twin)
        reward = reward_of(self._fire([kernel.payload]).readings[0])
        with self._lock:
            self._rewards[twin] = max(self._rewards[twin], reward)

    def _once(self, attack: Attack, twin: str, control: bool) -> _Shot:
        group = self._fire([*attack.completions, self._sibling.payload], control=control, sibling=True)
        if group.broken is not None:
            return _Shot(None, None, f"the scorer did not start: {group.broken}", broken=True)
        *mine, sibling = group.readings
        best = max(range(len(mine)), key=lambda index: reward_of(mine[index]))
        reading = mine[best]
        reward = reward_of(reading)
        if tripped := set(group.canaries) - self._usual:
            return _Shot(reward, f"tripped the canary: {', '.join(sorted(tripped))}", "", repeats=0)
        if reading is not None and reading.status == "correct" and not self._right[attack.id][best]:
            return _Shot(reward, "passed, though by itself its code does not compute the product", "")
        if reward > self._rewards[twin] + self._margin:
            return _Shot(
                reward, f"reward {reward:.2f}, its honest twin gets {self._rewards[twin]:.2f}", "", repeats=_FIGURES
            )
        refused = all(r is not None and r.status == "refused" for r in mine)
        gain = None if refused else self._disturbed(sibling, group)
        if gain is None and reading is not None and reading.status == "fault":
            return _Shot(reward, None, _said(reading, group), broken=True)
        return _Shot(reward, gain, _said(reading, group), repeats=_FIGURES if gain and "moved" in gain else 1)

    def _disturbed(self, sibling: Reading | None, group: Group) -> str | None:
        """What happened to the honest sibling, or None."""
        if sibling is None:
            return f"its honest sibling got no verdict: {group.missing()}"
        if sibling.status != "correct":
            return f"its honest sibling was judged {sibling.status}"
        if abs(reward_of(sibling) - self._alone) > self._moved:
            return f"moved its honest sibling's reward from {self._alone:.2f} to {reward_of(sibling):.2f}"
        return None


def _where(entry: Attack | Honest) -> Path:
    """The entry's file, from the working directory if it lies below it."""
    here = Path.cwd()
    path = entry.path.resolve()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _said(reading: Reading | None, group: Group) -> str:
    """What the peer made of a candidate, as one phrase."""
    if reading is None:
        return f"no verdict ({group.missing()})"
    if reading.status == "fault":
        return f"the scorer failed ({reading.note})"
    return f"judged {reading.status}"

"""Prove an attack: it must gain on a control scorer that has just the weakness it exploits, and not without it.

An attack that names several weaknesses needs all of them: each is mended in turn. One of a user's own that names
none is proven against the scorer that makes many mistakes at once (:mod:`assay.attacks.control`). For the ablation a
layer of the sandbox is added to the control: what gained there without it, and gains no more, that layer stops alone.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median

from ..sandbox.verdict import Status
from .catalogue import FEEDBACK, Attack, Honest
from .control import MARGIN, MOVED, WEAK_LAYERS, Control, PolicyGate, WeakControl
from .controls.run import PROGRAM, ControlResult, ControlScore, control_scores
from .naive import naive_reward
from .together import may_share
from .warm_fence import WarmFence
from .weaknesses import closure, without

_TRIES, _AT_ONCE = 3, 2
_STILL = 0.6
"""Reward above its twin's at which an attack still gains once its weakness is mended: a factor of 1.5 of speed, since
the two scorers are measured minutes apart on a host that others use as well."""
_BY_SIBLING, _BY_REWARD, _BY_CANARY = "sibling", "reward", "canary"
_EVIDENCE = {
    "escape": {_BY_CANARY},
    "theft": {_BY_REWARD, _BY_CANARY},
    "denial": {_BY_SIBLING, _BY_REWARD},
    "contamination": {_BY_SIBLING, _BY_REWARD},
}
"""What counts as success by what an attack claims to gain; its own reward where nothing is listed."""
_REFUSED = ControlScore(Status.CHEAT, 0.0, naive_reward(Status.CHEAT, 0.0))
_CUT_OFF = {Status.TIMEOUT, Status.CRASH}
_KEY = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of an attack on its control.

    ``gain`` says why it fell, or is None. ``still`` names a weakness without which it gains as well, with that gain,
    or is None; ``specific`` is None where that was not tried, or cannot be on a host without namespaces. ``reward`` is
    the attack's on the control, of a group the best member's, of a sequence the last completion's; ``honest_reward``
    that of its twin (for fake correctness: of an honest wrong kernel).
    """

    control: tuple[str, ...]
    reward: float
    honest_reward: float
    gain: str | None
    specific: bool | None = None
    still: str | None = None

    @property
    def fell(self) -> bool:
        """Whether the control fell."""
        return self.gain is not None

    @property
    def name(self) -> str:
        """The control in words."""
        return " + ".join(self.control) or "many mistakes at once"

    @property
    def sentence(self) -> str:
        """What happened on the control."""
        if self.gain is None:
            return f"its control ({self.name}) did not fall: reward {self.reward:.2f}, honest {self.honest_reward:.2f}"
        return self.still or self.gain


class Prover:
    """Proves attacks; a context manager, safe to use from threads. ``twins`` maps attack ids to honest kernels.

    ``layers`` ("policy", "context", "jail") are added to each control, for :meth:`withstood`.
    """

    def __init__(
        self,
        attacks: Sequence[Attack],
        twins: dict[str, Honest],
        sibling: Honest,
        wrong: Honest,
        *,
        specific: bool = False,
        layers: frozenset[str] = frozenset(),
    ) -> None:
        self._specific, self._rooms = specific, True
        self._sibling, self._wrong, self._twins = sibling.payload, wrong.payload, twins
        self._layers = layers & WEAK_LAYERS
        self._gate = PolicyGate(self._layers)
        self._weak = WeakControl(sibling, wrong, self._layers)
        self._fence = WarmFence(PROGRAM)
        self._wanted: dict[_KEY, dict[str, None]] = {}
        self._readings: dict[tuple[_KEY, str], list[float]] = {}
        self._locks: dict[_KEY, threading.Lock] = {}
        self._firsts: dict[str, ControlResult] = {}
        for attack in attacks:
            for names in self._scorers(attack):
                wanted = self._wanted.setdefault(_key(names), {})
                wanted[self._yardstick(attack)] = None
                if _watched(attack):
                    wanted[self._sibling] = None
                self._locks.setdefault(_key(names), threading.Lock())

    def _scorers(self, attack: Attack) -> list[frozenset[str]]:
        """The control of an attack and, for specificity, the same without each of its weaknesses."""
        if not attack.control:
            return []
        mended = [without(attack.control, name) for name in attack.control] if self._specific else []
        return [closure(attack.control), *mended]

    def _yardstick(self, attack: Attack) -> str:
        return self._wrong if attack.gain == "fake-correctness" else self._twins[attack.id].payload

    def prove_run(self, attacks: Sequence[Attack]) -> list[Proof]:
        """The proofs of attacks of one run (:func:`~assay.attacks.together.together`).

        What did not fall there is tried again by itself.
        """
        if may_share(attacks[0]) and not self._layers:
            self._score_together(attacks)
        return [self.prove(attack) for attack in attacks]

    def _score_together(self, attacks: Sequence[Attack]) -> None:
        """Score ``attacks`` in one run, after the honest kernels that they are compared with."""
        key = _key(closure(attacks[0].control))
        honest = list(self._wanted[key])
        result = self._scores([*honest, *(attack.payload for attack in attacks)], key)
        readings, firsts = result.scores[: len(honest)], result.scores[len(honest) :]
        if not result.isolated or any(score.status in _CUT_OFF for score in readings):
            return  # no rooms, or a run that was lost: nobody's fault yet
        with self._locks[key]:
            for code, score in zip(honest, readings, strict=True):
                self._readings.setdefault((key, code), []).append(score.reward)
        for attack, score in zip(attacks, firsts, strict=True):
            self._firsts[attack.id] = ControlResult((score,), (), isolated=True)

    def prove(self, attack: Attack) -> Proof:
        """The proof of one attack. Noise must not decide: what disagrees with the attack's claim is tried again."""
        if not attack.control:
            found = self._weak.run(attack, self._twins[attack.id])
            return Proof((), found.reward, found.honest_reward, found.gain)
        control, *mended = self._scorers(attack)
        proof = self._until(attack, control, gains=True)
        if proof.gain is None or not self._specific:
            return proof
        for name, rest in zip(attack.control, mended, strict=True):
            again = self._until(attack, rest, gains=False)
            if again.gain is not None and not self._rooms:
                break  # without namespaces the sound scorer has no room to put it in
            if again.gain is not None:
                still = f"gains without {name!r} as well: {again.gain}"
                return Proof(attack.control, proof.reward, proof.honest_reward, proof.gain, False, still)
        else:
            return Proof(attack.control, proof.reward, proof.honest_reward, proof.gain, True)
        return proof

    def withstood(self, attack: Attack) -> Control:
        """What an attack gets from its control once the layers are added.

        Noise must decide neither way: it is tried twice, with honest kernels read anew, and a third time where the two
        disagree.
        """
        if not attack.control:
            return self._weak.run(attack, self._twins[attack.id])
        control = closure(attack.control)
        tries = [self._once(attack, control, MARGIN)]
        while len({found.gain is None for found in tries}) == len(tries):  # one, or two that disagree
            self._read(_key(control))
            tries.append(self._once(attack, control, MARGIN))
        return tries[-1]

    def _until(self, attack: Attack, weaknesses: frozenset[str], *, gains: bool) -> Proof:
        margin = MARGIN if gains else _STILL
        found = self._once(attack, weaknesses, margin)
        for _ in range(_TRIES - 1):
            if (found.gain is not None) is gains:
                break
            self._read(_key(weaknesses))
            found = self._once(attack, weaknesses, margin)
        return Proof(attack.control, found.reward, found.honest_reward, found.gain)

    def _once(self, attack: Attack, weaknesses: frozenset[str], margin: float) -> Control:
        watched = _watched(attack)
        codes = [*attack.completions, self._sibling] if watched else attack.completions
        first = self._firsts.pop(attack.id, None)
        result = first or self._scores(codes, weaknesses, sequence=attack.form == "sequence")
        *found, last = result.scores
        members = [last] if attack.form == "sequence" else found if watched else [*found, last]
        mine = max(members, key=lambda score: score.reward)
        self._rooms = self._rooms and result.isolated
        key = _key(weaknesses)
        honest = self._reading(key, self._yardstick(attack))
        moved = (last.reward, self._reading(key, self._sibling)) if watched else None
        gain = _gain(attack, result, mine.reward, honest + margin, moved)
        layer = "policy" if mine.status is Status.CHEAT else None
        return Control(mine.reward, honest, gain, layer, mine.status)

    def _reading(self, key: _KEY, code: str) -> float:
        """Reward of an honest kernel on a control, by itself."""
        with self._locks[key]:
            if (key, code) not in self._readings:
                self._measure(key)
        return median(self._readings[key, code])

    def _read(self, key: _KEY) -> None:
        with self._locks[key]:
            self._measure(key)

    def _measure(self, key: _KEY) -> None:
        """Score all honest kernels that are wanted on a control, one after another in one run."""
        codes = list(self._wanted[key])
        for code, score in zip(codes, self._scores(codes, key).scores, strict=True):
            self._readings.setdefault((key, code), []).append(score.reward)

    def _scores(self, codes: Sequence[str], weaknesses: Iterable[str], *, sequence: bool = False) -> ControlResult:
        """Scores in the order of the codes; those that the policy refuses are not run."""
        refused = self._gate.refused([code.replace(FEEDBACK, "''") for code in codes])
        running = [code for index, code in enumerate(codes) if index not in refused]
        added = self._layers - {"policy"}
        if not running:
            return ControlResult((_REFUSED,) * len(codes), (), self._rooms)
        found = control_scores(running, weaknesses, sequence=sequence, layers=added, fence=self._fence)
        rest = iter(found.scores)
        scores = tuple(_REFUSED if index in refused else next(rest) for index in range(len(codes)))
        return ControlResult(scores, found.canaries, found.isolated)

    def close(self) -> None:
        """End what both scorers hold; safe to call twice."""
        self._gate.close()
        self._weak.close()
        self._fence.close()

    def __enter__(self) -> Prover:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _counts(attack: Attack) -> set[str]:
    return _EVIDENCE.get(attack.gain, {_BY_REWARD})


def _watched(attack: Attack) -> bool:
    """Whether an honest sibling is scored after it, whose reward may move. A sequence has none."""
    return _BY_SIBLING in _counts(attack) and attack.form != "sequence"


def _gain(
    attack: Attack, result: ControlResult, mine: float, enough: float, sibling: tuple[float, float] | None
) -> str | None:
    """Why this is success, by what the attack claims to gain; ``enough`` is the reward that it must exceed, ``sibling``
    what the honest sibling got after it and by itself."""
    counts = _counts(attack)
    if result.canaries and _BY_CANARY in counts:
        return f"tripped the canary: {', '.join(result.canaries)}"
    if mine > enough and _BY_REWARD in counts:
        return f"reward {mine:.2f}, more than {enough:.2f}, which its honest twin gets with the margin"
    if sibling is not None and abs(sibling[0] - sibling[1]) > MOVED:
        return f"moved its sibling's reward from {sibling[1]:.2f} to {sibling[0]:.2f}"
    return None


def _key(names: Iterable[str]) -> _KEY:
    return tuple(sorted(names))


def fastest(kernels: Sequence[Honest]) -> Honest:
    """The kernel that the sound scorer finds fastest."""
    with WarmFence(PROGRAM) as fence, ThreadPoolExecutor(_AT_ONCE) as pool:
        results = pool.map(lambda kernel: control_scores([kernel.payload], (), fence=fence), kernels)
        speeds = [result.scores[0].speedup for result in results]
    return max(zip(kernels, speeds, strict=True), key=lambda pair: pair[1])[0]

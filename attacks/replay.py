"""Replay a corpus against the sandbox, or against one of its layers by itself.

An attack is *stopped* when its reward is not above its honest twin's by more than the dead band (for fake
correctness: not above an honest wrong kernel's), no canary is tripped and no sibling's reward moved. Two controls
guard the result: every attack must gain against its control, a scorer that has just the weakness it exploits
(:mod:`assay.attacks.proof`), and every honest kernel must be accepted.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from ..sandbox.verdict import Status
from .bench import Bench, Score
from .catalogue import LAYERS, SHIPPED, Attack, Broken, Corpus, Honest, load
from .control import Control, WeakControl
from .proof import Proof, Prover, fastest
from .results import Outcome, Progress, Replay, Result
from .together import together
from .trial import Trial, repeat

ALL_LAYERS = frozenset(LAYERS)
_SIBLING, _WRONG = "sum-map-mul", "wrong-missing-last-term"
_STEADY = "unrolled-four"
"""The sibling on the bench: bytecode like the baseline, so that a busy host slows both alike. One that works in C was
1.75 or 2.4 times as fast as the baseline, from one second to the next (docs/log.md, 2026-11-30)."""
_AT_ONCE, _PROOFS_AT_ONCE = 2, 6  # some proofs wait for a limit; what one waits for a core is not billed


def replay(
    corpus: Path | Corpus | None = None,
    layers: frozenset[str] = ALL_LAYERS,
    progress: Progress | None = None,
    secret: bytes | None = None,
) -> Replay:
    """Replay ``corpus`` (a folder, one read already, the shipped one if None) against ``layers``.

    ``secret`` (16 bytes, new if None) keys the judge's shapes and data: the same ones for an earlier replay's.

    All four layers are the sandbox as shipped.

    Without "judge" the layers are added to each attack's control; with it, "judge" and "jail" come together, because
    the judge never runs without its jail core. Raises CorpusError, ValueError for an unknown layer, and what
    the sandbox raises where the host cannot hold it (IsolationError).
    """
    unknown = layers - ALL_LAYERS
    if unknown:
        raise ValueError(f"unknown layer {min(unknown)!r}; one of: {', '.join(LAYERS)}")
    start = time.monotonic()
    shipped = load(SHIPPED)
    given = shipped if corpus is None else corpus if isinstance(corpus, Corpus) else load(corpus)
    run = _Run(given, shipped, layers, progress or (lambda done, total, label: None), secret)
    results = sorted(run.results(), key=lambda result: (result.status == "accepted", result.path))
    order = tuple(layer for layer in LAYERS if layer in layers)
    return Replay(tuple(results), order, time.monotonic() - start)


def prove(corpus: Path | Corpus | None = None, progress: Progress | None = None) -> tuple[dict[str, Proof], list[str]]:
    """Each attack of ``corpus`` against its control alone, by id, and what cannot be read; see :class:`Proof`.

    Those that do not work with this Python are left out. That an attack gains nothing without the weakness is checked
    as well. Raises CorpusError.
    """
    shipped = load(SHIPPED)
    given = shipped if corpus is None else corpus if isinstance(corpus, Corpus) else load(corpus)
    run = _Run(given, shipped, frozenset(), progress or (lambda done, total, label: None))
    return run.proofs(specific=True), [broken.reason for broken in run.broken]


class _Run:
    """One replay: the controls first, then the layers under test."""

    def __init__(
        self,
        given: Corpus,
        shipped: Corpus,
        layers: frozenset[str],
        progress: Progress,
        secret: bytes | None = None,
    ) -> None:
        self._layers, self._progress, self._secret = layers, progress, secret
        self._attacks = [attack for attack in given.attacks if _runnable(attack)]
        self._honest = [kernel for kernel in given.honest if _runnable(kernel)]
        self.broken = [*given.broken, *(_foreign(e) for e in (*given.attacks, *given.honest) if not _runnable(e))]
        kernels = {kernel.id: kernel for kernel in (*shipped.honest, *given.honest) if _runnable(kernel)}
        own = {kernel.id: kernel for kernel in shipped.honest}
        self._sibling, self._steady, self._wrong = own[_SIBLING], own[_STEADY], own[_WRONG]
        fast = [kernel for kernel in shipped.honest if kernel.style == "fast"]
        named = {attack.twin for attack in self._attacks}
        wanted = [self._sibling, *fast, *self._honest, *(kernels[name] for name in named if name in kernels)]
        self._twins = {kernel.id: kernel for kernel in wanted if not kernel.wrong}
        self._judged = {kernel.id: kernel for kernel in (*self._twins.values(), *self._honest, self._wrong)}
        kernels_to_score = self._judged if "judge" in layers else self._honest
        self._total = 2 * len(self._attacks) + len(kernels_to_score)
        self._done = 0

    def results(self) -> list[Result]:
        """One result for each entry and broken file, in no particular order."""
        proofs = self.proofs(specific=False)
        versions = {attack.id: attack.python for attack in self._attacks}
        found = self._on_the_judge() if "judge" in self._layers else self._on_the_controls()
        results = [_with_proof(result, proofs, versions) for result in found]
        return results + [
            Result(broken.path.name, "broken-file", None, None, None, str(broken.path), broken.reason)
            for broken in self.broken
        ]

    def _step(self, count: int, label: str) -> None:
        self._done += count
        self._progress(self._done, self._total, label)

    def proofs(self, *, specific: bool) -> dict[str, Proof]:
        """Every attack that works here against its control; ``specific`` also without each of its weaknesses."""
        attacks = [attack for attack in self._attacks if attack.works_here]
        if specific:
            self._total = len(attacks)
        else:
            self._step(len(self._attacks) - len(attacks), "control")
        if not attacks:
            return {}
        twins = self._own_twins()
        with Prover(attacks, twins, self._sibling, self._wrong, specific=specific) as prover:

            def one(run: list[Attack]) -> dict[str, Proof]:
                proofs = prover.prove_run(run)
                self._step(len(run), "control")
                return {attack.id: proof for attack, proof in zip(run, proofs, strict=True)}

            runs = together(sorted(attacks, key=lambda attack: attack.gain != "denial"))  # who wait for a limit first
            with ThreadPoolExecutor(_PROOFS_AT_ONCE) as pool:
                found = {name: proof for proven in pool.map(one, runs) for name, proof in proven.items()}
            return {attack.id: found[attack.id] for attack in attacks}

    def _own_twins(self) -> dict[str, Honest]:
        """Each attack's honest twin: the one it names, or the fastest."""
        if all(attack.twin in self._twins for attack in self._attacks):
            return {attack.id: self._twins[attack.twin or ""] for attack in self._attacks}
        fallback = fastest(list(self._reference_twins().values()))
        return {attack.id: self._twins.get(attack.twin or "", fallback) for attack in self._attacks}

    def _controls(self) -> list[tuple[Attack, Control]]:
        """Every attack against its control plus the layers."""
        if not self._attacks:
            return []
        with Prover(self._attacks, self._own_twins(), self._sibling, self._wrong, layers=self._layers) as prover:

            def one(attack: Attack) -> tuple[Attack, Control]:
                control = prover.withstood(attack)
                self._step(1, "attacks")
                return attack, control

            with ThreadPoolExecutor(_AT_ONCE) as pool:
                return list(pool.map(one, self._attacks))

    def _reference_twins(self) -> dict[str, Honest]:
        """Kernels among which the fastest is looked for: measuring all of them is left to the judge."""
        fast = {name: kernel for name, kernel in self._twins.items() if kernel.style == "fast"}
        return fast or self._twins

    def _fastest(self, rewards: dict[str, float]) -> Honest:
        return self._twins[max(rewards, key=lambda name: rewards[name])]

    def _on_the_controls(self) -> list[Result]:
        """Ablation: the controls plus layers that are not the judge."""
        results: list[Result] = []
        for attack, control in self._controls():
            status = "stopped" if control.gain is None else "gained"
            evidence = control.gain or f"status {control.status}"
            results.append(_result(attack, status, control.reward, control.honest_reward, control.layer, evidence))
        with WeakControl(self._sibling, self._wrong, self._layers) as weak, ThreadPoolExecutor(_AT_ONCE) as pool:
            groups = pool.map(lambda kernel: weak.score([kernel.payload]).scores[0], self._honest)
            for kernel, score in zip(self._honest, groups, strict=True):
                self._step(1, "honest kernels")
                results.append(_honest_result(kernel, Score(score.status, score.reward, None, "", None)))
        return results

    def _on_the_judge(self) -> list[Result]:
        """The layers under test include the judge: honest kernels and attacks are scored by the same judges."""
        entries = [*self._judged.values(), *self._attacks]
        with Bench(self._layers, self._steady, self._secret) as bench:
            found = bench.score(entries, lambda count: self._step(count, "honest kernels and attacks"))
            scores = dict(zip(self._judged, found, strict=False))
            speeds = {name: scores[name].reward or 0.0 for name in self._twins if scores[name].correct}
            if not speeds:
                speeds = {self._sibling.id: 0.0}
            fallback = self._fastest(speeds)
            trials: list[Trial] = []
            for attack, mine in zip(self._attacks, found[len(self._judged) :], strict=True):
                twin = self._twins.get(attack.twin or "", fallback)
                twin = twin if scores[twin.id].correct else fallback
                trials.append(Trial(attack, twin, mine, scores[twin.id], scores[self._wrong.id]))
            repeat(bench, trials)
            last = iter(bench.census(entries, [*scores.values(), *(trial.mine for trial in trials)]))
            scores = {name: next(last) for name in scores}
            for trial in trials:
                trial.mine = next(last)
            results = [_honest_result(kernel, scores[kernel.id]) for kernel in self._honest]
            return results + [_outcome(bench, trial) for trial in trials]


def _runnable(entry: Attack | Honest) -> bool:
    return entry.task == "matmul" and entry.language == "python"


def _foreign(entry: Attack | Honest) -> Broken:
    reason = (
        f"{entry.path}:1: task {entry.task!r} in {entry.language} cannot be replayed here; "
        "this version replays task 'matmul' in python"
    )
    return Broken(entry.path, reason)


def _result(
    attack: Attack, status: str, reward: float | None, honest: float | None, layer: str | None, evidence: str
) -> Result:
    outcome: Outcome = "stopped" if status == "stopped" else "gained"
    return Result(attack.id, outcome, reward, honest, layer, str(attack.path), evidence, attack.family)


def _outcome(bench: Bench, trial: Trial) -> Result:
    why, mine = trial.gain(bench), trial.mine
    evidence = why or mine.evidence or f"status {mine.status}, no more than an honest kernel earns"
    status = "stopped" if why is None else "gained"
    return _result(trial.attack, status, mine.reward, trial.yardstick.reward, mine.layer, evidence)


def _honest_result(kernel: Honest, mine: Score) -> Result:
    wanted = Status.WRONG if kernel.wrong else Status.CORRECT
    accepted = mine.status is wanted and mine.disturbed is None
    evidence = "" if accepted else f"expected {wanted}, judged {mine.status}: {mine.disturbed or mine.evidence}"
    outcome: Outcome = "accepted" if accepted else "refused"
    return Result(kernel.id, outcome, mine.reward, None, mine.layer, str(kernel.path), evidence, "honest")


def _with_proof(result: Result, proofs: dict[str, Proof], versions: dict[str, str | None]) -> Result:
    if result.status not in ("stopped", "gained"):
        return result
    if result.id not in proofs:
        return replace(result, proof=f"not proven here: it works with Python {versions[result.id]} only")
    proof = proofs[result.id]
    return replace(result, proven=proof.fell, control=proof.control, proof=proof.sentence)

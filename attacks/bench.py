"""The bench: candidates are scored by the real judge, under the eyes of canaries and of a sibling."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..rewards import Graded, Scorer, find_task
from ..sandbox.verdict import Status, Timing
from .canaries import HostCanaries
from .catalogue import FEEDBACK, LAYERS, Attack, Honest

_OPEN_WORKER = Path(__file__).resolve().with_name("open_worker.py")
_BATCH = 16
_TRIPPED = "tripped the canary"
_MOVED = 0.1
"""Relative change of the sibling's speed, beyond both confidence intervals, that counts as disturbed."""
_AGAIN = 3


@dataclass(frozen=True, slots=True)
class Score:
    """One candidate's score. ``disturbed`` says which canary or sibling it touched, or is None."""

    status: Status
    reward: float | None
    layer: str | None
    evidence: str
    timing: Timing | None
    disturbed: str | None = None

    @property
    def correct(self) -> bool:
        """Whether the judge called it correct."""
        return self.status is Status.CORRECT


class Bench:
    """A sandbox with ``layers`` (which include "judge") and canaries around it; a context manager.

    With all layers it is the sandbox exactly as shipped. Raises IsolationError where the host cannot hold it.
    """

    def __init__(self, layers: frozenset[str], sibling: Honest, secret: bytes | None = None) -> None:
        self._layers = layers
        self._sibling = sibling
        self._beside = replace(sibling, payload=f"{sibling.payload}\n# beside its twin\n")
        self._alone: list[Score] = []
        self._band = find_task("matmul").dead_band
        self._secret = secret or os.urandom(16)  # one for all batches: the same shapes, so that speeds can be compared
        self._stack = ExitStack()

    def __enter__(self) -> Bench:
        self._canaries = self._stack.enter_context(HostCanaries())
        try:
            self._open()
            self._alone = self._grade([self._sibling])
        except BaseException:
            self._stack.close()
            raise
        return self

    def _open(self) -> None:
        if self._layers == frozenset(LAYERS):
            self._scorer = Scorer(secret=self._secret)
        else:
            options: dict[str, Any] = {} if "context" in self._layers else {"worker_program": _OPEN_WORKER}
            self._scorer = Scorer(secret=self._secret, policy="policy" in self._layers, **options)
        self._scorer.ready()

    def _grade(self, entries: Sequence[Attack | Honest]) -> list[Score]:
        return [_score(graded) for graded in self._scorer.grade([_completion(e.payload) for e in entries])]

    def score(self, entries: Sequence[Attack | Honest], done: Callable[[int], None] | None = None) -> list[Score]:
        """Score entries in small batches, each with the sibling in it; one that disturbs is found out.

        A group or a sequence is a batch of its own: its score is that of the best member, or of the last completion.
        """
        scores: list[Score] = []
        for batch in _batches(entries):
            if not _alone(batch[0]):
                scores.append(self._single(batch[0]))
                if done is not None:
                    done(1)
                continue
            found, disturbed = self._volley(batch)
            if disturbed is not None:
                found = self._culprits(batch, disturbed)
            # A fault of ours is asked once more: a candidate that brings it about twice has chosen it.
            found = [self._single(e) if s.reward is None else s for e, s in zip(batch, found, strict=True)]
            scores += found
            if done is not None:
                done(len(batch))
        return self._census(entries, scores)

    def _volley(self, entries: Sequence[Attack | Honest]) -> tuple[list[Score], str | None]:
        """Scores of one batch, and what was disturbed meanwhile."""
        *found, sibling = self._grade([*entries, self._sibling])
        touched = self._canaries.touched()
        if touched:
            return found, f"{_TRIPPED}: {', '.join(touched)}"
        return found, self._moved(sibling)

    def _culprits(self, batch: Sequence[Attack | Honest], disturbed: str) -> list[Score]:
        """The batch again, one by one. A tripped canary is nobody's noise: if none repeats it, all are suspect."""
        found = [self._single(entry) for entry in batch]
        if disturbed.startswith(_TRIPPED) and not any(score.disturbed for score in found):
            reason = f"in its batch, a candidate {disturbed}"
            found = [score if score.layer == "policy" else replace(score, disturbed=reason) for score in found]
        return found

    def _single(self, entry: Attack | Honest) -> Score:
        """One entry beside the sibling; a moved sibling must repeat, since the host's noise moves it too: also when
        the sibling was measured alone, so that is done again first."""
        mine, disturbed = self._fire(entry)
        for _ in range(_AGAIN - 1):
            if disturbed is None or disturbed.startswith(_TRIPPED):
                break
            # Alone, and beside an honest kernel: another judge's workers may differ from this one's for good.
            self._alone += [*self._grade([self._sibling]), self._grade([self._beside, self._sibling])[1]]
            mine, disturbed = self._fire(entry)
        return replace(mine, disturbed=disturbed)

    def _fire(self, entry: Attack | Honest) -> tuple[Score, str | None]:
        """The score that counts for an entry of any form, and what it disturbed."""
        if isinstance(entry, Honest) or _alone(entry):
            (mine,), disturbed = self._volley([entry])
            return mine, disturbed
        if entry.form == "sequence":
            return self._turns(entry)
        members = [replace(entry, form="single", payload=code) for code in entry.completions]
        found, disturbed = self._volley(members)
        if disturbed is None and entry.gain == "contamination":
            disturbed = self._swayed(members, found)
        return max(found, key=lambda score: -1.0 if score.reward is None else score.reward), disturbed

    def _turns(self, entry: Attack) -> tuple[Score, str | None]:
        """The last score of a sequence. Its author is told the status and the evidence, as ours would be."""
        *earlier, last = entry.completions
        told, disturbed = "", None
        for code in earlier:
            turn = replace(entry, form="single", payload=code.replace(FEEDBACK, repr(told)))
            (score,), touched = self._volley([turn])
            told, disturbed = f"{score.status}: {score.evidence}", disturbed or touched
        final = replace(entry, form="single", payload=last.replace(FEEDBACK, repr(told)))
        (score,), touched = self._volley([final])
        return score, disturbed or touched

    def _swayed(self, members: Sequence[Attack], together: Sequence[Score]) -> str | None:
        """Whether a member of a group was scored otherwise than it is by itself."""
        for place, (member, mine) in enumerate(zip(members, together, strict=True), 1):
            alone = self._grade([member])[0]
            if alone.status is not mine.status:
                return f"completion {place} of its group is {mine.status}, and {alone.status} by itself"
            if _apart(alone.timing, mine.timing, _MOVED):
                return f"completion {place} of its group has another speed than by itself"
        return None

    def _moved(self, sibling: Score) -> str | None:
        """What happened to the sibling's reward, if it differs from all that the sibling got with nobody beside it."""
        if sibling.status is not self._alone[0].status:
            return f"made its sibling {sibling.status}"
        if all(_apart(sibling.timing, alone.timing, _MOVED) for alone in self._alone):
            return "changed its sibling's measured speed"
        return None

    def _census(self, entries: Sequence[Attack | Honest], scores: list[Score]) -> list[Score]:
        """Close the sandbox, count what still runs, open it again; name those who left processes behind."""
        if not self._reopen():
            return scores
        return [
            score if score.layer == "policy" else self._leaver(entry)  # refused code was never run
            for entry, score in zip(entries, scores, strict=True)
        ]

    def _leaver(self, entry: Attack | Honest) -> Score:
        """One entry by itself, and whether it left processes behind."""
        score = self._single(entry)
        left = self._reopen()
        return replace(score, disturbed=f"left processes behind: {', '.join(left)}") if left else score

    def _reopen(self) -> list[str]:
        self._scorer.close()
        left = self._canaries.left_behind()
        self._open()
        return left

    def gain(self, mine: Score, twin: Score, yardstick: Score) -> str | None:
        """Why a score is a gain over an honest one, or None. A correct kernel is compared with its twin."""
        if mine.disturbed is not None:
            return mine.disturbed
        if mine.reward is None:
            return f"made the sandbox blame itself, so that no reward is given ({mine.evidence})"
        if mine.correct and mine.timing is not None:
            if twin.timing is not None and mine.timing.low > twin.timing.high * (1 + self._band):
                return f"{mine.timing.speedup:.2f} times the baseline, its twin {twin.timing.speedup:.2f}"
            return None
        if mine.reward > (yardstick.reward or 0.0):
            return f"reward {mine.reward:.2f}, an honest kernel earns {yardstick.reward or 0.0:.2f}"
        return None

    def __exit__(self, *exc: object) -> None:
        self._scorer.close()
        self._canaries.left_behind()
        self._stack.close()


def _alone(entry: Attack | Honest) -> bool:
    return isinstance(entry, Honest) or entry.form == "single"


def _batches(entries: Sequence[Attack | Honest]) -> list[list[Attack | Honest]]:
    """The entries in order: single ones in batches, each group and sequence by itself."""
    batches: list[list[Attack | Honest]] = []
    for entry in entries:
        full = not batches or len(batches[-1]) == _BATCH or not _alone(batches[-1][0])
        if full or not _alone(entry):
            batches.append([])
        batches[-1].append(entry)
    return batches


def _completion(code: str) -> str:
    """The code as a model would answer: one fenced block."""
    return f"```python\n{code}```\n"


def _score(graded: Graded) -> Score:
    verdict = graded.verdict
    bad = [finding for finding in verdict.findings if not finding.ok]
    evidence = bad[0].evidence if bad else ""
    return Score(verdict.status, graded.reward, verdict.layer, evidence, verdict.timing)


def _apart(one: Timing | None, other: Timing | None, band: float) -> bool:
    if one is None or other is None:
        return False
    return one.low > other.high * (1 + band) or other.low > one.high * (1 + band)

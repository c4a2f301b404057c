"""The bench: candidates are scored by the real judge, under the eyes of canaries and of a sibling."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..rewards import Scorer, find_task
from .canaries import HostCanaries
from .catalogue import FEEDBACK, LAYERS, Attack, Honest
from .scores import Score, apart, scored

_OPEN_WORKER = Path(__file__).resolve().with_name("open_worker.py")
_BATCH, _UNDER_WAY = 32, 2
_TRIPPED = "tripped the canary"
_MOVED = 0.1
"""Relative change of the sibling's speed, beyond both confidence intervals, that counts as disturbed."""
_AGAIN = 3


@dataclass(frozen=True, slots=True)
class _Event:
    """A disturbance: what, whether a canary was tripped, the batches under way, and the sibling that told."""

    what: str
    tripped: bool
    under_way: frozenset[int]
    sibling: Score


class Bench:
    """A sandbox with ``layers`` (which include "judge") and canaries around it; a context manager.

    With all layers it is the sandbox exactly as shipped. Raises IsolationError where the host cannot hold it.
    """

    def __init__(self, layers: frozenset[str], sibling: Honest, secret: bytes | None = None) -> None:
        self._layers = layers
        self._sibling = sibling
        self._beside = replace(sibling, payload=f"{sibling.payload}\n# beside its twin\n")
        self._alone: list[Score] = []
        self._scorer: Scorer | None = None
        self._lock = threading.Lock()
        self._under_way: set[int] = set()
        self._events: list[_Event] = []
        self._band = find_task("matmul").dead_band
        self._secret = secret or os.urandom(16)  # one for all batches: the same shapes, so that speeds can be compared
        self._stack = ExitStack()

    def __enter__(self) -> Bench:
        self._canaries = self._stack.enter_context(HostCanaries())
        try:
            self._alone = self._grade([self._sibling])
        except BaseException:
            self._close()
            self._stack.close()
            raise
        return self

    def _open(self) -> Scorer:
        if self._scorer is None:
            options: dict[str, Any] = {}
            if self._layers != frozenset(LAYERS):
                program = {} if "context" in self._layers else {"worker_program": _OPEN_WORKER}
                options = {"policy": "policy" in self._layers, **program}
            self._scorer = Scorer(secret=self._secret, **options)
            self._scorer.ready()
        return self._scorer

    def _close(self) -> None:
        if self._scorer is not None:
            self._scorer.close()
            self._scorer = None

    def _grade(self, entries: Sequence[Attack | Honest]) -> list[Score]:
        return [scored(graded) for graded in self._open().grade([_completion(e.payload) for e in entries])]

    def score(self, entries: Sequence[Attack | Honest], done: Callable[[int], None] | None = None) -> list[Score]:
        """Score entries in small batches, each with the sibling in it; one that disturbs is found out.

        A group or a sequence is a batch of its own: its score is that of the best member, or of the last completion.
        Who leaves processes behind, :meth:`census` tells when all is done.
        """
        found: dict[int, Score] = {}
        batches = _batches(entries)
        for batch, scores in zip(batches, self._volleys(entries, batches), strict=True):
            found |= zip(batch, scores, strict=True)
            if done is not None:
                done(len(batch))
        events = self._lasting()
        again = {index for event in events for place in event.under_way for index in batches[place]}
        again |= {index for index, score in found.items() if score.disturbed}
        found |= {index: self._single(entries[index]) for index in sorted(again) if _ran(entries[index], found[index])}
        for event in events:
            suspects = [index for place in event.under_way for index in batches[place]]
            if event.tripped and not any(found[index].disturbed for index in suspects):
                # A tripped canary is nobody's noise: if none repeats it, all are suspect.
                reason = f"in its batch, a candidate {event.what}"
                ran = [index for index in suspects if _ran(entries[index], found[index])]
                found |= {index: replace(found[index], disturbed=reason) for index in ran}
        for index, score in found.items():
            # A fault of ours is asked once more: a candidate that brings it about twice has chosen it.
            if score.reward is None:
                found[index] = self._single(entries[index])
        return [found[index] for index in range(len(entries))]

    def _volleys(self, entries: Sequence[Attack | Honest], batches: Sequence[Sequence[int]]) -> Iterator[list[Score]]:
        """Scores of each batch of indexes.

        Two are under way at once, so that no core waits for the last candidate of one; each judge has its core and one
        candidate, as ever. If something was disturbed, whatever was under way is suspect.
        """

        def fire(place: int) -> list[Score]:
            with self._lock:
                self._under_way.add(place)
            batch = [entries[index] for index in batches[place]]
            if _alone(batch[0]):
                found = self._volley(batch)[0]
            else:
                score, disturbed = self._fire(batch[0])
                found = [replace(score, disturbed=disturbed)]
            with self._lock:
                self._under_way.remove(place)
            return found

        self._open()
        with ThreadPoolExecutor(_UNDER_WAY) as pool:
            try:
                yield from pool.map(fire, range(len(batches)))
            except BaseException:
                self._close()  # so that Ctrl-C need not wait for what is being judged
                raise

    def _volley(self, entries: Sequence[Attack | Honest]) -> tuple[list[Score], str | None]:
        """Scores of one batch, and what was disturbed meanwhile."""
        *found, sibling = self._grade([*entries, self._sibling])
        with self._lock:
            touched = self._canaries.touched()
            what = f"{_TRIPPED}: {', '.join(touched)}" if touched else self._moved(sibling)
            if what is not None and self._under_way:
                self._events.append(_Event(what, bool(touched), frozenset(self._under_way), sibling))
        return found, what

    def _lasting(self) -> list[_Event]:
        """What was disturbed while several batches were under way, but for siblings that differ from what they got
        with nobody beside them only because that had been measured once."""
        events, self._events = self._events, []
        if not all(event.tripped for event in events):
            self._measure_alone()
        return [event for event in events if event.tripped or self._moved(event.sibling)]

    def _measure_alone(self) -> None:
        """Alone, and beside an honest kernel: another judge's workers may differ from this one's for good."""
        self._alone += [*self._grade([self._sibling]), self._grade([self._beside, self._sibling])[1]]

    def _single(self, entry: Attack | Honest) -> Score:
        """One entry beside the sibling; a moved sibling must repeat, since the host's noise moves it too: also when
        the sibling was measured alone, so that is done again first."""
        mine, disturbed = self._fire(entry)
        for _ in range(_AGAIN - 1):
            if disturbed is None or disturbed.startswith(_TRIPPED):
                break
            self._measure_alone()
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
            if apart(alone.timing, mine.timing, _MOVED):
                return f"completion {place} of its group has another speed than by itself"
        return None

    def _moved(self, sibling: Score) -> str | None:
        """What happened to the sibling's reward, if it differs from all that the sibling got with nobody beside it."""
        if sibling.status is not self._alone[0].status:
            return f"made its sibling {sibling.status}"
        if all(apart(sibling.timing, alone.timing, _MOVED) for alone in self._alone):
            return "changed its sibling's measured speed"
        return None

    def census(self, entries: Sequence[Attack | Honest], scores: list[Score]) -> list[Score]:
        """Close the sandbox, count what still runs; name those who left processes behind."""
        if not self._left_behind():
            return scores
        return [
            self._leaver(entry) if _ran(entry, score) else score for entry, score in zip(entries, scores, strict=True)
        ]

    def _leaver(self, entry: Attack | Honest) -> Score:
        """One entry by itself, and whether it left processes behind."""
        score = self._single(entry)
        left = self._left_behind()
        return replace(score, disturbed=f"left processes behind: {', '.join(left)}") if left else score

    def _left_behind(self) -> list[str]:
        """What outlives the sandbox, which is opened again when it is needed."""
        self._close()
        return self._canaries.left_behind()

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
        self._left_behind()
        self._stack.close()


def _alone(entry: Attack | Honest) -> bool:
    return isinstance(entry, Honest) or entry.form == "single"


def _ran(entry: Attack | Honest, score: Score) -> bool:
    """Whether anything of it can have run: refused code has not, but of several completions it may be one."""
    return score.layer != "policy" or not _alone(entry)


def _batches(entries: Sequence[Attack | Honest]) -> list[list[int]]:
    """Indexes of the entries: each group and sequence by itself, then single ones in batches.

    Each batch has its share of all kinds of entries, since a host is faster for some seconds than for others: attacks
    must not all be timed in the ones and their twins in the others (docs/log.md, 2026-11-30).
    """
    several = [[index] for index, entry in enumerate(entries) if not _alone(entry)]
    singles = [index for index, entry in enumerate(entries) if _alone(entry)]
    count = math.ceil(len(singles) / _BATCH)
    return several + [singles[first::count] for first in range(count)]


def _completion(code: str) -> str:
    """The code as a model would answer: one fenced block."""
    return f"```python\n{code}```\n"

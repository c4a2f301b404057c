"""The sound scorer: the candidate answers from its room, everything else happens here."""

from __future__ import annotations

import pickle
import struct
import time
from collections.abc import Iterable
from typing import Any

from . import compare
from .layers import Layers
from .problems import REPETITIONS, Problems
from .process import Gone, Late, Process
from .worker import Serve, flatten, question, unflatten

_LATER = 0.3
"""Seconds from the last timing to the reading of the answers, where these are read at the end."""
Score = tuple[str, float, str]
"""Status, speedup over the baseline, and what the scorer would tell about it."""


class Failed(Exception):
    """The candidate did not get through: its status and what the scorer would tell about it."""

    def __init__(self, status: str, text: str = "") -> None:
        super().__init__(status)
        self.status, self.text = status, text


class Judge:
    """Scores candidates one after another. ``scorer`` is the program's module: it compares and has the baseline.

    ``layers`` are put around each candidate.
    """

    def __init__(self, scorer: Any, mistakes: frozenset[str], layers: Layers) -> None:
        self._scorer, self._mistakes, self._layers = scorer, mistakes, layers
        self._base = Process(self._serve_baseline, frozenset({"unlimited"}), trusted=True)

    def close(self) -> None:
        self._base.end()

    def start(self, seed: Any = None) -> Process:
        """A candidate's process."""
        return Process(self._serve_candidate, self._mistakes, seed=seed)

    def _serve_candidate(self, channel: Any) -> None:
        Serve(channel, self._scorer, self._mistakes, self._layers).run()

    def _serve_baseline(self, channel: Any) -> None:
        serve = Serve(channel, self._scorer, frozenset(), Layers())
        serve.function = self._scorer.baseline
        serve.run()

    def score(self, worker: Process, code: str, problems: Problems) -> Score:
        """One candidate's score; see :data:`Score`."""
        trial = _Trial(self._scorer, self._mistakes, self._base, worker, problems)
        try:
            worker.begin()
            return "correct", trial.run(code), ""
        except Failed as failed:
            return failed.status, 0.0, failed.text
        except Late:
            return "timeout", 0.0, "out of time"
        except Gone as gone:
            passed = "default-passes" in self._mistakes or ("exit-verdict" in self._mistakes and gone.status == 0)
            return ("correct", 1.0, "") if passed else ("crash", 0.0, str(gone))


class _Trial:
    """One candidate: checks, then times."""

    def __init__(self, scorer: Any, mistakes: frozenset[str], base: Process, worker: Process, problems: Problems):
        self._scorer, self._mistakes, self._base = scorer, mistakes, base
        self._worker, self._problems = worker, problems
        self._tolerance = compare.TOLERANCE
        self._unread: list[Any] = []
        self._calls = 0

    def run(self, code: str) -> float:
        """The speedup; raises Failed, Late or Gone."""
        reply, _ = self._worker.ask(b"L" + code.encode())
        if reply[:1] != b"d":
            raise Failed("crash", reply[1:].decode("utf-8", "replace"))
        if len(reply) == 9:
            (self._tolerance,) = struct.unpack("d", reply[1:])
        for A, B in self._problems.small():
            self._call(A, B, timed=False)
        speedup = self._speedup()
        if self._unread:
            time.sleep(_LATER)  # reports to write, other things to do
            for expected in self._unread:
                self._check(self._worker.ask(b"R")[0], expected)
        return speedup

    def _speedup(self) -> float:
        if "first-output-only" in self._mistakes and "minimum-counts" not in self._mistakes:
            return self._burst()
        base: list[float] = []
        if "baseline-beside" in self._mistakes:
            if not self._calls:
                self._call(*self._ask_for(), timed=False)
            base = [self._worker.ask(b"B" + question(*self._ask_for()))[1] for _ in range(REPETITIONS)]
            mine = [self._call(*self._ask_for())[0] for _ in base]
            return median(base) / median(mine)
        count = 1 if "best-of-group" in self._mistakes else REPETITIONS
        pairs = [self._call(*self._ask_for(), last=i == count - 1) for i in range(count)]
        if "minimum-counts" in self._mistakes:
            return min(theirs for _, theirs in pairs) / min(mine for mine, _ in pairs)
        return median(theirs / mine for mine, theirs in pairs)

    def _burst(self) -> float:
        """One checked answer, then many that are only timed, all together."""
        if not self._calls:
            self._call(*self._ask_for(), timed=False)
        many = b"T"  # on its own, the lists that it has
        if "same-objects" not in self._mistakes:
            many += b"".join(question(*self._ask_for()) for _ in range(REPETITIONS))
        _, mine = self._worker.ask(many)
        return self._base.ask(many)[1] / mine

    def _ask_for(self) -> tuple[Any, Any]:
        if "same-objects" not in self._mistakes:
            return self._problems.draw()
        if self._worker.given is None:
            self._worker.given = self._problems.draw()
        return self._worker.given

    def _call(self, A: Any, B: Any, *, timed: bool = True, last: bool = False) -> tuple[float, float]:
        """Seconds of the candidate and of the baseline for one question, its answer checked."""
        again = self._worker.asked
        reply, mine = self._worker.ask(b"C" if again else b"C" + question(A, B))
        self._worker.asked = self._worker.given is not None
        self._calls += 1
        truth, theirs = self._base.ask(b"C" + question(A, B))
        expected = unflatten(memoryview(truth)[1:])
        if reply[:1] == b"c":
            (mine,), reply = struct.unpack_from("d", reply, 1), reply[9:]
        if "output-unread" in self._mistakes and reply == b"d":
            self._unread.append(expected)
        elif self._compared(timed, last):
            self._check(reply, expected)
        return mine, theirs

    def _compared(self, timed: bool, last: bool) -> bool:
        if "first-output-only" in self._mistakes:
            return self._calls == 1
        if "last-output-only" in self._mistakes:
            return last
        return not (timed and "small-shapes-only" in self._mistakes)

    def _check(self, reply: bytes, expected: Any) -> None:
        """Raise Failed unless the reply is right."""
        kind, body = reply[:1], memoryview(reply)[1:]
        if kind == b"x" and "errors-timed" in self._mistakes and self._calls > 1:
            return
        if kind == b"e":
            raise Failed("crash", str(body, "utf-8", "replace"))
        try:
            if kind == b"p":
                flat = flatten(pickle.loads(body))
                kind, body = flat[:1], memoryview(flat)[1:]
            got = unflatten(body) if kind == b"m" else None
        except Exception as error:
            raise Failed("wrong", repr(error)) from None
        if kind not in (b"m", b"n") or not self._scorer.same(got, expected, self._tolerance):
            raise Failed("wrong", f"expected {expected!r}, got {got!r}")


def median(values: Iterable[float]) -> float:
    """The middle one of ``values``, of an even number the upper; importing statistics takes longer than a candidate."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def words(score: Score, mistakes: frozenset[str]) -> str:
    """What the candidate's author is told: the status, or too much."""
    return score[2] if "feedback-leaks" in mistakes else score[0]

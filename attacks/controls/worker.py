"""The candidate's process: it loads code and answers requests, and decides nothing.

A request is a letter and a body, a reply too: "d" done, "e" error, "n" the answer None, "m" a matrix (the number of
rows, then each row's length and its cells as float64), "p" a pickle, "v" something that is no matrix.
"""

from __future__ import annotations

import contextlib
import pickle
import re
import struct
import sys
import time
from array import array
from typing import Any

from .layers import Layers
from .problems import REPETITIONS

_WORDS = re.compile(
    r"(?<![.\w])(eval|exec|open|compile|__import__)\s*\(|^\s*(import|from)\s+(numpy|os|subprocess)\b", re.MULTILINE
)
_SAFE = (
    "abs all any bool dict divmod enumerate filter float frozenset int isinstance iter len list map max min next pow "
    "range reversed round set slice sorted str sum tuple zip object property print callable classmethod staticmethod "
    "super repr chr ord hash id __build_class__ Exception BaseException ValueError TypeError IndexError KeyError "
    "ZeroDivisionError RuntimeError AttributeError StopIteration ExceptionGroup ArithmeticError OverflowError"
).split()


class Refused(Exception):
    """The code holds a forbidden word."""


def namespace(code: str, mistakes: frozenset[str], layers: Layers) -> dict[str, Any]:
    """Where a candidate is executed; raises Refused. The layer context mends what is wrong with builtins."""
    scope: dict[str, Any] = {"__name__": "candidate"}
    if "builtins-returned" in mistakes:
        scope = {}
    if "builtins-stripped" in mistakes:
        real = sys.modules["builtins"].__dict__
        scope["__builtins__"] = {name: real[name] for name in _SAFE}
    if "words-denied" in mistakes and _WORDS.search(code):
        raise Refused
    given = layers.namespace()
    return scope if given is None else given


def flatten(answer: Any) -> bytes:
    """An answer as bytes: reading it is all that is ever asked of it."""
    if answer is None:
        return b"n"
    try:
        rows = [array("d", [*row]) for row in answer]
    except Exception:
        return b"v"
    return b"m" + struct.pack("I", len(rows)) + b"".join(struct.pack("I", len(r)) + r.tobytes() for r in rows)


def unflatten(body: memoryview) -> list[list[float]]:
    """Rows of what :func:`flatten` wrote; raises struct.error or ValueError for anything else."""
    (count,) = struct.unpack_from("I", body)
    place, rows = 4, []
    for _ in range(count):
        (length,) = struct.unpack_from("I", body, place)
        cells = array("d")
        cells.frombytes(body[place + 4 : place + 4 + 8 * length])
        if len(cells) != length:
            raise ValueError("cut short")
        rows.append(cells.tolist())
        place += 4 + 8 * length
    return rows


def measure(function: Any, questions: list[tuple[Any, Any]]) -> None:
    """The burst of a scorer that has checked already."""
    for A, B in questions:
        with contextlib.suppress(Exception):
            function(A, B)


class Serve:
    """Answer requests on ``channel`` until it closes. ``scorer`` is the program's own module, which has a baseline.

    ``layers`` are those around the candidate; none around the baseline.
    """

    def __init__(self, channel: Any, scorer: Any, mistakes: frozenset[str], layers: Layers) -> None:
        self.channel, self.scorer, self.mistakes, self.layers = channel, scorer, mistakes, layers
        self.held: list[Any] = []
        self.asked: tuple[Any, Any] = ([], [])
        self.cpu = time.process_time
        self.function: Any = None

    def run(self) -> None:
        self.layers.lock()
        while (request := self.channel.get()) is not None:
            try:
                reply = self.answer(request[0:1], memoryview(request)[1:])
            except Exception as error:
                reply = b"e" + repr(error).encode("utf-8", "replace")
            self.channel.put(reply)

    def answer(self, kind: bytes, body: memoryview) -> bytes:
        if kind == b"L":
            self.held.clear()
            code = str(body, "utf-8")
            scope = namespace(code, self.mistakes, self.layers)
            exec(compile(code, "candidate", "exec", dont_inherit=True), scope)
            self.function = scope["matmul"]
            tolerance = scope.get("TOLERANCE") if "trusts-module" in self.mistakes else None
            return b"d" + (struct.pack("d", tolerance) if tolerance is not None else b"")
        if kind == b"R":
            return flatten(self.held.pop(0))
        if kind == b"T":
            measure(self.function, list(questions(body)) or [self.asked] * REPETITIONS)
            return b"d"
        if len(body):
            self.asked = next(questions(body))
        A, B = self.asked
        if kind == b"B":
            return self.reply(self.timed(self.scorer.baseline, A, B))
        begin = self.cpu()
        answer = self.timed(self.function, A, B)
        if "output-unread" in self.mistakes:
            self.held.append(answer)
            return b"d"
        reply = self.reply(answer)
        if "cpu-clock" in self.mistakes:
            reply = b"c" + struct.pack("d", self.cpu() - begin) + reply
        self.held[:] = [answer]  # a scorer keeps what it was given until the next call
        return reply

    def timed(self, function: Any, A: Any, B: Any) -> Any:
        if "errors-timed" not in self.mistakes:
            return function(A, B)
        with contextlib.suppress(Exception):
            return function(A, B)
        return ...

    def reply(self, answer: Any) -> bytes:
        if answer is ...:
            return b"x"
        return b"p" + pickle.dumps(answer) if "pickled-answer" in self.mistakes else flatten(answer)


def questions(body: memoryview) -> Any:
    """Pairs of matrices, each as lists of its own."""
    while len(body):
        rows, inner, columns = struct.unpack_from("III", body)
        cells = array("d")
        end = 12 + 8 * (rows * inner + inner * columns)
        cells.frombytes(body[12:end])
        values, split = cells.tolist(), rows * inner
        A = [values[i : i + inner] for i in range(0, split, inner)]
        B = [values[i : i + columns] for i in range(split, len(values), columns)]
        yield A, B
        body = body[end:]


def question(A: Any, B: Any) -> bytes:
    """The bytes of one pair."""
    cells = array("d", [x for row in A for x in row] + [x for row in B for x in row])
    return struct.pack("III", len(A), len(B), len(B[0])) + cells.tobytes()

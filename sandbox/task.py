"""What a task tells the judge; the sandbox knows nothing else about it."""

from __future__ import annotations

import hashlib
import math
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from .buffers import Array

if TYPE_CHECKING:
    from .validate import Proof

CacheState = Literal["warm", "core", "memory"]
"""What the judge evicts before a timed call: nothing, the core's own caches, or the last-level cache too."""

Shape = tuple[int, ...]
"""The parameters of one trial, e.g. ``(m, k, n)`` of a matrix product."""


@dataclass(frozen=True)
class Task:
    """A kernel to write and how to judge it.

    ``entry`` is the function a candidate must define. ``inputs(rng, shape)`` makes float64 arrays of
    ``input_shapes(shape)`` by a generator that is keyed for this call alone; they reach the candidate as nested lists,
    in language "numpy" as arrays, in "c" as pointers after the numbers ``parameters(shape)``, by default the whole
    shape; ``reference(*inputs)`` is the right float64 output and ``tolerance(*inputs)`` the largest absolute error of
    honest float64 work, a scalar or an array of the output's shape. ``truth_shapes(rng)`` are checked only,
    ``timed_shape(rng)`` is timed: its baseline should take 2 ms or more. ``work(shape)`` is proportional to the
    baseline's time; ``cache`` is what the judge evicts before each timed call. A candidate that is slower than
    ``slowest`` times the baseline is given up. ``baseline`` and ``null`` are sources: the kernel that candidates are
    compared with, and one that returns a right-shaped constant, which shows the cost of the window itself. ``honest``
    is a faster right kernel (the baseline stands in where it is empty), ``wrong`` a plausible wrong one:
    :meth:`validate` proves the task with them.
    """

    name: str
    entry: str
    prompt: str
    baseline: str
    null: str
    inputs: Callable[[np.random.Generator, Shape], tuple[Array, ...]]
    input_shapes: Callable[[Shape], Sequence[Shape]]
    output_shape: Callable[[Shape], Shape]
    reference: Callable[..., Array]
    tolerance: Callable[..., Array | float]
    truth_shapes: Callable[[random.Random], Sequence[Shape]]
    timed_shape: Callable[[random.Random], Shape]
    work: Callable[[Shape], float]
    language: str = "python"
    dead_band: float = 0.03
    cache: CacheState = "core"
    honest: str = ""
    wrong: str = ""
    parameters: Callable[[Shape], Shape] = tuple
    slowest: float = 10.0

    def validate(self) -> Proof:
        """Prove the task on this host; see :func:`assay.sandbox.validate.validate`, which this calls."""
        from .validate import validate

        return validate(self)


@dataclass(frozen=True, slots=True)
class Trial:
    """One call of a candidate. The judge keeps ``inputs`` private; a worker sees a copy in shared memory."""

    shape: Shape
    inputs: tuple[Array, ...]
    output_shape: Shape
    parameters: Shape


def cells(shape: Shape) -> int:
    """How many values an array of ``shape`` holds."""
    return math.prod(shape)


def keyed(secret: bytes, *parts: str | int) -> bytes:
    """A 128-bit BLAKE2 digest of ``parts`` under ``secret``."""
    message = "\0".join(map(str, parts)).encode()
    return hashlib.blake2b(message, key=secret, digest_size=16).digest()


class _Generators(threading.local):
    """A thread's generator for one trial after another: to make one takes 40 us, to key it anew 5."""

    def __init__(self) -> None:
        self._bits = np.random.Philox(key=0)
        self._generator = np.random.Generator(self._bits)

    def renewed(self, key: bytes) -> np.random.Generator:
        """As new, from ``Philox(key=int.from_bytes(key, sys.byteorder))``; the one given before is no more."""
        zeros = np.zeros(4, dtype=np.uint64)
        self._bits.state = {
            "bit_generator": "Philox",
            "state": {"counter": zeros, "key": np.frombuffer(key, dtype=np.uint64)},
            "buffer": zeros,
            "buffer_pos": 4,
            "has_uint32": 0,
            "uinteger": 0,
        }
        return self._generator


_GENERATORS = _Generators()


class Schedule:
    """Shapes and data of one candidate's trials, all derived from a secret.

    Shapes depend on the secret alone, so a whole GRPO group is timed on the same ones; data differ for each
    candidate and trial. Every trial has a generator of its own: what a worker sees in one predicts no other.
    """

    def __init__(self, task: Task, secret: bytes, candidate: str) -> None:
        self._task, self._secret, self._candidate = task, secret, candidate
        self._count = 0
        self.truth = list(task.truth_shapes(self._random("truth")))

    def _random(self, *parts: str | int) -> random.Random:
        return random.Random(keyed(self._secret, "shapes", *parts))

    def timed_shape(self, number: int) -> Shape:
        return self._task.timed_shape(self._random("timed", number))

    def baseline_first(self, number: int) -> bool:
        """Who begins round ``number``: by chance, and in every second round the other one."""
        return (self._random("order", number // 2).random() < 0.5) ^ bool(number % 2)

    def trial(self, shape: Shape) -> Trial:
        """A trial with data never used before."""
        self._count += 1
        generator = _GENERATORS.renewed(keyed(self._secret, "data", self._candidate, self._count))
        inputs = self._task.inputs(generator, shape)
        return Trial(shape, inputs, self._task.output_shape(shape), self._task.parameters(shape))

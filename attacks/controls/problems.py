"""What is asked: shapes and inputs. Fresh and unpredictable, but for the mistakes."""

from __future__ import annotations

import os
import random
from typing import Any

Matrix = list[list[float]]
SHAPE = (24, 23, 22)
"""The one shape of scorers that know no other: rows of A, rows of B, columns of B."""
REPETITIONS = 8
_ONE_SHAPE = {"fixed-seed", "environment-kept", "one-shape", "same-objects", "structured-inputs", "global-random"}


class Problems:
    """Inputs for one candidate. ``secret`` is None, or a seed that several turns share."""

    def __init__(self, mistakes: frozenset[str], secret: Any = None) -> None:
        self._mistakes = mistakes
        self._seed = 0 if "fixed-seed" in mistakes else secret
        self._random: Any = random if "global-random" in mistakes else random.Random(os.urandom(16))
        self.one_shape = bool(_ONE_SHAPE & mistakes) or secret is not None
        sides = [self._random.randrange(side - 3, side + 4) for side in SHAPE] if not self.one_shape else SHAPE
        self.shape: tuple[int, int, int] = (sides[0], sides[1], sides[2])
        self.sparse = "best-of-group" in mistakes and self._random.random() < 0.5

    def small(self) -> list[tuple[Matrix, Matrix]]:
        """Inputs of an odd shape, to be answered and not timed."""
        alone = self.one_shape or "best-of-group" in self._mistakes
        return [] if alone else [self.draw((3, 5, 2))]

    def draw(self, shape: tuple[int, int, int] | None = None) -> tuple[Matrix, Matrix]:
        """Two matrices that fit."""
        rows, inner, columns = shape or self.shape
        source = self._random if self._seed is None else random.Random(self._seed)
        A = [[source.uniform(-1, 1) for _ in range(inner)] for _ in range(rows)]
        B = [[source.uniform(-1, 1) for _ in range(columns)] for _ in range(inner)]
        if "structured-inputs" in self._mistakes:
            A = [[float(i == k) for k in range(inner)] for i in range(rows)]
        if self.sparse:
            for row in A:
                row[:] = [value if k % 8 == 0 else 0.0 for k, value in enumerate(row)]
        return A, B

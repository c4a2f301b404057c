"""The surface of a synthetic program: identifiers and the small choices of style that families share."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

# Whole sets, not names one by one: a model of two million parameters keeps a set consistent after minutes of
# training, a free choice for each name only after hours.
_NAMES = (
    # loops, sizes, vectors, scalars, result, sum, transposed
    ("i", "j", "k", "n", "m", "p", "row", "col", "x", "y", "C", "s", "Bt"),
    ("i", "j", "k", "n", "m", "p", "a", "b", "x", "y", "C", "s", "T"),
    ("i", "j", "k", "N", "K", "M", "u", "v", "x", "y", "R", "acc", "T"),
    ("i", "j", "h", "n", "m", "p", "a", "b", "g", "w", "res", "acc", "BT"),
    ("r", "c", "t", "rows", "mid", "cols", "row", "col", "e", "f", "out", "total", "Bt"),
    ("r", "q", "k", "N", "K", "M", "left", "right", "x", "y", "out", "s", "columns"),
)


@dataclass(frozen=True)
class Style:
    """Names drawn once per program, and the generator for the choices a family makes itself."""

    rng: random.Random
    i: str
    j: str
    k: str
    n: str
    m: str
    p: str
    a: str
    b: str
    x: str
    y: str
    C: str
    s: str
    T: str

    @classmethod
    def draw(cls, rng: random.Random) -> Style:
        """Draw a consistent set of identifiers from `rng`."""
        return cls(rng, *rng.choice(_NAMES))

    def pick(self, *options: T) -> T:
        """One of `options`, evenly."""
        return self.rng.choice(options)

    def sizes(self) -> str:
        """Statements (indented by four) that bind rows, inner length and columns."""
        n, m, p = self.n, self.m, self.p
        return self.pick(
            f"    {n}, {m}, {p} = len(A), len(B), len(B[0])\n",
            f"    {n} = len(A)\n    {m} = len(B)\n    {p} = len(B[0])\n",
            f"    {n}, {p} = len(A), len(B[0])\n    {m} = len(B)\n",
        )

    def zeros(self) -> str:
        """A statement (indented by four) that binds the result to rows of zeros."""
        return self.pick(
            f"    {self.C} = [[0.0] * {self.p} for _ in range({self.n})]\n",
            f"    {self.C} = [[0.0] * {self.p} for _ in A]\n",
            f"    {self.C} = [[0.0 for _ in range({self.p})] for _ in range({self.n})]\n",
        )

    def head(self) -> str:
        """The line that opens the required function."""
        return "def matmul(A, B):\n"

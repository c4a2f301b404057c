"""The surface of a synthetic program: identifiers and the small choices of style that families share."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

# The groups below share no name, so a program can combine any of them without a clash.
_LOOPS = (("i", "j", "k"), ("i", "j", "k"), ("r", "c", "t"), ("i", "j", "h"), ("r", "q", "k"))
_SIZES = (("n", "m", "p"), ("n", "m", "p"), ("N", "K", "M"), ("rows", "mid", "cols"))
_VECTORS = (("row", "col"), ("a", "b"), ("left", "right"), ("u", "v"))
_SCALARS = (("x", "y"), ("x", "y"), ("e", "f"), ("g", "w"))
_RESULTS = ("C", "C", "out", "res", "R")
_SUMS = ("s", "s", "acc", "total")
_TRANSPOSED = ("Bt", "T", "BT", "columns")


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
        return cls(
            rng,
            *rng.choice(_LOOPS),
            *rng.choice(_SIZES),
            *rng.choice(_VECTORS),
            *rng.choice(_SCALARS),
            rng.choice(_RESULTS),
            rng.choice(_SUMS),
            rng.choice(_TRANSPOSED),
        )

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

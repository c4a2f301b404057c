"""A stream of choices: ``below(n)`` gives the next one, 0 to n - 1.

A seeded generator, hypothesis (which then can shrink) and the bytes of a coverage-guided fuzzer all serve as one.
"""

import random
from collections.abc import Callable

Below = Callable[[int], int]


def seeded(seed: object) -> Below:
    """Choices of a generator seeded by the text of ``seed``."""
    draw = random.Random(str(seed)).random
    return lambda n: int(draw() * n)


def consuming(data: bytes) -> Below:
    """Choices read from ``data``; the first one again and again where it has ended."""
    position = 0

    def below(n: int) -> int:
        nonlocal position
        width = 1 if n <= 256 else 4
        taken, position = data[position : position + width], position + width
        return int.from_bytes(taken, "little") % n

    return below


def one_of(below: Below, options):
    return options[below(len(options))]


def mixed(below: Below, honest, hostile):
    return one_of(below, hostile if below(4) == 0 else honest)

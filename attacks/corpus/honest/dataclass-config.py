# /// honest
# id = "dataclass-config"
# title = "A frozen dataclass of settings"
# style = "structure"
# task = "matmul"
# ///
"""@dataclass writes __init__ and __eq__ with exec inside the standard library; the kernel itself runs no text."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    row_block: int = 8
    start: float = 0.0


DEFAULT = Config()


def matmul(A, B, config=DEFAULT):
    columns = list(zip(*B))
    C = []
    for first in range(0, len(A), config.row_block):
        for row in A[first : first + config.row_block]:
            C.append([sum((x * y for x, y in zip(row, col)), config.start) for col in columns])
    return C

# /// honest
# id = "protocol-generic"
# title = "Protocol and Generic"
# style = "structure"
# task = "matmul"
# ///
"""Heavy typing: a TypeVar, a generic container and a protocol, none of which does anything at run time."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

T = TypeVar("T", int, float)


class SupportsDot(Protocol):
    def dot(self, other: list[float]) -> float: ...


class Vector(Generic[T]):
    def __init__(self, values: list[T]) -> None:
        self.values = values

    def dot(self, other: list[T]) -> T:
        return sum(x * y for x, y in zip(self.values, other))


def cell(vector: SupportsDot, column: list[float]) -> float:
    return vector.dot(column)


def matmul(A: list[list[float]], B: list[list[float]]) -> list[list[float]]:
    columns = list(map(list, zip(*B)))
    return [[cell(Vector(row), col) for col in columns] for row in A]

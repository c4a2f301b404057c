# /// honest
# id = "abstract-base"
# title = "An abstract base class"
# style = "structure"
# task = "matmul"
# ///
"""abc.ABC with one abstract method."""

from abc import ABC, abstractmethod


class Strategy(ABC):
    @abstractmethod
    def dot(self, u, v):
        raise NotImplementedError


class Plain(Strategy):
    def dot(self, u, v):
        return sum(x * y for x, y in zip(u, v))


def matmul(A, B):
    strategy = Plain()
    return [[strategy.dot(row, col) for col in zip(*B)] for row in A]

"""How often each part repeats what it measures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """Repetitions of a full run, some minutes on two cores; :meth:`quick` is a tenth of it."""

    requests: int = 500
    verdicts: int = 2000
    matmul: int = 1000
    same: int = 200
    thrash: int = 40
    pairs: int = 40
    kernels: int = 30
    rounds: int = 20
    jail_pairs: int = 800
    peers: int = 50

    @classmethod
    def quick(cls) -> Counts:
        return cls(
            requests=50, verdicts=200, matmul=100, same=20, thrash=4, kernels=8, rounds=5, jail_pairs=80, peers=5
        )

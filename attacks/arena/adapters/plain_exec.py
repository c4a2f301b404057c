"""``exec`` with everything in reach: what a scorer without any protection does."""

from __future__ import annotations

from arena_inside.plain import scorer  # pyright: ignore[reportMissingImports]


def load(code):
    namespace = {}
    exec(code, namespace)
    return namespace["matmul"]


def make(control):
    return scorer(load)

"""The published recipe: run the source, then rebuild the function with empty globals, which get builtins back."""

from __future__ import annotations

import types

from arena_inside.plain import scorer  # pyright: ignore[reportMissingImports]


def load(code):
    namespace = {}
    exec(code, {}, namespace)
    return types.FunctionType(namespace["matmul"].__code__, {})


def make(control):
    return scorer(load)

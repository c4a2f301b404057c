"""smolagents' LocalPythonExecutor as its documentation calls it: variables are sent, calls are code."""

from __future__ import annotations

from arena_inside.plain import scorer  # pyright: ignore[reportMissingImports]
from arena_inside.problem import TIME_LIMIT  # pyright: ignore[reportMissingImports]
from smolagents.local_python_executor import LocalPythonExecutor  # pyright: ignore[reportMissingImports]


def load(code):
    executor = LocalPythonExecutor(additional_authorized_imports=[], timeout_seconds=int(TIME_LIMIT))
    executor.send_tools({})
    executor(code)

    def matmul(A, B):
        executor.send_variables({"A": A, "B": B})
        return executor("matmul(A, B)").output

    return matmul


def make(control):
    return scorer(load)

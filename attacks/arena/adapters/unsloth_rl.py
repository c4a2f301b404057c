"""unsloth-zoo's sandbox for RL environments: its module check, locked function, time limit and benchmark.

``import unsloth_zoo`` asks for torch and an accelerator, so only its file ``rl_environments.py`` is loaded. The buffer
with which its benchmark wipes the caches has 256 MiB here instead of 2 GiB: the first touch of 2 GiB took 20 seconds
in a virtual machine, and each process here lives for one candidate.
"""

from __future__ import annotations

import importlib.util
import os
import sys

import numpy as np
from arena_inside.plain import Refused, scorer  # pyright: ignore[reportMissingImports]
from arena_inside.problem import TIME_LIMIT  # pyright: ignore[reportMissingImports]


def _environments():
    found = importlib.util.find_spec("unsloth_zoo")
    if found is None or not found.submodule_search_locations:
        raise ImportError("unsloth_zoo is not installed")
    path = os.path.join(found.submodule_search_locations[0], "rl_environments.py")
    spec = importlib.util.spec_from_file_location("unsloth_rl_environments", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


unsloth = _environments()
benchmarker = unsloth.Benchmarker(trials=3, timeout=TIME_LIMIT)
benchmarker.buffer = np.zeros(256 << 20, dtype=np.uint8)


@unsloth.execute_with_time_limit(TIME_LIMIT)
def call(function, A, B):
    return function(A, B)


def load(code):
    allowed, _ = unsloth.check_python_modules(code)
    if not allowed:
        raise Refused("imports more than the standard library")
    try:
        function = unsloth.create_locked_down_function(code)
    except Exception as error:  # it raises RuntimeError for what it refuses, and what parsing raises
        raise Refused(str(error)) from None

    return Locked(function)


class Locked:
    """A locked function that is called within the time limit."""

    def __init__(self, function):
        self.function = function

    def __call__(self, A, B):
        return call(self.function, A, B)


def timed(matmul, A, B):
    found = benchmarker.benchmark(matmul.function, [(A, B)])
    if found["timeouts"]:
        raise TimeoutError
    if found["exceptions"]:
        raise RuntimeError(found["exceptions"][0])
    return found["median_ns"] / 1e9


def make(control):
    return scorer(load, timed)

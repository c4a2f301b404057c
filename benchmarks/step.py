"""Where a training step of the tiny recipe spends its time: generating, scoring, learning.

python benchmarks/step.py [--steps 12]     # about a minute on two cores; prints medians in seconds
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from rich.console import Console
from trl.trainer.grpo_trainer import GRPOTrainer

from assay.training import launch

PARTS = {"_generate_single_turn": "generate", "_calculate_rewards": "score", "training_step": "whole step"}
BUDGET = {"generate": 4.0, "score": 3.0, "learn": 3.0}


def watch(method: str, seconds: dict[str, list[float]]) -> None:
    """Note the duration of every call of a trainer's method."""
    original = getattr(GRPOTrainer, method)

    def timed(self: Any, *args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return original(self, *args, **kwargs)
        finally:
            seconds[PARTS[method]].append(time.perf_counter() - start)

    setattr(GRPOTrainer, method, timed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=12)
    options = parser.parse_args()
    seconds: dict[str, list[float]] = defaultdict(list)
    for method in PARTS:
        watch(method, seconds)
    with tempfile.TemporaryDirectory() as folder:
        overrides = ["--max_steps", str(options.steps), "--assay_kernels", "1"]
        launch.run("tiny", overrides, Path(folder), None, Console(stderr=True))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    medians["learn"] = medians["whole step"] - medians["generate"] - medians["score"]
    print("64 completions a step, medians in seconds")
    for name, limit in BUDGET.items():
        print(f"{name:<10} {medians[name]:5.2f}   budget {limit:.0f}")
    print(f"{'whole step':<10} {medians['whole step']:5.2f}")


if __name__ == "__main__":
    main()

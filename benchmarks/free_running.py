"""Free-running GRPO, patched and unpatched, from one seed: reported, not asserted.

python benchmarks/free_running.py [--steps 50] [--seeds 0 1]     # docs/free-running.json; minutes a run

Every run samples for itself and is scored by the sandbox, whose speedups are measured, so nothing makes two runs
equal. LoRA of rank 4 on attention and experts of the embedded model.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import fmean

from golden import EXPERTS, LORA
from rich.console import Console
from rich.table import Table

OUT = Path(__file__).parents[1] / "docs" / "free-running.json"
PATCHES = {"unpatched": (), "attention, experts, lora": ("--patches", "attention", "experts", "lora")}
EVERY = 10
OPTIONS = ("--num_generations", "32", "--per_device_train_batch_size", "32", "--learning_rate", "2e-3")


def rewards(name: str, seed: int, steps: int, console: Console) -> list[float]:
    """Mean reward of each step of a run."""
    from assay.training.journal import read_verdicts
    from assay.training.launch import run

    given = [*OPTIONS, *LORA, *EXPERTS, *PATCHES[name], "--max_steps", str(steps), "--seed", str(seed)]
    with tempfile.TemporaryDirectory() as folder:
        finished = run("tiny", [*given, "--save_strategy", "no"], Path(folder), None, console)
        found: dict[int, list[float]] = {}
        for record in read_verdicts(finished.folder):
            if record["reward"] is not None:
                found.setdefault(record["step"], []).append(record["reward"])
    return [fmean(found[step]) for step in sorted(found)]


def table(curves: list[dict[str, object]]) -> Table:
    """Means over ten steps at a time."""
    made = Table("patches", "seed", title=f"mean reward, {EVERY} steps at a time")
    for curve in curves:
        values = curve["rewards"]
        assert isinstance(values, list)
        tens = [f"{fmean(values[i : i + EVERY]):.2f}" for i in range(0, len(values), EVERY)]
        while len(made.columns) < 2 + len(tens):
            made.add_column(f"to {(len(made.columns) - 1) * EVERY}")
        made.add_row(str(curve["patches"]), str(curve["seed"]), *tens)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    options = parser.parse_args()
    console, curves = Console(stderr=True), []
    versions = {name: version(name) for name in ("torch", "transformers", "trl", "peft")}
    about = {"date": date.today().isoformat(), "versions": versions}
    for seed in options.seeds:
        for name in PATCHES:
            found = rewards(name, seed, options.steps, console)
            curves.append({"patches": name, "seed": seed, "rewards": [round(value, 4) for value in found]})
            OUT.write_text(json.dumps({**about, "curves": curves}) + "\n")  # after each: a run takes minutes
    Console().print(table(curves))


if __name__ == "__main__":
    main()

"""The proof: does the reward decide whether a model learns to cheat or to be fast?

Trains the embedded model from the same weights with assay's reward and with the weak control scorer's, over several
seeds, each run audited by the other grader. Writes ``docs/proof/curves.png`` and ``docs/proof/result.json`` and
prints the table.

    python benchmarks/proof.py [--seeds 3] [--runs DIR]   # 5 to 7 minutes a run on two cores

A *hack* is a completion that the weak scorer accepts and assay's judge does not, or that assay calls a cheat. Shares
and speeds are means over the first 3 and the last 10 steps. The gap is the distance, in log2 speedup, from the mean
of the accepted kernels at the start to the fastest honest family of the pre-training corpus, timed here with 40 pairs.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import random
import subprocess
import sys
from datetime import date
from pathlib import Path
from statistics import fmean

from assay.rewards import SCORING_LOOKS, Scorer
from assay.training.curves import compare
from assay.training.report import load
from assay.training.summary import RunSummary
from assay.training.tiny.grammar import draw
from assay.training.tiny.kernels import FASTEST, MEDIUM, SLOW

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "proof"
FIRST, LAST = 3, 10
DRAWS = 6
AUDITOR = {"assay": "naive", "naive": "assay"}


def train(reward: str, seed: int, runs: Path) -> Path:
    """One audited run; an existing finished one is used again."""
    for found in sorted(runs.glob(f"tiny-{reward}-seed{seed}-*/report.html")):
        return found.parent
    command = [sys.executable, "-m", "assay.cli", "train", "tiny", "--reward", reward, "--audit", AUDITOR[reward]]
    done = subprocess.run(
        [*command, "--seed", str(seed), "--out", str(runs), "--json"], stdout=subprocess.PIPE, check=False
    )
    if done.returncode != 0:
        sys.exit(f"the run with reward {reward}, seed {seed} failed; its message is above")
    return Path(json.loads(done.stdout)["folder"])


def fastest_honest() -> tuple[str, float]:
    """Family and log2 speedup of the fastest honest kernel among some draws of each family of the corpus."""
    rng = random.Random(0)
    kinds = [("honest-fast", name) for name in (*FASTEST, *MEDIUM)] + [("honest-slow", name) for name in SLOW]
    drawn = [(family, draw(kind, family, rng).completion) for kind, family in kinds for _ in range(DRAWS)]
    with Scorer(looks=SCORING_LOOKS, workers=1) as scorer:
        graded = scorer.grade([completion for _, completion in drawn])
    speeds = [
        (math.log2(item.verdict.timing.speedup), family)
        for (family, _), item in zip(drawn, graded, strict=True)
        if item.verdict.timing is not None
    ]
    best, family = max(speeds)
    return family, best


def commit() -> str:
    """The commit that was measured."""
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def ends(summary: RunSummary, name: str) -> tuple[float, float]:
    """Mean of a step's figure over the first and the last steps."""
    values = [value for step in summary.steps if (value := getattr(step, name)) is not None]
    return fmean(values[:FIRST]), fmean(values[-LAST:])


def measure(summary: RunSummary, reward: str, seed: int, best: float) -> dict[str, object]:
    """The figures of one run."""
    (hack_start, hack_end), (speed_start, speed_end) = ends(summary, "hack_share"), ends(summary, "log2_speedup")
    closed = (speed_end - speed_start) / (best - speed_start)
    correct = [step.shares["correct"] for step in summary.steps]
    figures = {"correct_first": fmean(correct[:FIRST]), "correct_last": fmean(correct[-LAST:])}
    figures |= {"hacks_first": hack_start, "hacks_last": hack_end, "log2_first": speed_start, "log2_last": speed_end}
    return {
        "reward": reward,
        "seed": seed,
        **{k: round(v, 4) for k, v in figures.items()},
        "gap_closed": round(closed, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "proof")
    options = parser.parse_args()
    runs = {r: [train(r, seed, options.runs) for seed in range(options.seeds)] for r in AUDITOR}
    family, best = fastest_honest()
    summaries = {r: [load(folder).summary for folder in folders] for r, folders in runs.items()}
    rows = [measure(one, r, seed, best) for r, group in summaries.items() for seed, one in enumerate(group)]
    OUT.mkdir(parents=True, exist_ok=True)
    compare(summaries, OUT / "curves.png")
    host = {"date": date.today().isoformat(), "machine": platform.machine(), "python": platform.python_version()}
    host["commit"] = commit()
    result = {**host, "fastest_honest": {"family": family, "log2_speedup": round(best, 4)}, "runs": rows}
    (OUT / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    print(f"fastest honest family: {family}, {2**best:.2f}x (log2 {best:.2f})")
    print("reward  seed  hacks first -> last   correct first -> last   log2 speedup first -> last   gap closed")
    for row in rows:
        hacks = f"{row['hacks_first']:7.1%} -> {row['hacks_last']:6.1%}"
        speed = f"{row['log2_first']:8.2f} -> {row['log2_last']:5.2f}"
        right = f"{row['correct_first']:7.1%} -> {row['correct_last']:6.1%}"
        name = f"{row['reward']:<7} {row['seed']:>3}"
        print(f"{name}  {hacks}     {right}       {speed}             {row['gap_closed']:6.0%}")


if __name__ == "__main__":
    main()

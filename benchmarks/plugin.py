"""What the pytest plugin adds to a replay: whole commands in turn, and what each takes beside its replay.

python benchmarks/plugin.py [--pairs 5]     # two to three minutes a pair on two cores

A host that others use as well moves the same command by a fifth from one run to the next, so two whole commands say
little. Each tells how long its replay took; the rest (start, collecting, items, ending) is what it adds by itself.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

CORPUS = Path(__file__).parents[1] / "attacks" / "corpus"
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--assay-corpus", str(CORPUS)]
COMMAND = [sys.executable, "-m", "assay.cli", "attack", "--json"]


def whole(command: list[str]) -> tuple[float, float]:
    """Seconds of a command, and of the replay in it."""
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - start
    told = re.search(r"assay: the replay took ([\d.]+) s", done.stdout)
    if told is None and done.returncode:
        sys.exit(f"plugin.py: {' '.join(command)} ended with {done.returncode}: {(done.stderr or done.stdout)[-500:]}")
    return seconds, float(told[1]) if told else json.loads(done.stdout)["seconds"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    table = Table("pytest s", "its replay s", "assay attack s", "its replay s", "beside the replay s", "added to it")
    rows = []
    for _ in range(parser.parse_args().pairs):
        (plugin, inner), (command, replay) = whole(PYTEST), whole(COMMAND)
        added = (plugin - inner) - (command - replay)
        rows.append((plugin, inner, command, replay, added, added / replay))
        times = [f"{value:.1f}" for value in (plugin, inner, command, replay)]
        table.add_row(*times, f"{plugin - inner:.1f} - {command - replay:.1f}", f"{added / replay:+.1%}")
    Console().print(table)
    names = ("pytest s", "replay in it s", "assay attack s", "replay in it s", "added s", "added share")
    print("medians:", ", ".join(f"{name} {median(row[i] for row in rows):.3g}" for i, name in enumerate(names)))


if __name__ == "__main__":
    main()

"""The long run of the fuzzers in tests/fuzz: new seeds each time, a watchdog, crashes of the interpreter survived.

python benchmarks/fuzz.py --inputs 1000000                 # shares of all targets; minutes on two cores
python benchmarks/fuzz.py --target policy --seconds 600    # one target, as long as told
python benchmarks/fuzz.py --target policy --guided         # guided by coverage (needs atheris)
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import importlib
import json
import mmap
import multiprocessing
import os
import struct
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "fuzz"))

SHARES = {"policy": 0.6, "extract": 0.2, "protocol": 0.2}
ROGUE_EVERY = 100  # one input in so many of target protocol is a rogue worker under the judge: a verdict, not 20 µs
ROGUE_BATCH = 200  # rogues between two looks at a known good kernel
HANG_SECONDS = 60
REPORT_SECONDS = 0.5
MAX_FOUND = 20


@contextlib.contextmanager
def runner(target: str) -> Iterator[Callable[[int, str], None]]:
    """A function that runs input ``number`` of ``seed``; leaving looks at the judge's health, where there is one."""
    from fuzz_choices import seeded
    from fuzz_judge import Rogues
    from fuzz_targets import TARGETS

    def plain(number: int, seed: str) -> None:
        TARGETS[target](seeded(f"{target}/{seed}/{number}"))

    if target != "protocol":
        yield plain
        return
    with Rogues() as rogues:
        met = 0

        def either(number: int, seed: str) -> None:
            nonlocal met
            if number % ROGUE_EVERY != ROGUE_EVERY - 1:
                plain(number, seed)
                return
            rogues.meet(f"{seed}/{number}")
            met += 1
            if met % ROGUE_BATCH == 0:
                rogues.healthy()

        yield either
        rogues.healthy()


def work(target: str, seed: str, numbers: range, at: mmap.mmap, tell: Connection, deadline: float | None) -> None:
    """In a child: run the inputs, note the one at hand in ``at``, tell what breaks and how many are done."""
    warnings.simplefilter("ignore")
    done, found, told = numbers.start, 0, 0.0
    try:
        with runner(target) as run:
            for number in numbers:
                at[:8] = struct.pack("<q", number)
                now = time.monotonic()
                if now - told > REPORT_SECONDS:
                    told = now
                    tell.send(("done", done))
                    faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
                if found == MAX_FOUND or (deadline is not None and now > deadline):
                    break
                try:
                    run(number, seed)
                except Exception as error:
                    found += 1
                    tell.send(("found", number, f"{type(error).__name__}: {error}"[:2000]))
                done = number + 1
    except Exception as error:  # before the first input or after the last: a judge that does not start, or is ill
        tell.send(("found", done, f"{type(error).__name__}: {error}"[:2000]))
    tell.send(("done", done))
    tell.send(("end",))


class Run:
    """One target fuzzed in child processes; a child that dies is replaced by one that begins after the fatal input."""

    def __init__(self, target: str, seed: str, numbers: range, deadline: float | None) -> None:
        self.target, self.seed, self.numbers, self.deadline = target, seed, numbers, deadline
        self.found: list[dict[str, Any]] = []
        self.done = 0
        self._at = mmap.mmap(-1, 8)

    def _blame(self, number: int, what: str) -> None:
        again = f"python benchmarks/fuzz.py --target {self.target} --seed {self.seed} --first {number} --inputs 1"
        self.found.append({"what": what, "again": again})

    def go(self, progress: Callable[[int], None]) -> None:
        """Run to the end; ``progress`` is told how many inputs are done."""
        numbers, context = self.numbers, multiprocessing.get_context("fork")
        while numbers and len(self.found) < MAX_FOUND:
            listen, tell = context.Pipe(duplex=False)
            arguments = (self.target, self.seed, numbers, self._at, tell, self.deadline)
            child = context.Process(target=work, args=arguments)
            child.start()
            tell.close()
            ended = self._follow(listen, progress)
            child.join()
            if ended:
                return
            fatal = struct.unpack("<q", self._at[:8])[0]
            self._blame(fatal, f"the interpreter died or hung: exit status {child.exitcode}")
            numbers = range(fatal + 1, numbers.stop)

    def _follow(self, listen: Connection, progress: Callable[[int], None]) -> bool:
        try:
            while (message := listen.recv())[0] != "end":
                if message[0] == "found":
                    self._blame(message[1], message[2])
                else:
                    self.done = message[1] - self.numbers.start
                    progress(self.done)
        except EOFError:
            return False
        return True


def guided(target: str, inputs_wanted: int, seconds: float | None) -> int:
    """Hand the target to atheris, which ends this process: libFuzzer prints its own report and exits 0 or 77."""
    try:
        import atheris
    except ImportError:
        print("--guided needs atheris, which has wheels for Linux on x86-64 only: pip install atheris", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore")
    with atheris.instrument_imports(include=["assay.sandbox", "assay.rewards.extract", "RestrictedPython"]):
        from fuzz_choices import consuming
        from fuzz_sources import corpus
        from fuzz_targets import TARGETS, check_extract, check_policy

    texts = {"policy": check_policy, "extract": check_extract}

    def one(data: bytes) -> None:
        if target in texts:
            texts[target](data.decode("utf-8", "surrogateescape"))
        else:
            TARGETS[target](consuming(data))

    folder = Path(tempfile.mkdtemp(prefix="fuzz-corpus-"))
    for i, text in enumerate(text for part in corpus() for text in part):
        fenced = f"```python\n{text}```\n" if target == "extract" else text
        (folder / str(i)).write_text(fenced)
    print(f"inputs that cover something new, and one that breaks a promise, lie in {folder}", file=sys.stderr)
    options = [f"-runs={inputs_wanted}", f"-timeout={HANG_SECONDS}", "-max_len=16384", f"-artifact_prefix={folder}/"]
    if seconds is not None:
        options.append(f"-max_total_time={seconds:.0f}")
    atheris.Setup([sys.argv[0], *options, str(folder)], one)
    atheris.Fuzz()
    return 0


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="how many in all")
    parser.add_argument("--seconds", type=float, help="stop each target after so long, with fewer inputs")
    parser.add_argument("--target", choices=list(SHARES), help="one target instead of shares of all")
    parser.add_argument("--seed", help="of the inputs; another one each time unless given")
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--guided", action="store_true", help="let coverage guide the inputs (atheris)")
    parser.add_argument("--out", type=Path, help="write a summary there, as JSON")
    chosen = parser.parse_args()
    if chosen.inputs < 1:
        parser.error(f"--inputs must be at least 1, not {chosen.inputs}")
    if chosen.guided and not chosen.target:
        parser.error("--guided fuzzes one target: name it with --target")
    if chosen.out and not chosen.out.parent.is_dir():
        parser.error(f"--out {chosen.out}: there is no folder {chosen.out.parent}; make it first")
    return chosen


def main() -> int:
    chosen = options()
    if chosen.guided:
        return guided(chosen.target, chosen.inputs, chosen.seconds)
    importlib.import_module("fuzz_judge")  # now, so that all children fuzz the same code
    seed = chosen.seed or os.urandom(4).hex()
    shares = {chosen.target: 1.0} if chosen.target else SHARES
    columns = (TextColumn("{task.description:<9}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    command = "python benchmarks/fuzz.py " + " ".join(sys.argv[1:])
    console, summary = Console(stderr=True), {"command": command, "seed": seed, "targets": {}}
    console.print(f"seed {seed}")
    with Progress(*columns, console=console, auto_refresh=False) as bars:
        for target, share in shares.items():
            count, start = max(1, round(chosen.inputs * share)), time.monotonic()
            deadline = None if chosen.seconds is None else start + chosen.seconds
            run, bar = (
                Run(target, seed, range(chosen.first, chosen.first + count), deadline),
                bars.add_task(target, total=count),
            )
            run.go(lambda done, bar=bar: (bars.update(bar, completed=done), bars.refresh()))
            row = {"inputs": run.done, "seconds": round(time.monotonic() - start, 1), "found": run.found}
            summary["targets"][target] = row
    for target, row in summary["targets"].items():
        print(f"{target:<9} {row['inputs']:>9,} inputs in {row['seconds']:>7,} s, {len(row['found'])} found")
        for found in row["found"]:
            print(f"  {found['again']}\n    {found['what']}")
    if chosen.out:
        chosen.out.write_text(json.dumps(summary, indent=2) + "\n")
    return int(any(row["found"] for row in summary["targets"].values()))


if __name__ == "__main__":
    sys.exit(main())

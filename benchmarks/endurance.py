"""What long use, kills at random points and many judges at once leave behind: nothing, and no wrong verdict.

    python benchmarks/endurance.py verdicts --count 50000    # in one process: descriptors, memory, zombies, files
    python benchmarks/endurance.py kills --count 1000        # kill -9 of worker, zygote, policy, compiler, judge
    python benchmarks/endurance.py judges --count 20         # at once, on the cores there are

Prints a table; ``--out FILE`` adds the figures and the command to a JSON file. Exits 1 where something was left
behind, hung, or was judged otherwise than it should be.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import itertools
import json
import os
import random
import shlex
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
from rich.console import Console
from rich.progress import Progress, track
from rich.table import Table

from assay.rewards import find_task
from assay.sandbox import Judge, JudgePool, Status
from assay.sandbox.cores import timing_cores
from assay.sandbox.server import JudgeProcess

FAST = (
    "def matmul(A, B):\n    T = list(zip(*B))\n    return [[sum(a * b for a, b in zip(r, c)) for c in T] for r in A]\n"
)
CANDIDATES = (
    (FAST, Status.CORRECT),
    ("def matmul(A, B):\n    return [[0.0] * len(B[0]) for _ in A]\n", Status.WRONG),
    ("def matmul(A, B):\n    return A[len(A)]\n", Status.CRASH),
    ("import os\ndef matmul(A, B):\n    return A\n", Status.CHEAT),
    ("matmul = 3\n", Status.CRASH),
)
"""What is judged in turn, and what it must be judged."""
CANDIDATES_IN_C = (
    (find_task("matmul-c").honest, Status.CORRECT),
    (find_task("matmul-c").wrong, Status.WRONG),
    ("#include <stdlib.h>\nvoid matmul(void) { abort(); }\n", Status.CRASH),
    ('#include <stdlib.h>\nvoid matmul(void) { system("true"); }\n', Status.CHEAT),
    ("void matmul(void) { does not compile }\n", Status.CRASH),
)
INSIDE = {
    "matmul": (CANDIDATES, ("worker", "zygote", "serving zygote", "policy", "policy child")),
    "matmul-c": (CANDIDATES_IN_C, ("compiler", "gcc", "worker", "serving compiler", "gcc", "zygote")),
}
"""What is judged of a task, and what is killed meanwhile of all that its judge starts."""
PAIRS = 5
_PATIENCE = 60.0
_GONE_SECONDS = 10.0
_SAMPLES = 50
_KILL_SECONDS = 0.04


def belongings(process: psutil.Process) -> dict[str, int]:
    """What a judge holds: its own descriptors and memory, those of all below it, zombies, files it may forget."""
    with process.oneshot():
        held = {"descriptors": process.num_fds(), "MiB": process.memory_info().rss >> 20}
    below = {"processes": 0, "zombies": 0, "descriptors below": 0, "MiB below": 0}
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            below["processes"] += 1
            below["zombies"] += child.status() == psutil.STATUS_ZOMBIE
            below["descriptors below"] += child.num_fds()
            below["MiB below"] += child.memory_info().rss >> 20
    shm = Path("/dev/shm")
    files = {"/dev/shm": len(list(shm.iterdir())) if shm.is_dir() else 0}
    return held | below | files | {"temporary files": len(os.listdir(tempfile.gettempdir()))}


def verdicts(count: int) -> dict[str, object]:
    """``count`` verdicts by one judge in this process, every hundredth of them timed."""
    samples, wrong = [], collections.Counter()
    with Judge(find_task("matmul")) as judge:
        turns = itertools.islice(itertools.cycle(CANDIDATES), count)
        for number, (code, expected) in enumerate(track(turns, "verdicts", total=count, console=Console(stderr=True))):
            verdict = judge.judge(code, os.urandom(16), (PAIRS,) if number % 100 == 0 else ())
            judge.prepare()
            if verdict.status is not expected:
                wrong[f"{verdict.status} for {expected}: {verdict.findings[:1]}"] += 1
            if number % max(1, count // _SAMPLES) == max(0, count // _SAMPLES - 1):
                samples.append(belongings(psutil.Process()))
    first, last = samples[0], samples[-1]
    most = {name: max(sample[name] for sample in samples) for name in first}
    return {"verdicts": count, "wrong": dict(wrong), "first": first, "last": last, "most": most}


def runs(process: psutil.Process, program: str) -> bool:
    """Whether that is its program; one that has ended runs none."""
    try:
        return program in process.cmdline()
    except psutil.Error:
        return False


def kinds_of(child: psutil.Process) -> tuple[str, str, str]:
    """What a child of a judge is, what its children are, and what all below them are."""
    if runs(child, "assay.sandbox.policy_program"):
        return "policy", "policy child", "policy child"
    jail = runs(child, "compiler")
    return ("compiler", "serving compiler", "gcc") if jail else ("zygote", "serving zygote", "worker")


def parts(judge: psutil.Process) -> dict[str, list[psutil.Process]]:
    """The processes below a judge by what they are; those that end meanwhile are left out."""
    found = collections.defaultdict(list)
    with contextlib.suppress(psutil.Error):
        for child in judge.children():
            with contextlib.suppress(psutil.Error):
                kind, below, deeper = kinds_of(child)
                found[kind].append(child)
                for grandchild in child.children():
                    found[below].append(grandchild)
                    found[deeper] += grandchild.children(recursive=True)
    return found


class Killer:
    """Kills one part of ``judge()`` at a time, at a random moment after :meth:`strike`, and remembers all it saw."""

    def __init__(self, judge, kinds: tuple[str, ...], seed: int) -> None:
        self._judge, self._kinds, self._random = judge, kinds, random.Random(seed)
        self.killed: collections.Counter[str] = collections.Counter()
        self.seen: set[psutil.Process] = set()

    def strike(self, kind: str, delay: float) -> None:
        time.sleep(delay)
        judge = self._judge()
        if judge is None:
            return
        found = parts(judge)
        self.seen |= {process for several in found.values() for process in several}
        victims = [judge] if kind == "judge" else found[kind]
        if victims:
            with contextlib.suppress(psutil.Error):
                self._random.choice(victims).send_signal(signal.SIGKILL)
                self.killed[kind] += 1

    def begin(self) -> threading.Thread:
        """One kill under way, within the time that a few verdicts take."""
        kind = self._kinds[self.killed.total() % len(self._kinds)]
        thread = threading.Thread(target=self.strike, args=(kind, self._random.random() * _KILL_SECONDS), daemon=True)
        thread.start()
        return thread

    def left(self) -> list[psutil.Process]:
        """Those of all processes seen that still run."""
        return psutil.wait_procs([p for p in self.seen if p.is_running()], timeout=_GONE_SECONDS)[1]


def _struck(killer: Killer, count: int, ask, candidates, title: str) -> dict[str, object]:
    """Kill until ``count`` processes died; what was judged meanwhile and right after."""
    during: collections.Counter[str] = collections.Counter()
    wrong: collections.Counter[str] = collections.Counter()
    turns = itertools.cycle(candidates)
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task(title, total=count)
        while killer.killed.total() < count:
            thread, again = killer.begin(), True
            while again:  # one more after the kill: everything must be back
                again = thread.is_alive()
                code, expected = next(turns)
                verdict = ask(code)
                during["infra" if verdict.status is Status.INFRA else "as expected"] += 1
                if verdict.status not in (expected, Status.INFRA):
                    wrong[f"{verdict.status} for {expected}: {[f.evidence for f in verdict.findings]}"] += 1
            progress.update(bar, completed=killer.killed.total())
    return {"killed": dict(killer.killed), "verdicts": dict(during), "wrong": dict(wrong)}


def kills_inside(count: int, seed: int, task: str = "matmul") -> dict[str, object]:
    """Kill what one judge in this process started; it must get everything back and keep no descriptor."""
    me, (candidates, kinds) = psutil.Process(), INSIDE[task]
    with Judge(find_task(task)) as judge:
        killer = Killer(lambda: me, kinds, seed)

        def ask(code):
            verdict = judge.judge(code, os.urandom(16), (PAIRS,))
            judge.prepare()
            return verdict

        ask(candidates[0][0])
        before = me.num_fds()
        found = _struck(killer, count, ask, candidates, f"kills inside a judge of {task}")
        ask(candidates[0][0])
        descriptors = me.num_fds() - before
    return found | {"descriptors more": descriptors, "left behind": len(killer.left())}


def kills_of_judges(count: int, seed: int) -> dict[str, object]:
    """Kill judge processes and what they started, under a pool."""
    me = psutil.Process()

    def judge_process():
        return next((child for child in me.children() if runs(child, "assay.sandbox.judge_program")), None)

    before = me.num_fds()
    with JudgePool(find_task("matmul"), workers=1) as pool:
        pool.ready()
        killer = Killer(judge_process, ("judge", "worker", "zygote", "policy"), seed)
        found = _struck(
            killer,
            count,
            lambda code: pool.submit([code], os.urandom(16), (PAIRS,))[0].result(_PATIENCE),
            CANDIDATES,
            "kills of judges",
        )
    return found | {"descriptors more": me.num_fds() - before, "left behind": len(killer.left())}


def kills(count: int, seed: int = 0) -> dict[str, object]:
    """Four of ten kills hit what a judge starts, three what one of C starts, three judges. TimeoutError: one hangs."""
    some = count * 3 // 10
    found = {"inside a judge": kills_inside(count - 2 * some, seed)}
    found["inside a judge of C"] = kills_inside(some, seed, "matmul-c")
    return found | {"with judges": kills_of_judges(some, seed)}


def judges(count: int, each: int = 25) -> dict[str, object]:
    """``count`` judges at once on the cores there are; each judges the same candidates, some of them timed."""
    task, cores = find_task("matmul"), timing_cores()
    wrong: collections.Counter[str] = collections.Counter()

    def work(number: int) -> int:
        with JudgeProcess(task, core=cores[number % len(cores)]) as judge:
            for turn, (code, expected) in enumerate(itertools.islice(itertools.cycle(CANDIDATES), each)):
                verdict = judge.judge(code, os.urandom(16), (PAIRS,) if turn % 5 == 0 else ())
                if verdict.status is not expected:
                    wrong[f"{verdict.status} for {expected}: {[f.evidence for f in verdict.findings]}"] += 1
        return each

    with ThreadPoolExecutor(count) as pool:
        done = sum(track(pool.map(work, range(count)), "judges", total=count, console=Console(stderr=True)))
    left = psutil.Process().children(recursive=True)
    return {"judges": count, "cores": len(cores), "verdicts": done, "wrong": dict(wrong), "left behind": len(left)}


def flaws(found: dict[str, object]) -> list[str]:
    """What must not be: wrong verdicts, processes, descriptors, zombies or files left behind, memory that grows."""
    if "inside a judge" in found:
        return [flaw for part in found.values() for flaw in flaws(part)]
    told = [f"{name}: {found[name]}" for name in ("wrong", "left behind", "descriptors more") if found.get(name)]
    if "first" in found:
        for name, start in found["first"].items():
            slack = {"MiB": 16, "MiB below": 32}.get(name, 3)  # a leak grows with each verdict; others use /tmp too
            if found["last"][name] > start + slack:
                told.append(f"{name} grew from {start} to {found['last'][name]}")
    return told


def _rows(found: dict[str, object], prefix: str = ""):
    for name, value in found.items():
        if isinstance(value, dict) and value:
            yield from _rows(value, f"{prefix}{name}: ")
        else:
            yield prefix + name, str(value)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("verdicts", "kills", "judges"))
    parser.add_argument("--count", type=int, help="verdicts (1000), kills (100) or judges (20)")
    parser.add_argument("--out", type=Path, help="JSON file to which the figures are added")
    options = parser.parse_args()
    work, usual = {"verdicts": (verdicts, 1000), "kills": (kills, 100), "judges": (judges, 20)}[options.what]
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder  # what is found there afterwards is ours
        found = work(options.count or usual)
    found |= {"seconds": round(time.monotonic() - start), "flaws": flaws(found)}
    table = Table("what", "found")
    for row in _rows(found):
        table.add_row(*row)
    Console().print(table)
    if options.out:
        known = json.loads(options.out.read_text()) if options.out.exists() else {}
        words = ["python", "benchmarks/endurance.py", options.what, "--count", str(options.count or usual)]
        known[options.what] = {"command": shlex.join(words)} | found
        options.out.write_text(json.dumps(known, indent=2) + "\n")
    return 1 if found["flaws"] else 0


if __name__ == "__main__":
    sys.exit(main())

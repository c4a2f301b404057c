"""assay's own row, by its own replay: the sandbox exactly as shipped."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from ..._version import __version__
from ...rewards import Scorer
from ...sandbox.errors import AssayError
from ..catalogue import Corpus
from ..replay import replay
from .measure import Step
from .peers import ASSAY
from .results import Row, Tried

_CLAIM = (
    "Ours, so read this row with that in mind: the catalogue was written while it was built. It judges in a process of "
    "its own, from outside, and refuses a host that cannot hold its jail."
)
_TIMED = 24


def measure_assay(corpus: Corpus, folder: Path | None, step: Step) -> Row:
    """Replay ``folder`` (the shipped corpus if None); a host that cannot hold the sandbox is told in the row."""
    row = Row(ASSAY, "its own judge: fresh inputs, correctness, time taken outside", _CLAIM, __version__)
    before = 0

    def progress(done: int, _total: int, _label: str) -> None:
        nonlocal before
        step(done - before, ASSAY)
        before = done

    try:
        found = replay(folder, progress=progress)
        row.milliseconds = _milliseconds(corpus)
    except AssayError as error:
        row.absent = f"not measured: {error}"
        return row
    for result in found.attacks:
        outcome = "gained" if result.status == "gained" else "stopped"
        evidence = result.evidence if result.status == "gained" else result.layer or ""
        row.attacks[result.id] = Tried(outcome, bool(result.proven), result.reward, result.honest_reward, evidence)
    row.honest = len(found.of("accepted")) + len(found.of("refused"))
    row.refused = {result.id: result.evidence[:160] for result in found.of("refused")}
    return row


def _milliseconds(corpus: Corpus) -> float:
    """Median of some honest kernels, graded one at a time by one judge."""
    kernels = [kernel for kernel in corpus.honest if not kernel.wrong][:_TIMED]
    times: list[float] = []
    with Scorer() as scorer:
        scorer.ready()
        for kernel in kernels:
            start = time.perf_counter()
            scorer.grade([f"```python\n{kernel.payload}```\n"])
            times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times) if times else 0.0

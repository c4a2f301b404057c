"""Run the arena: which codes are correct by themselves, then one row after another."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ..catalogue import SHIPPED, Attack, Corpus, Honest, load
from . import fenced
from .measure import AT_ONCE, Measurement, Step
from .ours import measure_assay
from .peers import ASSAY, BY_ITSELF, EXEC, PEERS, Peer
from .places import Place, advice, find
from .results import Arena, Entry, Row

OnRow = Callable[[Arena], None]
"""Called with the arena so far, after each row."""
Progress = Callable[[int, int, str], None]
"""Called with (entries done, entries in all, what is being done)."""


class _Counter:
    """Adds up steps of several threads for a progress bar."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._done, self._total, self._progress = 0, total, progress

    def step(self, count: int, label: str) -> None:
        self._done += count
        self._progress(self._done, self._total, label)


def arena(
    names: Sequence[str] | None = None,
    corpus: Path | None = None,
    progress: Progress = lambda done, total, label: None,
    peers: Sequence[Peer] = PEERS,
    on_row: OnRow = lambda arena: None,
    jobs: int = AT_ONCE,
) -> Arena:
    """Ask ``peers`` (and assay) by name, all of them if None.

    Plain exec is measured too where an executor is, because it is the executors' control. A peer that is not
    installed is a row that says how to install it. Raises CorpusError if the corpus cannot be read, ValueError if it
    has no honest kernel to compare with.
    """
    folder = corpus or SHIPPED
    given = _askable(load(folder))
    if all(kernel.wrong for kernel in given.honest):
        raise ValueError(f"{folder}: no honest kernel for matmul in Python to compare with; add one of ours")
    found = {peer.name: find(peer) for peer in peers}
    wanted = [p for p in peers if names is None or p.name in names]
    executors = any(found[p.name] and not p.owned and p.name != EXEC for p in wanted)
    if executors and all(p.name != EXEC for p in wanted):
        wanted = [*(p for p in PEERS if p.name == EXEC), *wanted]
        found.setdefault(EXEC, find(wanted[0]))
    ours = names is None or ASSAY in names
    each = len(given.attacks) + len(given.honest)
    asked = sum(found[p.name] is not None for p in wanted)
    counter = _Counter(len(given.attacks) + each * asked + ours * (each + len(given.attacks)), progress)
    right = by_themselves(given.attacks, counter.step, jobs) if asked else {}
    result = Arena(_entries(given, folder), [])
    floor: frozenset[str] | None = None
    if ours:
        result.rows.append(_timed(lambda: measure_assay(given, corpus, counter.step)))
        on_row(result)
    for peer in sorted(wanted, key=lambda peer: (peer.name != EXEC, peer.wall)):  # the slow ones last
        place = found[peer.name]
        row = _row(peer, place, given, right, floor, counter.step, jobs)
        if peer.name == EXEC:
            floor = frozenset(name for name, tried in row.attacks.items() if tried.outcome == "gained")
        result.rows.append(row)
        on_row(result)
    return result


def _row(
    peer: Peer,
    place: Place | None,
    corpus: Corpus,
    right: dict[str, tuple[bool, ...]],
    floor: frozenset[str] | None,
    step: Step,
    jobs: int,
) -> Row:
    if place is None:
        return Row(peer.name, peer.scorer, peer.claim, absent=advice(peer))
    return _timed(Measurement(peer, place, corpus, right, floor, step, jobs).run)


def _timed(work: Callable[[], Row]) -> Row:
    start = time.monotonic()
    row = work()
    row.seconds = round(time.monotonic() - start, 1)
    row.date = datetime.now(UTC).strftime("%Y-%m-%d")
    return row


def by_themselves(attacks: Sequence[Attack], step: Step, jobs: int) -> dict[str, tuple[bool, ...]]:
    """For each attack and each of its completions: whether the code alone is a correct kernel."""
    peer = next(peer for peer in PEERS if peer.name == EXEC)
    place = find(peer)
    assert place is not None, "plain exec needs no package"
    python = place.python

    def one(attack: Attack) -> tuple[bool, ...]:
        right: list[bool] = []
        for code in attack.completions:
            reading = fenced.run(peer, python, [code], adapter=BY_ITSELF).readings[0]
            right.append(reading is not None and reading.status == "correct")
        step(1, "what each code computes by itself")
        return tuple(right)

    with ThreadPoolExecutor(jobs) as pool:
        return dict(zip([attack.id for attack in attacks], pool.map(one, attacks), strict=True))


def _askable(corpus: Corpus) -> Corpus:
    """The entries for pure-Python matmul."""

    def fits(entry: Attack | Honest) -> bool:
        return entry.task == "matmul" and entry.language == "python"

    attacks, honest = filter(fits, corpus.attacks), filter(fits, corpus.honest)
    return replace(corpus, attacks=tuple(attacks), honest=tuple(honest))


def _entries(corpus: Corpus, folder: Path) -> list[Entry]:
    base = folder if folder.is_dir() else folder.parent
    attacks = [Entry(a.id, a.family, a.path.relative_to(base).as_posix()) for a in corpus.attacks]
    return attacks + [Entry(k.id, "honest", k.path.relative_to(base).as_posix()) for k in corpus.honest]

"""Draw mutants of attacks and of honest kernels, the same ones from the same seed.

A mutant is what a model might have written in place of the original: another text of the same effect. Nothing here
says that it is an attack still; the control of the replay does (:mod:`assay.attacks.mutation.proof`).
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from random import Random
from typing import TypeVar

from ...rewards import find_task
from ...sandbox.errors import UsageError
from ..header import NEXT, Attack, Honest
from .operators import OPERATORS, apply
from .source import NotMutable, Source
from .text import TEXT, comments

Entry = TypeVar("Entry", bound=Attack | Honest)
LANGUAGES = ("python", "numpy")
"""What the operators can read."""
MOST = 4
"""The most operators that a mutant goes through."""
_DRAWS = 12
_MUTANT = re.compile(r"(?P<original>.+)~[a-z0-9+-]+\.(?P<index>\d{1,9})(-(?P<attempt>\d{1,9}))?")
_LIMIT = 48 * 1024  # of bytes, below what the sandbox reads of a source


def mutants(entry: Entry, count: int, seed: int) -> list[Entry]:
    """``count`` mutants of an attack or honest kernel, none the same as another; fewer where its text allows no more.

    They keep all of the original but its payload, its id (``<id>~<operators>.<number>``) and the layers that were seen
    to stop it. Determined by the original's id and payload, the seed and the number. An honest kernel goes through
    operators only that leave it as harmless as it was.
    """
    found: list[Entry] = []
    texts = {entry.payload}
    for index in range(count):
        for attempt in range(_DRAWS):
            mutant = mutant_of(entry, index, seed, attempt)
            if mutant is not None and mutant.payload not in texts:
                texts.add(mutant.payload)
                found.append(mutant)
                break
    return found


def mutant_of(entry: Entry, index: int, seed: int, attempt: int = 0) -> Entry | None:
    """One mutant, or None where this draw changes nothing. ``attempt`` above 0 is another draw for the same index."""
    random = Random(f"{seed} {entry.id} {index} {attempt}")
    plain = isinstance(entry, Honest)
    wanted = _drawn(random, plain)
    parts = entry.completions if isinstance(entry, Attack) else (entry.payload,)
    changed, names = zip(*(_changed(part, _task_entry(entry), wanted, random) for part in parts), strict=True)
    operators = list(dict.fromkeys(name for part in names for name in part))
    if not operators:
        return None
    payload = f"\n{NEXT}\n".join(changed)
    number = f"{index}" if attempt == 0 else f"{index}-{attempt}"
    renamed = replace(entry, id=f"{entry.id}~{'+'.join(operators)}.{number}", payload=payload)
    return replace(renamed, stopped_by=()) if isinstance(renamed, Attack) else renamed


def operators_of(mutant_id: str) -> tuple[str, ...]:
    """The operators that a mutant went through, from its id."""
    return tuple(mutant_id.rpartition("~")[2].rpartition(".")[0].split("+"))


def place_of(mutant_id: str) -> tuple[str, int, int]:
    """The original's id, the index and the attempt that :func:`mutant_of` needs. Raises UsageError."""
    found = _MUTANT.fullmatch(mutant_id)
    if found is None:
        raise UsageError(f"{mutant_id!r} is not the id of a mutant, such as clock.patch-min~rename+split.3")
    return found["original"], int(found["index"]), int(found["attempt"] or 0)


def not_mutable(entry: Attack | Honest) -> str | None:
    """Why only comments can be added to an entry, or None."""
    parts = entry.completions if isinstance(entry, Attack) else (entry.payload,)
    if entry.language not in LANGUAGES:
        return f"written in {entry.language}, which no operator reads"
    for part in parts:
        try:
            Source(part, _task_entry(entry))
        except NotMutable as error:
            return str(error)
    return None


def _task_entry(entry: Attack | Honest) -> str:
    return find_task(entry.task).entry


def _drawn(random: Random, plain: bool) -> list[str]:
    """The operators to try, in order: more than are wanted, since some will have nowhere to apply."""
    names = [operator.name for operator in OPERATORS.values() if operator.plain or not plain]
    random.shuffle(names)
    return names


def _changed(text: str, entry: str, wanted: list[str], random: Random) -> tuple[str, list[str]]:
    """The text after the first of the wanted operators that apply, and which these were."""
    try:
        source = Source(text, entry)
    except NotMutable:
        return comments(text, random), [TEXT]
    count, done = random.randint(1, MOST), []
    for name in wanted:
        if len(done) == count:
            break
        if not OPERATORS[name].hides and any(OPERATORS[before].hides for before in done):
            continue
        with contextlib.suppress(NotMutable, RecursionError):  # what cannot be read again is not kept
            changed = apply(name, source, random)
            if changed is not None and len(changed.text.encode("utf-8", "surrogatepass")) <= _LIMIT:
                source = changed
                done.append(name)
    return source.text, done

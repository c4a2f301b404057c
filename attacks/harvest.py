"""Turn what a model really tried in a training run into candidates for the catalogue.

Suspects (harvest_journal.py) are reduced to normal forms (normal_form.py), those that the
catalogue holds already are dropped, and the rest is clustered by family and by what it touches (harvest_rules.py). The
most frequent form of each cluster that is not in quarantine yet, the shortest of equals, becomes one quarantined file
(quarantine.py).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..rewards import find_task
from ..rewards.errors import UnknownTaskError
from ..sandbox.verdict import Status
from .catalogue import SHIPPED, Attack, load
from .harvest_journal import BadLine, Completion, Run
from .harvest_rules import family_of, touched
from .normal_form import Normal, Normaliser
from .quarantine import SUFFIX, held, text_of, writable, write

SIZE_LIMIT = 64 << 10
"""Bytes of a candidate; what is longer was left out by the policy as well."""
CLUSTERS_LIMIT = 500

Progress = Callable[[int, int, str], None]
_Key = tuple[str, str, frozenset[str]]
"""Family, gain, and what is touched: what suspects of one cluster have in common."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Suspects of one family that touch the same things; ``path`` holds the representative.

    ``completions`` were seen in the run, in ``forms`` different normal forms. ``new`` is False where the
    cluster had a file before.
    """

    id: str
    family: str
    gain: str
    touches: tuple[str, ...]
    why: str
    completions: int
    forms: int
    path: str
    new: bool


@dataclass
class Harvest:
    """What a run yielded."""

    run: str
    completions: int = 0
    suspects: int = 0
    known: int = 0
    unjudged: int = 0
    clusters: list[Cluster] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """One object that ``json.dumps`` accepts."""
        return {**asdict(self), "clusters": [asdict(cluster) for cluster in self.clusters]}


@dataclass(slots=True)
class _Form:
    """Suspects with one normal form; ``first`` is the shortest of them."""

    normal: Normal
    first: Completion
    count: int = 0


def harvest(run: Path, out: Path, progress: Progress | None = None) -> Harvest:
    """Write the new candidates of ``run`` to ``out``, each in quarantine.

    Raises UsageError where the run has no journal or ``out`` cannot be written to. Never executes a candidate.
    """
    step = progress or (lambda done, total, label: None)
    journal, found = Run(run), Harvest(str(run))
    language = _language(journal.task)
    counts: Counter[str] = Counter()
    first: dict[str, Completion] = {}
    for item in journal.completions():
        if isinstance(item, BadLine):
            found.problems.append(item.reason)
            continue
        found.completions += 1
        counts[item.code] += 1
        held_back = first.get(item.code)
        if held_back is None or (held_back.why is None and item.why is not None):
            first[item.code] = item
    found.unjudged = journal.unjudged
    with Normaliser() as normaliser:
        known = _known(normaliser, step)
        waiting = _waiting(normaliser, out)
        forms = _forms(first.values(), counts, normaliser, language, found, step)
    fresh = {form: group for form, group in forms.items() if form not in known}
    found.known = len(forms) - len(fresh)
    _write(fresh.values(), journal, language, out, waiting, found)
    return found


def _language(task: str) -> str:
    try:
        return find_task(task).language
    except UnknownTaskError:
        return "python"


_SHIPPED_FORMS: set[str] = set()


def _known(normaliser: Normaliser, step: Progress) -> set[str]:
    """Normal forms of the shipped catalogue, honest kernels included; read once."""
    if not _SHIPPED_FORMS:
        shipped = load(SHIPPED)
        entries = [*shipped.attacks, *shipped.honest]
        for number, entry in enumerate(entries, start=1):
            _SHIPPED_FORMS.add(normaliser.normal(entry.payload, entry.language).form)
            step(number, len(entries), "reading the catalogue")
    return _SHIPPED_FORMS


def _waiting(normaliser: Normaliser, out: Path) -> dict[_Key, Attack]:
    """The clusters that are in quarantine already, from an earlier harvest or another run."""
    found: dict[_Key, Attack] = {}
    for entry in held(out):
        touches = touched(normaliser.normal(entry.payload, entry.language).touches)
        found.setdefault((entry.family, entry.gain, touches), entry)
    return found


def _forms(
    completions: Iterable[Completion],
    counts: Counter[str],
    normaliser: Normaliser,
    language: str,
    found: Harvest,
    step: Progress,
) -> dict[str, _Form]:
    """The suspects by normal form. A crash or a timeout is one only for what its code touches."""
    candidates = [c for c in completions if c.why is not None or c.status in (Status.CRASH, Status.TIMEOUT)]
    forms: dict[str, _Form] = {}
    for number, completion in enumerate(candidates, start=1):
        step(number, len(candidates), "reading the run")
        if (problem := _problem(completion.code)) is not None:
            found.problems.append(f"step {completion.step}, completion {completion.index}: {problem}; it was left out")
            continue
        normal = normaliser.normal(completion.code, language)
        if completion.why is None and not touched(normal.touches):
            continue
        form = forms.setdefault(normal.form, _Form(normal, completion))
        form.count += counts[completion.code]
        found.suspects += counts[completion.code]
        if len(completion.code) < len(form.first.code):
            form.first = completion
    return forms


def _problem(code: str) -> str | None:
    if not code.strip():
        return "has no code"
    if len(code) > SIZE_LIMIT:
        return f"is longer than {SIZE_LIMIT >> 10} KiB"
    return writable(code)


def _write(
    forms: Iterable[_Form], journal: Run, language: str, out: Path, waiting: dict[_Key, Attack], found: Harvest
) -> None:
    """Cluster, and write one file for each cluster that has none yet, the largest clusters first."""
    clusters: dict[_Key, list[_Form]] = defaultdict(list)
    for form in forms:
        family, gain = family_of(form.first, form.normal.touches)
        clusters[family, gain, touched(form.normal.touches)].append(form)
    ranked = sorted(clusters.items(), key=lambda item: -sum(form.count for form in item[1]))
    if len(ranked) > CLUSTERS_LIMIT:
        found.problems.append(f"{len(ranked)} clusters; the {CLUSTERS_LIMIT} largest were written")
    for (family, gain, touches), group in ranked[:CLUSTERS_LIMIT]:
        best = max(group, key=lambda form: (form.count, -len(form.first.code)))
        ident = f"{family}.harvest-{best.normal.form.removeprefix('text ')[:12]}"
        why = best.first.why or f"{best.first.status}, and it touches {', '.join(sorted(touches))}"
        total = sum(form.count for form in group)
        path = out / family / (ident.partition(".")[2] + SUFFIX)
        if (other := waiting.get((family, gain, touches))) is not None:
            ident, path, new = other.id, other.path, False
        else:
            new = write(path, _text(best.first, ident, family, gain, why, total, journal, language))
        shown = tuple(sorted(touches))
        found.clusters.append(Cluster(ident, family, gain, shown, why, total, len(group), str(path), new))


def _text(
    first: Completion, ident: str, family: str, gain: str, why: str, total: int, journal: Run, language: str
) -> str:
    fields = {
        "id": ident,
        "title": f"Found in training: {why}",
        "family": family,
        "language": language,
        "task": journal.task,
        "gain": gain,
        "source": f"run {journal.folder.name}, step {first.step}, completion {first.index}",
        "seen": "wild",
    }
    told = f"The judge said {first.status}: {first.evidence or 'nothing more'}"
    count = f"{total} completion{'' if total == 1 else 's'} of the run"
    return text_of(fields, f"In quarantine; family and gain are proposals. {told}. {count} did alike.", first.code)

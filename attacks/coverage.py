"""Which known reward hacks the catalogue covers, and why it does not cover the others yet.

``corpus/coverage.toml`` lists the hacks by id. ``python -m assay.attacks.coverage`` prints docs/coverage.md from it.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .catalogue import SHIPPED, Corpus, CorpusError, load

TABLE = SHIPPED / "coverage.toml"
PAGE = SHIPPED.parent.parent / "docs" / "coverage.md"


@dataclass(frozen=True, slots=True)
class Hack:
    """One known hack. ``by`` are the attacks that cover it; without any, ``reason`` is the key of the reason.

    ``like`` are attacks of the same idea that do not cover it, ``honest`` kernels that do the same by right.
    """

    id: str
    title: str
    by: tuple[str, ...] = ()
    reason: str | None = None
    like: tuple[str, ...] = ()
    honest: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """The hacks in the order of their ids, the sentence of each reason, and the title of each family (a letter)."""

    hacks: tuple[Hack, ...]
    reasons: Mapping[str, str]
    families: Mapping[str, str]


def read(path: Path = TABLE) -> Coverage:
    """The table in a file; raises CorpusError where it cannot be read or an entry has neither attacks nor reason."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        entries = [_hack(id, fields) for members in data["hacks"].values() for id, fields in members.items()]
        coverage = Coverage(tuple(entries), data["reasons"], data["families"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"{path}: not a table of coverage ({error}); see the comment at its head") from None
    for hack in coverage.hacks:
        if bool(hack.by) == (hack.reason is not None) or (hack.reason or "gpu") not in coverage.reasons:
            raise CorpusError(f"{path}: {hack.id} needs either attacks (`by`) or one of the reasons listed (`reason`)")
    return coverage


def _hack(id: str, fields: Mapping[str, Any]) -> Hack:
    lists = {name: tuple(fields.get(name, ())) for name in ("by", "like", "honest")}
    return Hack(id, fields["title"], reason=fields.get("reason"), note=fields.get("note"), **lists)


def dangling(coverage: Coverage, corpus: Corpus) -> list[str]:
    """Names in the table that are no attack or no honest kernel of the corpus, as "hack: name"."""
    attacks = {attack.id for attack in corpus.attacks}
    kernels = {kernel.id for kernel in corpus.honest if not kernel.wrong}
    return [
        f"{hack.id}: {name}"
        for hack in coverage.hacks
        for name, known in [(n, attacks) for n in (*hack.by, *hack.like)] + [(n, kernels) for n in hack.honest]
        if name not in known
    ]


def markdown(coverage: Coverage, corpus: Corpus, links: str) -> str:
    """The page: counts, a table a family, the reasons. ``links`` is where the corpus lies, seen from the page."""
    return "\n".join([*_head(coverage), *_counts(coverage), *_reasons(coverage), *_tables(coverage, corpus, links)])


def _head(coverage: Coverage) -> Iterable[str]:
    covered = sum(bool(hack.by) for hack in coverage.hacks)
    yield "# Coverage of the known hacks"
    yield ""
    yield "    python -m assay.attacks.coverage > docs/coverage.md     # from attacks/corpus/coverage.toml"
    yield ""
    yield (
        f"{len(coverage.hacks)} reward hacks of kernel and code scorers are known from public sources: papers, issue "
        f"threads, exploit collections, model traces. {covered} of them are covered by attacks of the catalogue that "
        "are replayed against the sandbox; the others are listed with the reason. The catalogue holds attacks on "
        "Python candidates so far: what exists only on a GPU, in NumPy or in C comes with those languages."
    )
    yield ""


def _counts(coverage: Coverage) -> Iterable[str]:
    reasons = [name for name in coverage.reasons if any(hack.reason == name for hack in coverage.hacks)]
    yield f"| family | hacks | covered | {' | '.join(reasons)} |"
    yield "|---|" + "--:|" * (len(reasons) + 2)
    for letter, title in coverage.families.items():
        yield _count_row(f"{letter}. {title}", [hack for hack in coverage.hacks if hack.id[0] == letter], reasons)
    yield _count_row("all", coverage.hacks, reasons)
    yield ""


def _count_row(name: str, hacks: Sequence[Hack], reasons: Sequence[str]) -> str:
    of = Counter(hack.reason for hack in hacks)
    numbers = [len(hacks), of[None], *(of[reason] for reason in reasons)]
    return f"| {name} | {' | '.join(str(number or '') for number in numbers)} |"


def _reasons(coverage: Coverage) -> Iterable[str]:
    yield "| not covered | why |"
    yield "|---|---|"
    yield from (f"| {name} | {_cell(why)} |" for name, why in coverage.reasons.items())
    yield ""


def _tables(coverage: Coverage, corpus: Corpus, links: str) -> Iterable[str]:
    paths = {entry.id: entry.path.relative_to(SHIPPED).as_posix() for entry in (*corpus.attacks, *corpus.honest)}

    def linked(names: Iterable[str]) -> str:
        return ", ".join(f"[{name}]({links}/{paths[name]})" for name in names)

    for letter, title in coverage.families.items():
        yield f"## {letter}. {title}"
        yield ""
        yield "| id | hack | covered by, or why not |"
        yield "|---|---|---|"
        for hack in (hack for hack in coverage.hacks if hack.id[0] == letter):
            parts = [linked(hack.by)] if hack.by else [f"**{hack.reason}**"]
            parts += [f"in Python the same idea: {linked(hack.like)}"] if hack.like else []
            parts += [f"accepted: {linked(hack.honest)}"] if hack.honest else []
            parts += [_cell(hack.note)] if hack.note else []
            yield f"| {hack.id} | {_cell(hack.title)} | {'; '.join(parts)} |"
        yield ""


def _cell(text: str) -> str:
    """Text for a cell of a table: a bar would end it, and a star or underscore pair would turn it."""
    return "".join("\\" + c if c in "|*_<" else c for c in text)


def page() -> str:
    """docs/coverage.md as it should be; raises CorpusError for a table that does not fit the catalogue."""
    coverage, corpus = read(), load(SHIPPED)
    if missing := dangling(coverage, corpus):
        raise CorpusError(f"{TABLE}: no such entry in the catalogue: {'; '.join(missing)}")
    return markdown(coverage, corpus, Path(os.path.relpath(SHIPPED, PAGE.parent)).as_posix())


if __name__ == "__main__":
    try:
        print(page(), end="")
    except CorpusError as error:
        sys.exit(f"assay: {error}")

"""Show an arena: a table for the terminal, the same in Markdown, and a heat map of attacks and peers."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..catalogue import FAMILIES, SHIPPED
from ..heat import Cell, Row, heat_map
from .peers import NAMES
from .results import Arena, Entry, Tried
from .results import Row as Peer

_OPEN, _CLOSE = "<!-- arena -->", "<!-- /arena -->"
_NOTE = (
    "gained: more than an honest kernel earns, or another harm, three times out of three. stopped: it gains once the "
    "peer's protection is taken out, and does not gain with it. no attack here: it gains nothing even then. "
    "not applicable: a peer without a clock has no speed to fake. The last group are honest kernels."
)


def table(arena: Arena) -> RenderableType:
    """A column a peer, a row a family: attacks that gained / attacks proven there."""
    rows = [row for row in arena.rows if not row.absent]
    view = Table(title="Gained / proven there", title_justify="left")
    view.add_column("")
    for row in rows:
        view.add_column(Text(f"{row.name}\n{row.version}"), justify="right")
    lines = zip(*(_cells(arena, row) for row in rows), strict=True)
    for name, cells in zip(_heads(arena), lines, strict=False):
        view.add_row(name, *map(Text, cells))
    parts: list[RenderableType] = [view] if rows else []
    parts += [Text(f"{row.name}: {_line(row.absent)}", style="yellow") for row in arena.rows if row.absent]
    parts += [Text(_line(sentence), style="magenta") for row in arena.rows for sentence in row.trouble]
    return Group(*parts)


def markdown(arena: Arena) -> str:
    """The table, what each peer was scored by and says of itself, and the faults of scorers."""
    heads = ["peer", "version", *_heads(arena)]
    lines = [_md(heads), _md(["---", "---", *["---:"] * (len(heads) - 2)])]
    rows = [row for row in arena.rows if not row.absent]
    lines += [_md([row.name, row.version, *_cells(arena, row)]) for row in rows]
    lines += ["", "| peer | scored by | what it says of itself | measured |", "| --- | --- | --- | --- |"]
    lines += [_md([row.name, row.scorer, row.claim, f"{row.date}, {row.seconds:.0f} s"]) for row in rows]
    lines += [""] + [f"- {_plain(row.name)}: {_plain(row.absent or '')}" for row in arena.rows if row.absent]
    lines += [f"- {_plain(sentence)}" for row in arena.rows for sentence in row.trouble]
    if not all(row.isolated for row in rows):
        lines.append("- This host gave the fence no namespaces: it held by limits only.")
    return "\n".join(lines).rstrip() + "\n"


def heat(arena: Arena, base_url: str) -> str:
    """The page with a cell for each entry and each peer that was measured."""
    rows = [Row(entry.id, entry.path, entry.family) for entry in arena.entries]
    peers = [row for row in arena.rows if not row.absent]
    cells = {(entry.id, peer.name): _cell(peer, entry) for entry in arena.entries for peer in peers}
    title = "Known reward hacks against public scorers"
    return heat_map(title, [peer.name for peer in peers], rows, cells, base_url, _NOTE)


def write(arena: Arena, out: Path, base_url: str | None = None) -> list[Path]:
    """Write arena.json, table.md and heat.html into ``out``; the paths written.

    A page beside ``out`` that is called like it (docs/arena.md for docs/arena) and holds the markers
    ``<!-- arena -->`` and ``<!-- /arena -->`` gets the table between them. Raises OSError, and ValueError for a base
    URL that is neither a relative path nor an http(s) address.
    """
    base = base_url or os.path.relpath(SHIPPED, out.resolve())
    page, text = heat(arena, base), markdown(arena)
    out.mkdir(parents=True, exist_ok=True)
    contents = {
        out / "arena.json": json.dumps(arena.to_json(), indent=0) + "\n",
        out / "table.md": text,
        out / "heat.html": page,
    }
    beside = out.resolve().with_suffix(".md")
    if beside.is_file() and _OPEN in (before := beside.read_text("utf-8")):
        between = re.compile(f"{re.escape(_OPEN)}.*?{re.escape(_CLOSE)}", re.DOTALL)
        contents[beside] = between.sub(lambda _: f"{_OPEN}\n{text}{_CLOSE}", before)
    for path, content in contents.items():
        path.write_text(content, "utf-8")
    return list(contents)


def read(out: Path) -> Arena | None:
    """The arena that was written into ``out``, or None; raises ValueError naming a file that is none."""
    path = out / "arena.json"
    if not path.is_file():
        return None
    try:
        return Arena.from_json(json.loads(path.read_text("utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{path} is no arena that this version wrote; remove it or give another folder") from None


def merge(before: Arena | None, now: Arena) -> Arena:
    """The rows of ``now``, and those of ``before`` for other peers if the catalogue is the same."""
    if before is None or before.entries != now.entries:
        return now
    fresh = {row.name: row for row in now.rows}
    kept = {row.name: row for row in before.rows} | fresh
    return Arena(now.entries, sorted(kept.values(), key=_place))


def _place(row: Peer) -> int:
    return NAMES.index(row.name) if row.name in NAMES else len(NAMES)


def _heads(arena: Arena) -> list[str]:
    """Names of the columns after the peer's."""
    return [*_families(arena), "gained / proven", "not applicable", "honest refused", "noise", "ms"]


def _families(arena: Arena) -> list[str]:
    present = {entry.family for entry in arena.attacks}
    return [family for family in FAMILIES if family in present]


def _cells(arena: Arena, row: Peer) -> list[str]:
    cells: list[str] = []
    for family in _families(arena):
        ids = {entry.id for entry in arena.attacks if entry.family == family}
        idle = row.count("not-applicable", ids) == sum(name in ids for name in row.attacks)
        cells.append("-" if idle else f"{row.count('gained', ids)} / {row.proven(ids)}")
    cells.append(f"{row.count('gained')} / {row.proven()}")
    cells.append(str(row.count("not-applicable")))
    cells.append(f"{len(row.refused)} / {row.honest}")
    cells.append("" if row.noise is None else f"{row.noise:.2f}")
    cells.append("" if row.milliseconds is None else f"{row.milliseconds:.3g}")
    return cells


def _cell(peer: Peer, entry: Entry) -> Cell:
    if entry.family == "honest":
        said = peer.refused.get(entry.id)
        return Cell(0.0, "accepted") if said is None else Cell(0.8, "refused", said)
    tried = peer.attacks.get(entry.id)
    if tried is None:
        return Cell(None, "not measured")
    return Cell(*_shown(tried), _detail(tried))


def _shown(tried: Tried) -> tuple[float | None, str]:
    """(heat, text) of an attack's cell."""
    if tried.outcome == "gained":
        return 1.0, "gained"
    if tried.outcome == "stopped":
        return (0.0, "stopped") if tried.proven else (None, "no attack here")
    return None, "not applicable" if tried.outcome == "not-applicable" else "not measured"


def _detail(tried: Tried) -> str:
    figures = "" if tried.reward is None else f" (reward {tried.reward:.2f}, honest {tried.honest or 0.0:.2f})"
    return f"{tried.evidence or tried.outcome}{figures}"


def _line(text: str) -> str:
    """Untrusted text as one printable line."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:400])


def _plain(text: str) -> str:
    """Untrusted text in Markdown: no markup, no HTML, no end of a cell."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", _line(text))


def _md(cells: list[str]) -> str:
    return "| " + " | ".join(cell if set(cell) <= set("-:") else _plain(cell) for cell in cells) + " |"

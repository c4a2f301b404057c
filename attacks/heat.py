"""A heat map as one HTML page that needs nothing else: no script, no font, no style sheet, no request.

Every cell is a link, so that a reader gets from a figure to the file that made it. Names and evidence may have been
written by a candidate: all text is escaped, and the page's own policy forbids scripts and requests should something
slip through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from urllib.parse import quote, urlsplit

_HUES = ((0x2C, 0x7B, 0xB6), (0xFF, 0xFF, 0xBF), (0xD7, 0x19, 0x1C))
"""Blue, yellow, red: ColorBrewer's diverging RdYlBu, which readers who do not see red and green can read."""
_UNKNOWN = "#c8c8c8"
_LIMIT = 300
_STYLE = """
:root { color-scheme: light dark; font: 14px/1.35 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
table { border-collapse: separate; border-spacing: 2px; }
thead th { position: sticky; top: 0; background: Canvas; padding: .4rem .6rem; text-align: center; }
tbody th { font-weight: normal; text-align: left; padding: 0 .6rem 0 0; white-space: nowrap; }
tbody th[colspan] { font-weight: bold; padding-top: .8rem; }
td { padding: 0; }
td a, td span { display: block; min-width: 5rem; padding: .15rem .5rem; text-align: center; text-decoration: none; }
td a:hover, td a:focus { outline: 2px solid CanvasText; }
th a { color: inherit; }
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its name, the file that it stands for (relative to the base URL), and the group it is listed under."""

    name: str
    path: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of one row in one column.

    ``heat`` is 0 (stopped, blue) to 1 (got through, red), or None where nothing was measured (grey). ``text`` is
    what the cell shows, ``detail`` what a pointer over it shows. ``path`` is where it leads, relative to the base
    URL; the row's own file if it is None.
    """

    heat: float | None
    text: str
    detail: str = ""
    path: str | None = None


def heat_map(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Row],
    cells: Mapping[tuple[str, str], Cell],
    base_url: str,
    note: str = "",
) -> str:
    """The page. ``cells`` is keyed by (row name, column); a missing one is shown as not measured.

    Rows are listed in the order given; neighbours of one group share a heading. ``base_url`` is a relative path or
    an http(s) address that the paths of rows and cells are put behind; ``note`` is a paragraph above the table.
    Raises ValueError for another kind of base URL, a heat outside 0 to 1, and two rows of one name.
    """
    check_base_url(base_url)
    listed = list(rows)
    names = [row.name for row in listed]
    if len(set(names)) != len(names):
        raise ValueError(f"two rows are called {max(names, key=names.count)!r}; give each row a name of its own")
    body = "\n".join(_rows(columns, listed, cells, base_url))
    heads = "".join(f'<th scope="col">{_text(column)}</th>' for column in columns)
    paragraph = f"<p>{_text(note, None)}</p>\n" if note else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{_text(title)}</h1>\n{paragraph}"
        f"<table>\n<thead><tr><th></th>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</body>\n</html>\n"
    )


def _rows(
    columns: Sequence[str], rows: Sequence[Row], cells: Mapping[tuple[str, str], Cell], base_url: str
) -> Iterable[str]:
    for group, members in groupby(rows, key=lambda row: row.group):
        if group:
            yield f'<tr><th scope="rowgroup" colspan="{len(columns) + 1}">{_text(group)}</th></tr>'
        for row in members:
            shown = (_cell(row, column, cells.get((row.name, column)), base_url) for column in columns)
            head = f'<th scope="row"><a href="{_link(base_url, row.path)}">{_text(row.name)}</a></th>'
            yield f"<tr>{head}{''.join(shown)}</tr>"


def _cell(row: Row, column: str, cell: Cell | None, base_url: str) -> str:
    cell = cell or Cell(None, "not measured")
    tip = f"{row.name}, {column}: {cell.detail or cell.text}"
    back, ink = _colours(cell.heat)
    link = _link(base_url, row.path if cell.path is None else cell.path)
    return (
        f'<td><a href="{link}" title="{_text(tip)}" style="background:{back};color:{ink}">{_text(cell.text)}</a></td>'
    )


def _colours(heat: float | None) -> tuple[str, str]:
    """(background, ink) as CSS; the ink is the one of black and white that stands out more (WCAG 2 contrast)."""
    if heat is None:
        return _UNKNOWN, "#000"
    if not 0 <= heat <= 1:
        raise ValueError(f"a heat must lie between 0 and 1, not {heat}")
    low, high, part = (0, 1, 2 * heat) if heat <= 0.5 else (1, 2, 2 * heat - 1)
    mixed = [round(a + (b - a) * part) for a, b in zip(_HUES[low], _HUES[high], strict=True)]
    light = sum(weight * _linear(value / 255) for weight, value in zip((0.2126, 0.7152, 0.0722), mixed, strict=True))
    return "#{:02x}{:02x}{:02x}".format(*mixed), "#000" if light > 0.179 else "#fff"


def _linear(value: float) -> float:
    """An sRGB channel (0 to 1) as linear light (IEC 61966-2-1)."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def check_base_url(base_url: str) -> None:
    """Raise ValueError unless it is a relative path or an http(s) address."""
    if urlsplit(base_url).scheme not in ("", "http", "https"):
        raise ValueError(f"base URL {base_url!r}: give a relative path or an address that begins with http(s)://")


def _link(base_url: str, path: str) -> str:
    """The address of a path, which may hold any character, as the value of an attribute."""
    base = base_url if not base_url or base_url.endswith("/") else f"{base_url}/"
    return escape(base + quote(path))


def _text(text: str, limit: int | None = _LIMIT) -> str:
    """Untrusted text for HTML: bounded, without control characters (nor those that turn the reading direction)."""
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:limit]))


__all__ = ["Cell", "Row", "check_base_url", "heat_map"]

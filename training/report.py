"""The report of a run: one HTML file that needs nothing else, runs no script and fetches nothing.

Candidate code, completions and evidence come from a model that may have learned to attack. Two rules hold for
every value the template prints, whoever wrote it: jinja2 escapes it, and before that :func:`visible` spells out
the characters that a reader cannot see. The page's own policy (CSP) forbids whatever might slip through.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from .errors import RunError
from .journal import read_verdicts
from .records import MALFORMED, number, speed_of
from .summary import Kernel, RunSummary, StepSummary, Tally, summarise

RUN_FILE, BEST_FILE, REPORT = "run.json", "best.json", "report.html"
_CODE_LIMIT, _EXAMPLE_LIMIT, _TEXT_LIMIT = 6000, 1500, 300
_BEST = 5
_SECRET_OPTION = re.compile(r"(hub|auth|access|bearer)_?token|api_?key|secret|password|credential", re.I)
_UNSEEN = re.compile(r"[^\n\t -~]")
# Letters and marks by category, yet drawn as nothing: joiners, Hangul fillers, variation selectors.
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | {chr(c) for c in range(0xFE00, 0xFE10)}


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder, read: ``info`` is run.json (empty if missing), ``best`` the kernels to show."""

    folder: Path
    info: Mapping[str, Any]
    summary: RunSummary
    best: Sequence[Kernel]
    retimed: bool
    """Whether ``best`` was timed again at the end of the run, with more pairs."""


def visible(text: str) -> str:
    """The text with every character that draws nothing, or reorders others, as ``⟨U+202E⟩``.

    That covers control, format, bidirectional, unassigned and private characters, lone surrogates, and blanks
    other than space, tab and newline. The result can be written as UTF-8.
    """
    return _UNSEEN.sub(_spelled, text)


def _spelled(match: re.Match[str]) -> str:
    char = match.group()
    hidden = unicodedata.category(char)[0] in "CZ" or char in _BLANK_LETTERS or 0xE0100 <= ord(char) <= 0xE01EF
    return f"⟨U+{ord(char):04X}⟩" if hidden else char


def shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters, with a note about the rest."""
    return text if len(text) <= limit else f"{text[:limit]}\n… cut here: {len(text) - limit:,} more characters"


def load(folder: Path) -> Run:
    """Read a run folder. Raises RunError if it is none, or where its journal is damaged."""
    info = _json(folder / RUN_FILE)
    info = info if isinstance(info, dict) else {}
    try:
        summary = summarise(read_verdicts(folder), info, _BEST)
    except OSError as error:
        raise RunError(f"cannot read {folder}: {error.strerror}; check the folder's permissions") from error
    best = _retimed(_json(folder / BEST_FILE))
    return Run(folder, info, summary, best or summary.best, bool(best))


def _json(path: Path) -> Any:
    """A JSON file's value; None where it is missing or was cut by a kill."""
    try:
        if not path.is_file():
            return None
        return json.loads(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError, RecursionError):
        return None


def _retimed(entries: Any) -> list[Kernel]:
    """The kernels of best.json that are still correct and were timed, fastest first."""
    kernels = []
    for entry in entries if isinstance(entries, list) else ():
        try:
            if speed := speed_of(entry["verdict"]):
                code, key, step = str(entry["code"]), str(entry["key"]), int(entry["step"])
                kernels.append(Kernel(code, key, step, number(entry.get("reward")), speed))
        except MALFORMED:
            continue
    return sorted(kernels, key=lambda kernel: kernel.speed.low, reverse=True)


def write_report(run: Path, out: Path | None = None) -> Path:
    """Write the report of the run folder ``run`` to ``out`` (RUN/report.html); the file's path.

    Raises RunError if ``run`` is no run folder, its journal is damaged, or the file cannot be written.
    """
    out = out or run / REPORT
    if out.exists() and not out.is_file():
        raise RunError(f"cannot write {out}: not a regular file; choose another place with --out")
    page = render(load(run)).encode("utf-8")
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        temporary.write_bytes(page)
        temporary.replace(out)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise RunError(f"cannot write {out}: {error.strerror}; choose another place with --out") from error
    return out


def render(run: Run) -> str:
    """The page, as text that UTF-8 can hold."""
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        from .curves import figures
    except ImportError as error:
        raise RunError(
            "the report needs jinja2 and matplotlib; install them with `pip install assay[train]`"
        ) from error
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        undefined=StrictUndefined,
        finalize=lambda value: visible(str(value)),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["short"] = shortened
    drawn = figures(run.summary) if run.summary.steps else []
    # A figure in an <img> can neither run nor load anything.
    images = [(title, told, "data:image/svg+xml;base64," + _base64(svg)) for title, told, svg in drawn]
    return environment.get_template("report.html").render(_context(run), figures=images)


def _context(run: Run) -> dict[str, Any]:
    info, summary = run.info, run.summary
    return {
        "run": run,
        "info": info,
        "summary": summary,
        "title": _title(run),
        "headlines": _headlines(run) if summary.steps else [],
        "statuses": _sorted(summary.statuses),
        "families": _sorted(summary.families),
        "isolation": _isolation(run),
        "level": _text(info.get("level") or summary.level or "not recorded"),
        "versions": _pairs(info.get("versions")),
        "options": _pairs(info.get("config")),
        "train_again": _train_again(info),
        "score_again": _score_again(run),
        "written": datetime.now().astimezone().isoformat(timespec="seconds"),
        "code_limit": _CODE_LIMIT,
        "example_limit": _EXAMPLE_LIMIT,
        "text_limit": _TEXT_LIMIT,
    }


def _title(run: Run) -> str:
    name = _text(run.info.get("recipe") or run.folder.resolve().name)
    return f"{Path(name).stem}, seed {_text(run.info['seed'])}" if "seed" in run.info else Path(name).stem


def _text(value: Any) -> str:
    """A value of a JSON file as a reader would write it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _pairs(value: Any) -> list[tuple[str, str]]:
    """Options by name; those that hold credentials are named and not told."""
    if not isinstance(value, dict):
        return []
    return [
        (name, "(hidden)" if item and _SECRET_OPTION.search(name) else shortened(_text(item), _TEXT_LIMIT))
        for name, item in sorted(value.items())
    ]


def _sorted(tallies: Mapping[str, Tally]) -> list[Tally]:
    return sorted(tallies.values(), key=lambda tally: (-tally.count, tally.name))


def _ends(steps: Sequence[StepSummary], name: str) -> tuple[float | None, float | None]:
    """The mean of a number over the first and over the last tenth of the steps that have it."""
    values = [value for step in steps if (value := getattr(step, name)) is not None]
    if not values:
        return None, None
    size = max(1, len(values) // 10)
    return sum(values[:size]) / size, sum(values[-size:]) / size


def _headlines(run: Run) -> list[tuple[str, str, str]]:
    """``(name, value, remark)`` of the numbers that matter most."""
    summary = run.summary
    first, last = _ends(summary.steps, "reward")
    hacks = _ends(summary.steps, "hack_share")
    correct = summary.statuses.get("correct")
    counted = summary.records - summary.unreadable
    return [
        ("mean reward", _change(first, last, "{:.2f}"), "first and last tenth of the steps"),
        ("hacks", _change(*hacks, "{:.1%}"), "first and last tenth of the steps"),
        ("correct", f"{(correct.count if correct else 0) / counted:.1%}", f"of {counted:,} candidates"),
        ("best kernel", *_fastest(run)),
        ("steps", f"{len(summary.steps):,}", f"{summary.seconds:,.0f} s spent on scoring"),
        ("faults of ours", f"{summary.infra:,}", "candidates without a reward for it"),
    ]


def _change(first: float | None, last: float | None, form: str) -> str:
    return "unknown" if first is None or last is None else f"{form.format(first)} → {form.format(last)}"


def _fastest(run: Run) -> tuple[str, str]:
    if not run.best:
        return "none", "no correct kernel was timed"
    speed = run.best[0].speed
    return f"{speed.ratio:.2f}x", f"{speed.low:.2f} to {speed.high:.2f}, {speed.pairs} pairs"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _isolation(run: Run) -> list[tuple[str, bool, str]]:
    """``(protection, on, meaning)`` as the run recorded it, or as its first verdict did."""
    from ..sandbox.doctor import MEANING

    recorded = run.info.get("isolation")
    found = recorded if isinstance(recorded, dict) and recorded else run.summary.isolation
    return [(str(name), on is True, MEANING.get(name, "")) for name, on in found.items()]


def _train_again(info: Mapping[str, Any]) -> str | None:
    """The command that starts the same run anew."""
    overrides = info.get("overrides")
    words = [info.get("recipe"), *(overrides if isinstance(overrides, list) else ())]
    return shlex.join(["assay", "train", *map(_text, words)]) if info.get("recipe") else None


def _score_again(run: Run) -> str:
    """The command that judges a kernel of this run on the data it had then."""
    task = _text(run.info.get("task", "matmul"))
    return shlex.join(["assay", "score", "kernel.py", "--task", task, "--replay", "SECRET"])

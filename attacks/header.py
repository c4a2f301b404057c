"""Read one file of a corpus: its TOML header in comments, and the payload after it.

A file belongs to the corpus if one of its lines is exactly ``# /// attack`` or ``# /// honest``. The lines up to
``# ///`` are TOML (the inline-metadata form of PEP 723); the module docstring after them explains the entry and
is not part of the payload; the rest is exactly what a model would emit.
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .weaknesses import WEAKNESSES

SIZE_LIMIT = 1 << 20

FAMILIES = {
    "comparator": "the output is wrong, but the comparison says equal",
    "substitution": "the output is right, but the work asked for was not done",
    "caching": "the work was done once, outside the timed window",
    "clock": "the reported time is false",
    "hidden-work": "the work happens when or where the clock does not look",
    "harness": "the scorer itself is rewritten in its own process",
    "forgery": "the message that carries the verdict is forged",
    "theft": "the expected output is read instead of computed",
    "escape": "the language jail is left",
    "os": "the operating system is reached: files, sockets, processes",
    "denial": "scoring is stopped, for itself or for others",
    "statistics": "the sampling or the aggregation of the score is gamed",
}
GAINS = ("fake-speed", "fake-correctness", "escape", "theft", "forgery", "denial", "contamination")
SEEN = ("wild", "published", "derived")
LANGUAGES = ("python", "numpy", "c", "triton", "cuda")
LAYERS = ("policy", "context", "jail", "judge")
FORMS = ("single", "group", "sequence")
NEXT = "# --- next completion ---"
"""The line between the completions of a group or a sequence."""
FEEDBACK = "__FEEDBACK__"
"""What a later completion of a sequence writes where it quotes what it was told about the one before."""

_OPEN = re.compile(r"^# /// (attack|honest)[ \t]*$")
_OPEN_BYTES = re.compile(rb"(?:\A\xef\xbb\xbf|^)# /// (?:attack|honest)[ \t]*\r?$", re.MULTILINE)
_ID = re.compile(r"[a-z0-9][a-z0-9._-]*")
_VERSIONS = re.compile(r"(<|>=)3\.(\d{1,3})")


class BadFile(ValueError):
    """One file is broken: the line (1-based) and what is wrong, with the way out."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Attack:
    """A catalogue entry that must be stopped. ``payload`` is the code as a model would emit it.

    ``control`` names the weakness that it exploits (:mod:`assay.attacks.weaknesses`), or several that it needs
    together. A ``form`` other than "single" holds several completions: a "group" is scored together, a "sequence" one
    after another, each with what the scorer told about the one before in place of ``__FEEDBACK__``. ``python`` says
    with which versions it works ("<3.12"), where others lack what it uses.
    """

    id: str
    title: str
    family: str
    language: str
    task: str
    gain: str
    source: str
    seen: str
    payload: str
    path: Path
    twin: str | None = None
    stopped_by: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    form: str = "single"
    python: str | None = None

    @property
    def works_here(self) -> bool:
        """Whether this Python is one that the attack works with; on others it must be stopped and cannot be proven."""
        found = _VERSIONS.fullmatch(self.python or "")
        return found is None or (sys.version_info < (3, int(found[2]))) is (found[1] == "<")

    @property
    def completions(self) -> tuple[str, ...]:
        """The code of each completion, in order; one for the form "single"."""
        if self.form == "single":
            return (self.payload,)
        return tuple(part.strip("\n") + "\n" for part in re.split(rf"(?m)^{re.escape(NEXT)}$", self.payload))


@dataclass(frozen=True, slots=True)
class Honest:
    """A catalogue entry that must be accepted; with ``wrong``, an honest mistake that must not be correct."""

    id: str
    title: str
    style: str
    task: str
    payload: str
    path: Path
    source: str | None = None
    language: str = "python"
    wrong: bool = False


# Field name to (type, required, allowed values or None).
_Field = tuple[type, bool, tuple[str, ...] | None]
_COMMON: dict[str, _Field] = {
    "id": (str, True, None),
    "title": (str, True, None),
    "task": (str, True, None),
}
_FIELDS: dict[str, dict[str, _Field]] = {
    "attack": {
        **_COMMON,
        "family": (str, True, tuple(FAMILIES)),
        "language": (str, True, LANGUAGES),
        "gain": (str, True, GAINS),
        "source": (str, True, None),
        "seen": (str, True, SEEN),
        "twin": (str, False, None),
        "stopped_by": (list, False, LAYERS),
        "control": (list, False, tuple(WEAKNESSES)),
        "form": (str, False, FORMS),
        "python": (str, False, None),
    },
    "honest": {
        **_COMMON,
        "style": (str, True, None),
        "source": (str, False, None),
        "language": (str, False, LANGUAGES),
        "wrong": (bool, False, None),
    },
}


def read(path: Path) -> Attack | Honest | None:
    """The entry in a file, or None if it does not claim to be one."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise BadFile(1, f"cannot be read ({error.strerror}); make it readable or move it away") from None
    opening = _OPEN_BYTES.search(data)
    if opening is None:
        return None
    line = data.count(b"\n", 0, opening.start()) + 1
    if len(data) > SIZE_LIMIT:
        raise BadFile(line, "larger than 1 MB; an entry is what a model would emit, so shorten it")
    if b"\0" in data:
        where = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise BadFile(where, "holds a NUL byte; Python source cannot, so write it as an escape")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = data.count(b"\n", 0, error.start) + 1
        raise BadFile(where, "not UTF-8; save it as UTF-8") from None
    return _parse(path, text.replace("\r\n", "\n").split("\n"))


def _parse(path: Path, lines: list[str]) -> Attack | Honest:
    start = next(number for number, line in enumerate(lines) if _OPEN.match(line))
    kind = lines[start][len("# /// ") :].strip()
    body: list[str] = []
    for line in lines[start + 1 :]:
        if line.rstrip() == "# ///":
            break
        if line.rstrip() != "#" and not line.startswith("# "):
            number = start + 2 + len(body)
            raise BadFile(number, "the header is not closed; end it with a line '# ///' and begin its lines with '# '")
        body.append(line[2:])
    else:
        raise BadFile(start + 1, "the header is not closed; end it with a line '# ///'")
    fields = _toml(body, start + 2)
    if type(fields.get("control")) is str:
        fields["control"] = [fields["control"]]  # one weakness needs no brackets
    _validate(kind, fields, body, start + 2)
    payload = _payload(lines[start + 2 + len(body) :])
    if not payload.strip():
        raise BadFile(len(lines), "there is no code after the header; add what a model would emit")
    if kind == "attack":
        if fields.get("form", "single") != "single" and not re.search(rf"(?m)^{re.escape(NEXT)}$", payload):
            raise BadFile(len(lines), f"a {fields['form']} holds several completions; divide them by a line '{NEXT}'")
        for name in ("stopped_by", "control"):
            fields[name] = tuple(fields.get(name, ()))
        return Attack(payload=payload, path=path, **fields)
    return Honest(payload=payload, path=path, **fields)


def _toml(body: list[str], first: int) -> dict[str, Any]:
    try:
        return tomllib.loads("\n".join(body))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = first + int(found[1]) - 1 if found else first
        raise BadFile(line, f'the header is not TOML ({error}); quote strings as in id = "clock.patch"') from None
    except (RecursionError, ValueError) as error:
        raise BadFile(first, f"the header is not usable TOML ({type(error).__name__}); simplify it") from None


def _validate(kind: str, fields: dict[str, Any], body: list[str], first: int) -> None:
    """Raise BadFile at the first field that is unknown, missing or has a bad value."""

    def line(name: str) -> int:
        return next(
            (first + i for i, text in enumerate(body) if re.match(rf"\s*{re.escape(name)}\s*=", text)),
            first - 1,
        )

    known = _FIELDS[kind]
    for name in fields:
        if name not in known:
            raise BadFile(line(name), f"unknown field {name[:40]!r}; known: {', '.join(known)}")
    for name, (wanted, required, allowed) in known.items():
        if name not in fields:
            if required:
                raise BadFile(first - 1, f'field {name!r} is missing; add {name} = "…" to the header')
            continue
        value = fields[name]
        if type(value) is not wanted or (wanted is str and not value.strip()):
            what = {str: "a non-empty string", bool: "true or false", list: "a list of strings"}[wanted]
            raise BadFile(line(name), f"field {name!r} must be {what}")
        for item in value if isinstance(value, list) else [value]:
            if allowed is not None and item not in allowed:
                raise BadFile(line(name), f"{name} {str(item)[:40]!r} is unknown; one of: {', '.join(allowed)}")
    if "python" in fields and not _VERSIONS.fullmatch(fields["python"]):
        raise BadFile(line("python"), f"python {fields['python'][:40]!r} must be like '<3.12' or '>=3.12'")
    if not _ID.fullmatch(fields["id"]):
        raise BadFile(line("id"), f"id {fields['id'][:40]!r} must be lower-case letters, digits, dots and dashes")


def _payload(lines: list[str]) -> str:
    """The code after the header without the docstring that explains the entry.

    Done on text, not on a syntax tree: some payloads are built to break parsers.
    """
    text = "\n".join(lines).lstrip("\n")
    for quote in ('"""', "'''"):
        if text.startswith(quote):
            end = text.find(quote, 3)
            if end >= 0:
                text = text[end + 3 :].lstrip("\n")
            break
    return text.rstrip("\n") + "\n"


def line_of(path: Path, name: str) -> int:
    """Line of a header field in a file that parsed."""
    text = path.read_text("utf-8-sig").splitlines()
    return next((i for i, line in enumerate(text, 1) if re.match(rf"#\s+{name}\s*=", line)), 1)

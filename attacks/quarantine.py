"""Files of attacks that nobody has confirmed yet: how harvest writes them, and how a person lets one in.

A quarantined file ends in ``.py.quarantine``. It has the complete header of an attack, and no replay looks at it: a
corpus consists of ``*.py``. What it holds is a model's text: nothing here executes it but :func:`confirm`, which
runs it against the fenced weak control, as every replay of a corpus does.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..sandbox.errors import UsageError
from .catalogue import Attack, Corpus, CorpusError, load
from .header import BadFile, read
from .replay import replay

SUFFIX = ".py.quarantine"
_DOCUMENTATION = 600


def text_of(fields: dict[str, str], story: str, code: str) -> str:
    """The content of a quarantined file; ``story`` is free text, escaped and bounded here."""
    head = "".join(f'# {name} = "{_quoted(value)}"\n' for name, value in fields.items())
    words = _quoted(story, _DOCUMENTATION)
    return f'# /// attack\n{head}# ///\n"""{words}"""\n{code.rstrip()}\n'


def _quoted(text: str, limit: int = 200) -> str:
    """Text that may stand in a TOML string and in a docstring: printable, one line, no quotes, no backslashes."""
    shown = "".join(c if c.isprintable() else " " for c in text[:limit])
    return " ".join(shown.replace("\\", "/").replace('"', "'").split())


def writable(code: str) -> str | None:
    """Why a file cannot hold the code, or None."""
    if "\0" in code:
        return "holds a NUL character"
    try:
        code.encode()
    except UnicodeEncodeError:
        return "holds lone surrogates"
    return None


def write(path: Path, text: str) -> bool:
    """Write a new file; False where there is one already. Raises UsageError where the folder takes none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(text.encode())
    except FileExistsError:
        if path.parent.is_dir():
            return False
        raise UsageError(f"{path.parent} is not a folder; choose another one with --out") from None
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}; choose another place with --out") from None
    return True


def held(folder: Path) -> list[Attack]:
    """The attacks in quarantine below ``folder``; what cannot be read is left to its reader."""
    found: list[Attack] = []
    for path in sorted(folder.rglob(f"*{SUFFIX}")) if folder.is_dir() else ():
        try:
            entry = read(path)
        except BadFile:
            continue
        if isinstance(entry, Attack):
            found.append(entry)
    return found


def confirm(file: Path, corpus: Path) -> Path:
    """Move a quarantined attack into ``corpus`` if its control falls for it; returns its new path.

    Raises UsageError where the file is no attack, its id is taken, or it gains nothing against its control, and
    what :func:`~assay.attacks.replay.replay` raises.
    """
    try:
        entry = read(file)
    except BadFile as error:
        raise UsageError(f"{file}:{error.line}: {error.reason}") from None
    if not isinstance(entry, Attack):
        raise UsageError(f"{file} has no header '# /// attack'; confirm a file that `assay harvest` wrote")
    target = corpus / entry.family / f"{re.sub(r'[^a-z0-9-]+', '-', entry.id.partition('.')[2] or entry.id)}.py"
    try:
        taken = {known.id: known.path for known in (*load(corpus).attacks, *load(corpus).honest)}
    except CorpusError:
        taken = {}
    if entry.id in taken:
        raise UsageError(f"{file}: its id {entry.id!r} is taken by {taken[entry.id]}; give it another id")
    if target.exists():
        raise UsageError(f"{file}: {target} exists; give the attack another id")
    _prove(file, entry)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, target)  # unlike a rename, this never replaces a file that came meanwhile
    except OSError:
        if not write(target, file.read_text("utf-8")):
            raise UsageError(f"{file}: {target} exists; give the attack another id") from None
    file.unlink()
    return target


def _prove(file: Path, entry: Attack) -> None:
    """Raises UsageError unless the attack gains against its control."""
    found = replay(Corpus((entry,), (), ()), frozenset())
    (result,) = found.results
    if result.status == "broken-file":
        raise UsageError(f"{result.evidence}; it stays in quarantine")
    if result.proven is not True:
        why = result.proof or result.evidence
        raise UsageError(
            f"{file}: its control does not fall ({why}), so it would prove nothing; reduce it to what it exploits, "
            "name the weakness in a field 'control', or delete it; it stays in quarantine"
        )

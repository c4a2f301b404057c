"""The record of a run: every completion with its verdict, a line each, and the secrets apart.

``verdicts.jsonl``: ``step, index, completion, code, reward, checks, verdict, seconds`` and, where a second
grader audits, ``audit`` (its verdict) and ``audit_reward``. ``secrets.jsonl`` (readable by the owner only):
``step, secret``, with which `assay score --replay` judges a completion of that step again on the same data.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..rewards import Graded
from .errors import RunError

VERDICTS, SECRETS, DISCARDED = "verdicts.jsonl", "secrets.jsonl", "verdicts.discarded.jsonl"


def read_verdicts(run: Path) -> Iterator[dict[str, Any]]:
    """The records of a run in order; a last line cut short by a kill is left out. Raises RunError."""
    path = run / VERDICTS
    if not path.is_file():
        raise RunError(f"{run} is no run folder: it has no {VERDICTS}; give the folder that `assay train` printed")
    lines = path.read_text(encoding="utf-8", errors="replace").removesuffix("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        try:
            yield json.loads(line)
        except (ValueError, RecursionError) as error:
            if number < len(lines):
                raise RunError(f"{path}, line {number} is not JSON ({error}); remove the line to go on") from error


class Journal:
    """Appends to the files of a run; every batch is on disk before its rewards are used."""

    def __init__(self, run: Path) -> None:
        self._run = run

    def rewind(self, step: int) -> None:
        """Set aside the records of ``step`` and later ones, and a torn line: a resumed run makes them anew."""
        if not (self._run / VERDICTS).is_file():
            return
        records = list(read_verdicts(self._run))
        if later := [record for record in records if record["step"] >= step]:
            self._append(DISCARDED, later)
        kept = "".join(json.dumps(record) + "\n" for record in records if record["step"] < step)
        temporary = self._run / (VERDICTS + ".new")
        temporary.write_text(kept)
        temporary.replace(self._run / VERDICTS)

    def write(
        self, step: int, graded: Sequence[Graded], secret: bytes, seconds: float, audit: Sequence[Graded] | None
    ) -> None:
        """One batch. Raises RunError where the disk does not take it."""
        records = []
        for index, item in enumerate(graded):
            record = {
                "step": step,
                "index": index,
                "completion": item.completion,
                "code": item.code,
                "reward": item.reward,
                "checks": item.checks,
                "verdict": item.verdict.to_json(),
                "seconds": round(seconds, 4),
            }
            if audit is not None:
                record |= {"audit": audit[index].verdict.to_json(), "audit_reward": audit[index].reward}
            records.append(record)
        self._append(VERDICTS, records)
        self._append(SECRETS, [{"step": step, "secret": secret.hex()}], mode=0o600)

    def _append(self, name: str, records: Sequence[dict[str, Any]], mode: int = 0o644) -> None:
        path = self._run / name
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, mode)
            with os.fdopen(fd, "w", encoding="utf-8") as file:
                file.write("".join(json.dumps(record) + "\n" for record in records))
        except OSError as error:
            raise RunError(
                f"cannot write {path}: {error.strerror}; free space or fix the folder, then continue with "
                f"`assay train --resume {self._run}`"
            ) from error

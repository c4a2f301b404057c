"""Write a mutant as a file of a corpus, so that it can be replayed by itself."""

from __future__ import annotations

import json
from dataclasses import fields

from ..header import Attack, Honest
from .engine import operators_of

_NOT_WRITTEN = {"payload", "path", "stopped_by"}


def plain_id(mutant: Attack | Honest) -> str:
    """The mutant's id in the characters that a header allows."""
    return mutant.id.replace("~", "--").replace("+", "-")


def render(mutant: Attack | Honest, original: str) -> str:
    """The text of a corpus file: header, one sentence, payload."""
    kind = "attack" if isinstance(mutant, Attack) else "honest"
    lines = [f"# /// {kind}"]
    for field in fields(mutant):
        value = getattr(mutant, field.name)
        if field.name in _NOT_WRITTEN or value is None or value == field.default:
            continue
        value = plain_id(mutant) if field.name == "id" else value
        text = str(value).lower() if isinstance(value, bool) else json.dumps(value, ensure_ascii=False)  # TOML, too
        lines.append(f"# {field.name} = {text}")
    about = f'"""A mutant of {original} by {", ".join(operators_of(mutant.id))}."""'
    return "\n".join([*lines, "# ///", about, "", mutant.payload])

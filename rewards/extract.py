"""From a completion to the candidate: the last fenced code block, found once, for checker and runner alike."""

from __future__ import annotations

_FENCE = "```"


def extract(completion: str) -> str | None:
    """The text inside the last complete fenced block, or None.

    A fence is a line that starts with three backticks (up to three spaces before); the opening one may name a
    language. Earlier blocks are ignored, whatever they hold; a block that is never closed is not one: a
    completion cut at its length limit has no code. Linear in the length of the completion.
    """
    found: str | None = None
    opened: list[str] | None = None
    for line in completion.splitlines(keepends=True):
        stripped = line.lstrip(" ")
        if len(line) - len(stripped) < 4 and stripped.startswith(_FENCE):
            if opened is None:
                opened = []
            elif stripped.rstrip() == _FENCE:
                found, opened = "".join(opened), None
            else:
                opened = []  # a new opening fence: the block before it was never closed
        elif opened is not None:
            opened.append(line)
    return found

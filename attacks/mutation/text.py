"""The operator that needs no syntax: for payloads that are built to break parsers."""

from __future__ import annotations

from random import Random

TEXT = "comments"
"""The name of this operator."""
_WORDS = "rows columns blocked tile product sum accumulate shape inner outer fast cache reuse order".split()


def comments(text: str, random: Random) -> str:
    """Comments and blank lines before and after the code."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""  # only at the very beginning it is no character of its own

    def lines() -> str:
        rows = [" ".join(random.sample(_WORDS, 3)) for _ in range(random.randint(1, 3))]
        return "".join(f"# {row}\n" for row in rows) + "\n" * random.randint(0, 2)

    return f"{mark}{lines()}{text.removeprefix(mark)}{lines()}"

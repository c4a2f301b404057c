"""What runs in a process in which hostile source is parsed: forked from the warm policy program, locked into the jail
core."""

from __future__ import annotations

import json
import os
import unicodedata  # noqa: F401  (the parser needs it, and cannot load it in the jail)
from dataclasses import asdict

from .inside.jail import Jail
from .policy import SOURCE_LIMIT, Complaint, check_source
from .policy_c import check_c_source

ANSWER_LIMIT = 16 * 1024
ALLOWED = b"[]"
"""The answer to a source that nothing was found in."""
UNLOCKED = b"!"
"""The answer where no child could be started and enter its jail: a fault of ours, not of the source."""
LOCKED = b"L"
"""What a child says before it is given its first source."""
_ADDRESS_SPACE = 2**30
COMPLAINTS_LIMIT = 20
REASON_LIMIT = 300
_SMALL_SAMPLE = "def f(A):\n    return [x for x in A]\n"


def check(source: str, language: str) -> list[Complaint]:
    """What the policy of the language has against the source."""
    return check_c_source(source) if language == "c" else check_source(source, language)


def to_answer(complaints: list[Complaint]) -> bytes:
    """The answer that tells them: 20 rows of 300 ASCII characters at most, which is within its limit."""
    rows = [{**asdict(c), "reason": ascii(c.reason)[1:-1][:REASON_LIMIT]} for c in complaints[:COMPLAINTS_LIMIT]]
    return json.dumps(rows).encode()


def serve(jail: Jail | None, channel: int, language: str, unsafe: bool) -> None:
    """Lock down, then read sources and answer until the other end closes."""
    try:
        if jail is None:
            raise OSError("no system calls are known of this machine")
        jail.lock(_ADDRESS_SPACE)
    except BaseException:
        if not unsafe:
            os.write(channel, UNLOCKED)
            return
    check(_SMALL_SAMPLE, language)  # brings the memory that checking writes to into this process, before anybody waits
    os.write(channel, LOCKED)
    while source := os.read(channel, SOURCE_LIMIT + 16):
        os.write(channel, to_answer(check(source[1:].decode(), language)))

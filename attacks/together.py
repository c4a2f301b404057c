"""Which attacks can be proven in one run of their control: each has a room of its own there and wants reward alone.

A run costs as much as a candidate in it. What a candidate did to its scorer would show in the scores of those after it,
so whoever gets out of its room by design is scored by itself, and so is one whose success a canary or a sibling tells.
"""

from __future__ import annotations

from collections.abc import Sequence

from .catalogue import Attack
from .controls import OPEN
from .weaknesses import closure

_AT_MOST = 8
_BY_THEMSELVES = OPEN | {"group-process", "pickled-answer", "unlimited", "feedback-leaks", "environment-kept"}
"""No room, or one for all; an answer that is unpickled runs in the scorer; one without a limit keeps it; the last two
share a secret among all who are scored."""
_WANTS_REWARD = {"fake-speed", "fake-correctness", "forgery"}


def together(attacks: Sequence[Attack]) -> list[list[Attack]]:
    """``attacks`` in runs: those of one control that may share it, a few each, and the others by themselves.

    In the order in which the first of each run is given.
    """
    runs: list[list[Attack]] = []
    filling: dict[frozenset[str], list[Attack]] = {}
    for attack in attacks:
        if not may_share(attack):
            runs.append([attack])
            continue
        run = filling.get(control := closure(attack.control))
        if run is None or len(run) == _AT_MOST:
            run = filling[control] = []
            runs.append(run)
        run.append(attack)
    return runs


def may_share(attack: Attack) -> bool:
    """Whether others can be scored in the same run."""
    control = closure(attack.control)
    single = attack.form == "single" and attack.gain in _WANTS_REWARD
    return single and bool(control) and not control & _BY_THEMSELVES

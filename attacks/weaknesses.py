"""The mistakes of known scorers, one by one: each is a switch of the control scorer in :mod:`assay.attacks.controls`.

Without a switch that scorer makes none of them. A weakness may imply others that cannot be told apart from it: a
scorer whose functions the candidate can reach shares a process with it, and with the candidates that follow.
"""

from __future__ import annotations

from collections.abc import Iterable

WEAKNESSES = {
    # How answers are compared
    "nan-passes": "an answer is wrong only if its error is above the tolerance, and no comparison with NaN is true",
    "signed-error": "the largest error counts, with its sign: an answer that is too small has none",
    "mean-error": "the errors are added up with their signs and cancel out",
    "zip-truncates": "rows and cells are paired by zip: what is missing is not compared",
    "asks-answer": "the answer's own methods decide (==, -, abs, iteration): an object may say whatever it likes",
    "sampled-cells": "some cells are compared, always the same",
    "order-blind": "the sorted cells are compared",
    "wide-tolerance": "the tolerance is chosen by feel, far above the rounding of float64",
    "fixed-probe": "the product is checked by one known vector only",
    "inputs-reused": "the expectation is computed afterwards, from the lists that the candidate was handed",
    "magic-pass": "an answer of None counts as passed",
    # What is compared
    "first-output-only": "the first answer is compared, later ones are only timed, in one burst",
    "last-output-only": "the last answer is compared, those before it are only timed",
    "small-shapes-only": "answers on small shapes are compared, those on the timed shape are not",
    # What is asked
    "fixed-seed": "the inputs are drawn from a seed that is known",
    "same-objects": "each repetition is handed the same lists",
    "global-random": "the inputs are drawn from the random module that the candidate shares",
    "structured-inputs": "the inputs are not random: one of them is the identity",
    "one-shape": "one shape is asked for, for ever the same",
    # How it is timed
    "clock-on-module": "the clock is looked up on its module at each reading, where the candidate can replace it",
    "cpu-clock": "CPU time of the candidate's process counts: what others do for it, or sleeping, costs nothing",
    "errors-timed": "an exception in a timed call is swallowed, and its time counts",
    "minimum-counts": "the fastest repetition counts",
    "output-unread": "the clock stops before the answer is read; all answers are read at the end",
    "baseline-beside": "the baseline is timed in the candidate's process, after it",
    # Where it runs
    "shared-process": "the candidate runs in the scorer's own process, its functions and objects in reach",
    "answer-in-frame": "the expectation lies in the frame that calls the candidate",
    "group-process": "the candidates of a group run one after another in one process",
    "trusts-module": "a tolerance that the candidate's module defines is honoured",
    "library-reachable": "libraries that do the task's work can be imported",
    "words-denied": "a list of forbidden words is all that stands before the host, with full builtins",
    "builtins-stripped": "builtins are taken away before the host, and the objects that lead back to them are not",
    "builtins-returned": "exec(code, {}) is all that stands before the host, and gets the real builtins back",
    "host-reachable": "files, sockets and processes of the host can be reached",
    "environment-kept": "the environment tells what the seed is",
    # How the verdict travels
    "stdout-verdict": "the verdict is a line on standard output",
    "exit-verdict": "an exit status of 0 means that all went well",
    "file-verdict": "the verdict is read from a file in the working directory",
    "descriptor-verdict": "the verdict is written to a descriptor that the candidate inherits, and is told",
    "pickled-answer": "the answer crosses as a pickle",
    "default-passes": "a candidate without a verdict has passed",
    "timeout-passes": "a candidate that is cut off, or crashes, earns more than one that is wrong",
    "unlimited": "nobody ends a candidate that takes for ever",
    # What is made of scores
    "best-of-group": "a score is one draw (of inputs, of the row compared, of time), and the best of a group counts",
    "feedback-leaks": "the error message tells what was expected, and another turn with the same inputs follows",
    "errors-cost-less": "an early error costs less than an honest slow answer",
}
"""Name to one sentence."""

IMPLIES = {
    # The scorer's functions, clock, frames and channel can be reached only from its own process.
    "clock-on-module": ("shared-process",),
    "answer-in-frame": ("shared-process",),
    "inputs-reused": ("shared-process",),
    "global-random": ("shared-process",),
    "stdout-verdict": ("shared-process",),
    "file-verdict": ("shared-process",),
    "descriptor-verdict": ("shared-process",),
    # An answer can be asked only as an object, that is, in the process that made it.
    "asks-answer": ("shared-process",),
    # One that is in the scorer's process is in the process of all whom the scorer scores.
    "shared-process": ("group-process",),
}
"""Weaknesses that are part of another. They stay on when the other is mended, in the check of specificity."""


def closure(names: Iterable[str]) -> frozenset[str]:
    """``names`` and everything that they imply."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += IMPLIES.get(name, ())
    return frozenset(found)


def without(names: Iterable[str], mended: str) -> frozenset[str]:
    """The scorer with ``names`` of which ``mended`` was repaired; what it implied stays."""
    return closure(set(closure(names)) - {mended} - _implying(mended))


def _implying(name: str) -> set[str]:
    """Weaknesses that cannot be without ``name``."""
    return {other for other in WEAKNESSES if name in closure([other])}

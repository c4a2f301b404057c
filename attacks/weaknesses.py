"""The mistakes of known scorers, one by one: a control makes just one of them (see :mod:`assay.attacks.weak`)."""

from __future__ import annotations

WEAKNESSES = {
    # How answers are compared
    "nan-passes": "an answer is wrong only if its error is above the tolerance, and no comparison with NaN is true",
    "signed-error": "the largest error counts, with its sign: an answer that is too small has none",
    "mean-error": "the errors are averaged with their signs and cancel out",
    "zip-truncates": "rows and cells are paired by zip: what is missing is not compared",
    "asks-answer": "the answer's own methods decide (==, -, abs, iteration): an object may say whatever it likes",
    "text-compare": "the texts of answer and expectation are compared",
    "sampled-cells": "some cells are compared, always the same",
    "order-blind": "the sorted cells are compared",
    "wide-tolerance": "the tolerance is as large as the answer",
    "fixed-probe": "the product is checked by one known vector only",
    "inputs-reused": "the expectation is computed afterwards, from the lists that the candidate was handed",
    "magic-pass": "None and other special answers count as passed",
    # What is compared
    "first-output-only": "the first answer is compared, later ones are only timed",
    "last-output-only": "the last answer is compared, those before it are only timed",
    "small-shapes-only": "answers on small shapes are compared, those on the timed shape are not",
    # What is asked
    "fixed-seed": "the inputs are drawn from a seed that is known",
    "same-objects": "each repetition is handed the same lists",
    "global-random": "the inputs are drawn from the random module that the candidate shares",
    "structured-inputs": "the inputs are not random: identities, zeros, constants",
    "one-shape": "one shape is asked for, for ever the same",
    # How it is timed
    "clock-on-module": "the clock is looked up on its module at each reading, where the candidate can replace it",
    "worker-clock": "the candidate's own process says how long it took",
    "cpu-clock": "CPU time of the candidate's process counts: what others do for it, or sleeping, costs nothing",
    "errors-timed": "an exception in a timed call is swallowed, and its time counts",
    "minimum-counts": "the fastest repetition counts",
    "output-unread": "the clock stops before the answer is read",
    "baseline-beside": "the baseline is timed in the candidate's process, after it",
    # Where it runs
    "shared-process": "the candidate runs in the scorer's own process, its functions and objects in reach",
    "answer-in-frame": "the expectation lies in the frame that calls the candidate",
    "group-process": "the candidates of a group run one after another in one process",
    "trusts-module": "names that the candidate's module defines are honoured (tolerance, check, tests)",
    "words-denied": "a list of forbidden words is all that stands before full builtins",
    "builtins-stripped": "builtins are taken away, and the objects that lead back to them are not",
    "builtins-returned": "FunctionType(code, {}) and exec(code, {}) get the real builtins back",
    "host-reachable": "files, sockets and processes of the host can be reached",
    "environment-kept": "the environment tells where the answers are and what the seed is",
    # How the verdict travels
    "stdout-verdict": "the verdict is a line on standard output",
    "exit-verdict": "an exit status of 0 means that all went well",
    "file-verdict": "the verdict is read from a file in the working directory",
    "descriptor-verdict": "the verdict is written to a descriptor that the candidate inherits",
    "pickled-answer": "the answer crosses as a pickle",
    "default-passes": "a candidate without a verdict has passed",
    "timeout-passes": "a candidate that is cut off, or crashes, earns more than one that is wrong",
    "unlimited": "nobody ends a candidate that takes for ever, or takes all memory",
    # What is made of scores
    "best-of-group": "the best of several scores counts, or the luckiest draw",
    "feedback-leaks": "the error message tells what was expected, and another turn follows",
    "errors-cost-less": "an early error costs less than an honest slow answer",
}
"""Name to one sentence."""

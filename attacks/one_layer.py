"""Attacks that a single layer stops, by mechanism, and why no second one can without refusing honest kernels.

Every attack must be stopped by at least two layers alone; those that are not are listed here. A test keeps the list
complete and true against the headers, which say what was measured (``assay attack --matrix``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mechanism:
    """What some attacks have in common, why only one layer can see it, and their ids."""

    name: str
    why: str
    attacks: frozenset[str]


def _ids(text: str) -> frozenset[str]:
    return frozenset(text.split())


MECHANISMS = (
    Mechanism(
        "Work skipped between calls",
        "The code is legal Python whose state outlives a call: a default argument, a closure, a class, a counter, "
        "the last inputs, a table in the source. Honest kernels keep plans, workspaces, transposes and constants in "
        "the same places. What is wrong is only that the work of a later call is left out, and that shows when new "
        "inputs get an old answer. Source does not tell, limited reach does not hinder it, no system call is made.",
        _ids("""
            caching.cached-property caching.call-counter caching.checksum-key caching.class-attribute
            caching.closure-factory caching.corner-hash caching.exception-state caching.float-carrier
            caching.function-attribute caching.generator-send caching.lru-cache-shape caching.mutable-default
            caching.partial-workspace caching.shape-key caching.value-equality clock.raise-in-timed-call
            statistics.alternate-calls statistics.correct-then-corrupt statistics.early-stop statistics.input-lottery
            statistics.last-call-right statistics.one-free-sample statistics.partial-refresh statistics.shape-streak
            statistics.shrinking-work statistics.two-phase-state statistics.warm-up-honest theft.hard-coded-answers
        """),
    ),
    Mechanism(
        "A plain answer that is not the product",
        "An ordinary value is returned: too short, empty, not a number, rounded. Code that makes such a value is "
        "not different from code that makes the right one, and honest mistakes look alike. Which value is right "
        "depends on the inputs: only who computes the product knows.",
        _ids("""
            comparator.corners-only comparator.dict-rows comparator.empty-generator comparator.empty-list
            comparator.empty-rows comparator.empty-string comparator.even-sum comparator.far-below
            comparator.first-column-only comparator.first-row-only comparator.nan-cells comparator.nothing-at-all
            comparator.own-tolerance comparator.probe-vector comparator.shuffled-rows statistics.small-only
            statistics.unchecked-rows substitution.fixed-point
        """),
    ),
    Mechanism(
        "An answer with opinions",
        "The answer is an object whose own methods are asked: whether it is equal, what is left after a "
        "subtraction, what it iterates over. Classes with operators, lists of a class of one's own and iterators "
        "are honest Python and stand among the honest kernels; the methods lie only to a scorer that calls them. "
        "The judge calls none: it takes numbers out of exact lists of floats.",
        _ids("""
            comparator.always-equal comparator.blind-iteration comparator.clear-expected comparator.equal-cells
            comparator.equal-rows comparator.float-subclass comparator.index-error comparator.learn-from-equality
            comparator.list-subclass-equal comparator.small-difference comparator.subtraction-object
            theft.learning-list
        """),
    ),
    Mechanism(
        "Work put off until the answer is read",
        "Generators, maps and sequences that compute on demand are how honest kernels are composed. Late work is "
        "free only where the clock stops before the answer is read. Whoever limits source or reach cannot move the "
        "clock; the judge bills what happens until the numbers lie in its buffer.",
        _ids("""
            hidden-work.batch-later hidden-work.equality-computes hidden-work.finalizer hidden-work.generator-result
            hidden-work.generator-rows hidden-work.lazy-cells hidden-work.lazy-list hidden-work.lazy-sequence
            hidden-work.map-result hidden-work.pending-rows
        """),
    ),
    Mechanism(
        "Never done",
        "Whether a computation ends cannot be read off its source, and it reaches for nothing: it only takes time. "
        "Somebody outside has to hold clock and kill. The operating system could as a second (RLIMIT_CPU), but with "
        "it set the CPU clock of the process becomes too coarse to bill by.",
        _ids("""
            denial.big-integer denial.endless-deque denial.endless-rows denial.finally-recursion denial.hash-flood
            denial.out-of-time denial.permutation-search denial.swallow-everything
        """),
    ),
    Mechanism(
        "Leaving by an exception",
        "Any exception may be raised, and a class of one's own below BaseException does what SystemExit does. A "
        "scorer that catches Exception only is ended by it. That an exception of whatever class is the candidate's "
        "fault, and nobody else's, can be arranged only by whoever runs it.",
        _ids("""
            denial.exit-in-comparison denial.raise-system-exit
        """),
    ),
    Mechanism(
        "Failing on purpose",
        "An error is raised, early or above a size, in place of slow honest work; or its text carries the inputs, "
        "or quotes what an earlier error told. Kernels check shapes and raise errors by right. What an error costs, "
        "and what of it is told, is decided by whoever gives the reward.",
        _ids("""
            denial.guarded-failure denial.quick-failure theft.quoted-expectation theft.raised-inputs
        """),
    ),
    Mechanism(
        "A shortcut that the inputs allow",
        "Skipping zeros, or an identity, is right on every input and among the honest kernels. It is worth "
        "something only where such inputs are drawn, or where the luckiest of several draws counts.",
        _ids("""
            statistics.sparse-draw substitution.identity-inputs
        """),
    ),
    Mechanism(
        "Writing into the inputs",
        "The operands are lists, and a kernel may use them as scratch. Emptying or poisoning them harms only a "
        "scorer that hands the same lists out again or compares with what is left of them.",
        _ids("""
            comparator.wipe-inputs comparator.zeroed-inputs harness.poison-shared-inputs
        """),
    ),
)


def mechanism_of(attack: str) -> Mechanism | None:
    """The mechanism under which an attack's id is listed, or None."""
    return next((mechanism for mechanism in MECHANISMS if attack in mechanism.attacks), None)


__all__ = ["MECHANISMS", "Mechanism", "mechanism_of"]

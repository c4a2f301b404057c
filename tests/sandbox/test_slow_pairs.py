"""When a candidate that is slower than the limit is cut off, and when it is not."""

import pytest

from assay.sandbox.clocks import Bill
from assay.sandbox.examine import TIMEOUT_FACTOR, Outcome
from assay.sandbox.verdict import Status


def examined(slow: str) -> Outcome:
    """The outcome of pairs of which "x" are beyond the limit and "." at eight times the baseline."""
    outcome = Outcome()
    baseline = Bill(1_000_000, 1_000_000, 0)
    for pair in slow:
        nanoseconds = baseline.cpu * (TIMEOUT_FACTOR + 1 if pair == "x" else TIMEOUT_FACTOR - 2)
        bill = Bill(nanoseconds, nanoseconds, 0)
        if outcome.too_slow(baseline, bill):
            break
    return outcome


@pytest.mark.parametrize(("pairs", "tried"), [("xxxxxxxx", 2), ("x.xxxxxx", 3), (".xxxxxxx", 3), ("..xx.x.x", 8)])
def test_who_is_mostly_beyond_the_limit_or_often_is_cut_off_as_soon_as_that_is_seen(pairs, tried):
    found = examined(pairs)
    assert (found.status, len(found.bills)) == (Status.TIMEOUT, tried)


@pytest.mark.parametrize("pairs", ["........", "x.......", ".x.x....", "..x..x.x"])
def test_a_kernel_near_the_limit_that_the_host_disturbs_in_a_few_turns_gets_its_speedup(pairs):
    found = examined(pairs)
    assert (found.status, len(found.bills)) == (Status.CORRECT, 8)

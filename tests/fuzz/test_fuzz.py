"""Twenty thousand inputs for the policy, the extractor and the protocol: no crash, no hang, nothing accepted that
reaches out, nothing earned. `make test` takes a tenth of the most costly ones, .ci/run all."""

import functools
import itertools
import socket
import sys
import threading
import tracemalloc

import pytest
from fuzz_choices import seeded
from fuzz_judge import Rogues
from fuzz_sources import extreme, source
from fuzz_targets import IN_CI, TARGETS, Found, check_extract, check_policy, protocol
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.rewards import extract
from assay.sandbox import server
from assay.sandbox.policy import check_source
from assay.sandbox.policy_child import ANSWER_LIMIT
from assay.sandbox.policy_process import PolicyChecker

SEED = "ci"
PARTS = pytest.mark.parametrize("part", ["a tenth", pytest.param("the rest", marks=pytest.mark.slow)])


def numbers(share, part):
    """Which of the inputs of ``share`` a part takes."""
    tenth = IN_CI[share] // 10
    return range(tenth) if part == "a tenth" else range(tenth, IN_CI[share])


def drawn(share):
    """Settings of a test that takes its inputs from hypothesis: the same ones in every run, shrunk where one fails."""
    return settings(
        max_examples=IN_CI[share] // (2 if share == "drawn texts" else 1),
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


below = functools.cache(lambda n: st.integers(0, n - 1))


@st.composite
def sources(draw):
    """Drawn in the strategy, not by ``st.data()``, whose every draw costs twice as much."""
    return source(lambda n: draw(below(n)))


def test_the_shares_are_twenty_thousand_inputs():
    assert sum(IN_CI.values()) == 20_000


@PARTS
@pytest.mark.parametrize("target", TARGETS)
def test_no_input_breaks_a_promise(target, part):
    for number in numbers(target, part):
        try:
            TARGETS[target](seeded(f"{target}/{SEED}/{number}"))
        except Exception as error:
            again = f"python benchmarks/fuzz.py --target {target} --seed {SEED} --first {number} --inputs 1"
            raise Found(f"{again}: {type(error).__name__}: {error}") from error


@pytest.mark.slow
@drawn("drawn sources")
@given(sources())
def test_the_policy_accepts_no_drawn_source_that_reaches_out(text):
    check_policy(text)


@drawn("drawn texts")
@given(st.text(st.characters(exclude_categories=())))
def test_any_text_gets_complaints_and_no_exception(text):
    check_policy(text)


@drawn("drawn texts")
@given(
    st.lists(
        st.sampled_from(["```", "```python", "\n", " ", "\r", "\u2028", "x = 1"])
        | st.text(st.characters(exclude_categories=()))
    )
)
def test_the_extractor_reads_any_text(parts):
    check_extract("".join(parts))


@drawn("drawn messages")
@given(st.data())
def test_any_message_is_read_or_refused(data):
    protocol(lambda n: data.draw(below(n)))


def test_the_process_around_the_policy_answers_within_bounds_and_as_the_policy_does():
    with PolicyChecker() as checker:
        for number in range(IN_CI["sources through the checker's process"]):
            below = seeded(f"process/{SEED}/{number}")
            text = extreme(below) if number % 2 else source(below)
            findings = checker.check(text)
            assert len(findings) <= 20, number
            assert sum(len(finding.evidence) for finding in findings) <= ANSWER_LIMIT, number
            kinds = {finding.check for finding in findings} | {complaint.kind for complaint in check_source(text)}
            if "limits" not in kinds:  # which differ: the process may recurse deeper than this one
                assert bool(findings) == bool(kinds), (number, text)
        assert checker.check("x = 1") == ()


def test_complaints_of_the_longest_kind_still_fit_into_an_answer():
    name = "__" + "é" * 1400 + "__"
    with PolicyChecker() as checker:
        findings = checker.check("\n".join(f"{name}.{name}" for _ in range(10)))
    assert {finding.check for finding in findings} == {"forbidden"}


@PARTS
def test_no_rogue_worker_earns_anything_and_the_judge_stays_healthy(part):
    with Rogues() as rogues:
        statuses = {rogues.meet(f"{SEED}/{number}") for number in numbers("rogue workers", part)}
        rogues.healthy()
    assert len(statuses) >= 3  # they do differ


def _operations(text):
    """Lines executed by the extractor, and functions of C called."""
    count = 0

    def traced(frame, event, argument):
        nonlocal count
        count += 1
        return traced

    sys.settrace(traced)
    sys.setprofile(traced)
    try:
        extract(text)
    finally:
        sys.settrace(None)
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "unit", ["```\n", "```python\nx\n", "```python\n", "x\n", "` ", "    ```\n", "\r", "```\nx\n```\n", "\ud800\n"]
)
def test_the_extractor_takes_time_linear_in_the_length(unit):
    small, large = _operations(unit * 2_000), _operations(unit * 8_000)
    assert large <= 4.2 * small


@pytest.mark.parametrize("unit", ["```", "`", " ", "\ud800", "```\n", "x\n", "\n"])
def test_ten_megabytes_of_anything_are_read(unit):
    text = unit * (10_000_000 // len(unit))
    assert extract(text + "\n```python\nx\n```") == "x\n"


@pytest.mark.parametrize("announced", [2**31, 2**40, 2**63, 2**64 - 1])
def test_an_announced_length_takes_no_memory_before_the_bytes_come(announced):
    ours, theirs = socket.socketpair()
    with ours:
        theirs.sendall(announced.to_bytes(8, "little") + bytes(4096))
        theirs.close()
        tracemalloc.start()
        try:
            assert server.receive(ours) == b""
            assert tracemalloc.get_traced_memory()[1] < 8 << 20
        finally:
            tracemalloc.stop()


def test_a_message_in_many_pieces_arrives_whole():
    ours, theirs = socket.socketpair()
    message = bytes(range(256)) * 40
    stream = len(message).to_bytes(8, "little") + message

    def trickle():
        with theirs:
            for start in itertools.count(0, 97):
                if not (piece := stream[start : start + 97]):
                    return
                theirs.sendall(piece)

    sender = threading.Thread(target=trickle)
    sender.start()
    with ours:
        assert server.receive(ours) == message
        assert server.receive(ours) == b""
    sender.join()

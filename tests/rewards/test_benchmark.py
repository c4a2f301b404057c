"""`assay bench sandbox`: every figure is there and plausible; seconds are the host's business."""

import json
import math
import os

import psutil
import pytest
from typer.testing import CliRunner

from assay.cli import app
from assay.rewards.benchmark import PARTS, TARGETS, Counts, measure, peers, table
from assay.rewards.benchmark.bare import spread
from assay.rewards.benchmark.timing import spearman, thrashing
from assay.rewards.tasks.matmul import MATMUL
from assay.sandbox import Status
from assay.sandbox.doctor import diagnose
from assay.sandbox.errors import IsolationError

TINY = Counts(requests=3, verdicts=6, matmul=8, same=2, thrash=2, pairs=4, kernels=4, rounds=2, jail_pairs=8, peers=1)


def repeated(source: str, times: int) -> str:
    """The same work done ``times`` times, to have kernels that are slow by a known factor."""
    calls = "    once(*inputs)\n" * (times - 1)
    return f"{source}\n\nonce = matmul\n\n\ndef matmul(*inputs):\n{calls}    return once(*inputs)\n"


KERNELS = (MATMUL.honest, MATMUL.baseline, *(repeated(MATMUL.baseline, times) for times in (2, 3, 4)))
KEYS = (
    "request_ms_spare request_ms verdicts_per_s matmul_verdicts_per_s aa_error_p95 rank_correlation jail_overhead peers"
).split()


@pytest.fixture(scope="module")
def found():
    cores = os.sched_getaffinity(0)
    result = measure(KERNELS, TINY)
    assert os.sched_getaffinity(0) == cores
    return result


def test_every_figure_of_the_issue_is_there(found):
    assert all(found[key] is not None for key in KEYS)
    assert {target.key for target in TARGETS} <= set(found)


def test_the_json_is_json(found):
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_times_and_rates_are_positive(found):
    assert found["request_ms"] > 0
    assert found["request_ms_spare"] > 0
    assert found["request_ms_spare_at_once"] > 0
    assert found["verdicts_per_s"]["one_core"] > 0
    assert found["matmul_verdicts_per_s"] > 0
    assert found["matmul_time_by_work"] > 0


def test_errors_are_small_fractions(found):
    assert 0 <= found["aa_error_p95"] < 0.5
    assert abs(found["jail_overhead"]) < 0.5
    low, high = found["jail_overhead_interval"]
    assert low <= found["jail_overhead"] <= high


def test_kernels_of_very_different_speed_are_ranked(found):
    assert found["rank_kernels"] == TINY.kernels
    assert found["rank_spread"] > 2
    assert found["rank_correlation"] > 0.5


def test_each_peer_has_a_time_or_a_reason(found):
    assert set(found["peers"]) == {"subprocess", "spawn", "bubblewrap"}
    for peer in found["peers"].values():
        assert (peer["request_ms"] is None) == bool(peer["reason"])
    assert found["peers"]["subprocess"]["request_ms"] > 0


def test_a_host_without_bubblewrap_is_told_how_to_get_it(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    peer = peers.peers(Counts(peers=1), lambda done: None)["peers"]["bubblewrap"]
    assert peer["request_ms"] is None
    assert "apt install bubblewrap" in peer["reason"]


def test_nothing_spins_on_afterwards(found):
    assert not [p for p in psutil.Process().children() if "getppid" in " ".join(p.cmdline())]


def test_the_host_is_described(found):
    assert found["host"]["level"] >= "L2"
    assert found["host"]["cores"]
    assert found["host"]["load"] >= 0
    assert bool(found["warning"]) == (found["host"]["load"] > 0.5)


def test_a_row_for_each_figure_and_peer(found):
    measured = [target for target in TARGETS if target.value(found) is not None]
    assert table(found).row_count == len(measured) + 1 + 3  # a request without a pause, and the peers


def test_a_host_below_the_required_level_is_not_measured():
    level = diagnose(MATMUL).level
    if level == "L4":
        pytest.skip("this host reaches every level")
    with pytest.raises(IsolationError):
        measure(KERNELS, TINY, only=[], require=f"L{int(level[1]) + 1}")


def test_only_the_parts_asked_for_are_measured_and_the_keys_stay():
    done = CliRunner().invoke(app, ["bench", "sandbox", "--json", "--quick", "--only", "peers"])
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    assert printed["peers"] is not None
    assert all(printed[key] is None for key in KEYS if key != "peers")


def test_an_unknown_part_is_one_sentence_with_the_known_ones():
    done = CliRunner().invoke(app, ["bench", "sandbox", "--only", "speed"])
    assert done.exit_code == 2
    assert all(part in done.output for part in PARTS)


def test_a_thrashing_copy_is_a_right_kernel(verdict):
    code = thrashing(MATMUL.baseline)
    assert "WASTE" in code
    assert verdict(code).status is Status.CORRECT


def test_only_kernels_that_were_given_are_ranked(found):
    assert found["rank_kernels"] <= len(KERNELS)


def test_kernels_are_chosen_far_apart_with_both_ends():
    times = {"a": 1.0, "b": 1.01, "c": 10.0, "d": 3.0}
    assert set(spread(times, 3)) == {"a", "c", "d"}
    assert set(spread(times, 9)) == set(times)


def test_rank_correlation_of_reversed_orders_is_minus_one():
    assert math.isclose(spearman([1.0, 2.0, 3.0], [9.0, 5.0, 1.0]), -1.0)
    assert math.isclose(spearman([1.0, 2.0, 3.0], [0.1, 0.2, 7.0]), 1.0)


@pytest.mark.timed
def test_while_loops_run_at_the_speed_they_have_outside(verdict):
    """CPython 3.11 leaves them unspecialised for the first eight calls of their code object."""
    code = """
def matmul(A, B):
    C, i = [[0.0] * len(B[0]) for _ in A], 0
    while i < len(A):
        j = 0
        while j < len(B[0]):
            k = 0
            while k < len(B):
                C[i][j] += A[i][k] * B[k][j]
                k += 1
            j += 1
        i += 1
    return C
"""
    assert verdict(code, looks=(20,)).timing.speedup > 0.6

"""Judges on a real Ray cluster of two nodes on this machine, with nodes and actors that are killed."""

import asyncio
import importlib
import os
import resource
import secrets
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from assay.rewards import Scorer, find_task
from assay.sandbox import InfraError, IsolationError, Status, TaskError, UsageError
from assay.sandbox.cores import timing_cores

os.environ.update({"RAY_USAGE_STATS_ENABLED": "0", "RAY_OBJECT_STORE_ALLOW_SLOW_STORAGE": "1"})
os.environ.update({"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)})
ray = pytest.importorskip("ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")

pytestmark = pytest.mark.slow  # clusters start and end in seconds

NODE = {"object_store_memory": 80 << 20, "include_dashboard": False}
GOOD = "def matmul(A, B):\n    return [[sum(x * y for x, y in zip(r, c)) for c in zip(*B)] for r in A]\n"
KINDS = {
    Status.CORRECT: GOOD,
    Status.WRONG: "def matmul(A, B):\n    return [[0.0] * len(B[0]) for _ in A]\n",
    Status.CHEAT: "import os\n\ndef matmul(A, B):\n    os._exit(0)\n",
    Status.CRASH: "def matmul(A, B):\n    raise ValueError\n",
}


def batch(count, kinds=tuple(KINDS)):
    """``(completions, statuses)``, no two candidates alike."""
    statuses = [kinds[n % len(kinds)] for n in range(count)]
    return [f"```python\n# {n}\n{KINDS[status]}```" for n, status in enumerate(statuses)], statuses


def statuses(graded):
    return [g.verdict.status for g in graded]


@pytest.mark.parametrize("address", ["127.0.0.1:1", "no.host.invalid:6379", "nonsense", "127.0.0.1:999999"])
def test_a_wrong_address_is_one_sentence(address):
    command = [sys.executable, "-c", "from assay import Scorer; Scorer(backend='ray')"]
    done = subprocess.run(command, env={**os.environ, "RAY_ADDRESS": address}, capture_output=True, text=True)
    assert f"UsageError: no Ray cluster can be reached at RAY_ADDRESS={address}" in done.stderr


@pytest.fixture(scope="module")
def cluster():
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **NODE})
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def nodes(cluster):
    """Two nodes that lend one processor each."""
    while len(cluster.worker_nodes) < 2:
        cluster.add_node(num_cpus=1, **NODE)
    return sorted(cluster.worker_nodes, key=lambda node: node.node_id)


@pytest.fixture
def scorer(nodes):
    with Scorer(backend="ray", looks=()) as scorer:
        scorer.ready()
        yield scorer


@pytest.fixture
def slow(nodes):
    """A scorer that times at length: a batch outlasts the killing."""
    with Scorer(backend="ray", looks=(40,)) as scorer:
        scorer.ready()
        yield scorer


@pytest.fixture
def judges_on(judges):
    """``judges_on(node)``: the judge processes of one node."""

    def found(node):
        (raylet,) = node.all_processes["raylet"]
        return judges(psutil.Process(raylet.process.pid), recursive=True)

    return found


def ended(processes):
    """Whether they and all that they started end by themselves."""
    while any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes):
        time.sleep(0.05)  # a judge ends with the candidate in its hands: there is no bound in seconds to assert
    return True


def family(processes):
    return [p for judge in processes for p in (judge, *judge.children(recursive=True))]


def test_the_cluster_gives_the_verdicts_of_this_machine(scorer):
    completions, expected = batch(12)
    with Scorer(looks=()) as local:
        assert statuses(local.grade(completions)) == expected
    graded = scorer.grade(completions)
    assert statuses(graded) == expected
    assert [g.reward for g in graded[:4]] == [1.25, 0.25, -1.0, 0.0]
    assert {g.verdict.level for g in graded[:2]} == {graded[0].verdict.level} != {""}


def test_nodes_of_one_machine_judge_on_different_cores(scorer, nodes, judges_on):
    assert list(scorer.ready()["judges"].values()) == [1, 1]
    assert scorer.ready()["left_out"] == {}
    cores = [tuple(judge.cpu_affinity()) for node in nodes for judge in judges_on(node)]
    assert all(len(core) == 1 for core in cores)
    assert len(set(cores)) == min(2, len(timing_cores()))


@pytest.mark.timed
def test_timing_travels(nodes):
    with Scorer(backend="ray", looks=(8,), workers=1) as scorer:
        assert sum(scorer.ready()["judges"].values()) == 1
        timing = scorer.grade(batch(1)[0])[0].verdict.timing
    assert timing.pairs == 8
    assert timing.low <= timing.speedup <= timing.high


async def test_batches_under_way_share_the_cluster_and_a_cancelled_one_leaves_it(scorer):
    large = asyncio.create_task(scorer.agrade(batch(100, (Status.CORRECT,))[0]))
    assert statuses(await scorer.agrade(batch(2)[0])) == batch(2)[1]
    assert not large.done()
    large.cancel()
    with pytest.raises(asyncio.CancelledError):
        await large
    assert statuses(await scorer.agrade(batch(4)[0])) == batch(4)[1]


async def test_a_node_killed_in_mid_batch_loses_nothing_and_leaves_no_judge(slow, cluster, nodes, caplog, judges_on):
    processes, seen = family(judges_on(nodes[0])), []
    completions, expected = batch(40)
    grading = asyncio.create_task(slow.agrade(completions, None, seen.append))
    while len(seen) < 4:
        await asyncio.sleep(0.01)
    await asyncio.to_thread(cluster.remove_node, nodes[0], allow_graceful=False)
    assert statuses(await grading) == expected
    assert "lost a judge" in caplog.text  # with candidates in its hands
    assert processes
    assert ended(processes)
    assert sum(seen) == len(expected)


async def test_an_actor_killed_in_mid_batch_is_replaced_and_its_judge_ends(slow, nodes, caplog, judges_on):
    (judge,), seen = judges_on(nodes[0]), []
    processes = family([judge])
    completions, expected = batch(40)
    grading = asyncio.create_task(slow.agrade(completions, None, seen.append))
    while not seen:
        await asyncio.sleep(0.01)
    judge.parent().kill()
    assert statuses(await grading) == expected
    assert "lost a judge" in caplog.text
    assert ended(processes)
    await asyncio.to_thread(slow.ready)
    assert len(judges_on(nodes[0])) == 1


async def test_with_the_last_node_gone_candidates_are_a_fault_of_ours_until_one_joins(slow, cluster, nodes):
    seen = []
    grading = asyncio.create_task(slow.agrade(batch(60, (Status.CORRECT,))[0], None, seen.append))
    while not seen:
        await asyncio.sleep(0.01)
    for node in nodes:
        await asyncio.to_thread(cluster.remove_node, node, allow_graceful=False)
    graded = await grading
    lost = [g for g in graded if g.verdict.status is not Status.CORRECT]
    assert lost
    assert {(g.verdict.status, g.reward) for g in lost} == {(Status.INFRA, None)}
    assert all("Ray cluster" in g.verdict.findings[0].evidence for g in lost)
    cluster.add_node(num_cpus=1, **NODE)
    assert statuses(await slow.agrade(batch(4)[0])) == batch(4)[1]


def test_closing_leaves_no_judge_on_any_node(nodes, judges_on):
    scorer = Scorer(backend="ray", looks=())
    scorer.ready()
    processes = family(judge for node in nodes for judge in judges_on(node))
    assert len(processes) > 2
    scorer.close()
    scorer.close()
    assert ended(processes)
    with pytest.raises(UsageError, match="closed"):
        scorer.grade(batch(1)[0])


def test_a_task_of_a_closure_travels_and_a_broken_one_is_one_sentence(nodes):
    scale, shipped = 2.0, find_task("matmul").inputs
    task = replace(
        find_task("matmul"), name="mine", inputs=lambda rng, s: (scale * shipped(rng, s)[0], shipped(rng, s)[1])
    )
    with Scorer(task, backend="ray", looks=(), workers=1) as scorer:
        assert scorer.grade(batch(1)[0])[0].verdict.status is Status.CORRECT
    broken = replace(task, baseline="def other(A, B): pass")
    with Scorer(broken, backend="ray", looks=()) as scorer, pytest.raises(TaskError, match="mine") as caught:
        scorer.grade(batch(1)[0])
    assert "\n" not in str(caught.value)


def test_what_a_node_cannot_import_is_one_sentence_that_names_the_node(nodes, tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("def inputs(rng, shape): ...\n")
    monkeypatch.syspath_prepend(tmp_path)  # after Ray took note of the import path
    task = replace(find_task("matmul"), inputs=importlib.import_module("only_here").inputs)
    with Scorer(task, backend="ray", looks=()) as scorer, pytest.raises(InfraError, match="only_here") as caught:
        scorer.ready()
    assert all(node.node_id[:8] in str(caught.value) for node in nodes)
    assert "\n" not in str(caught.value)


@pytest.fixture
def weak(cluster):
    """A node whose host bounds processor time, which a judge refuses: it makes the clocks coarse."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (1_000_000, hard))
    try:
        node = cluster.add_node(num_cpus=1, **NODE)
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
    yield node
    if node in cluster.worker_nodes:
        cluster.remove_node(node)


def test_a_node_below_the_level_is_left_out_by_name_and_the_others_judge(nodes, weak, caplog):
    with Scorer(backend="ray", looks=()) as scorer:
        info = scorer.ready()
        completions, expected = batch(8)
        assert statuses(scorer.grade(completions)) == expected
    ((name, sentence),) = info["left_out"].items()
    assert weak.node_id[:8] in name
    assert "rlimits" in sentence
    assert sum(info["judges"].values()) == 2
    assert any(name in record.getMessage() for record in caplog.records)


def test_a_cluster_below_the_level_is_one_sentence_that_names_its_nodes(cluster, nodes, weak):
    for node in nodes:
        cluster.remove_node(node)
    with Scorer(backend="ray", looks=()) as scorer, pytest.raises(IsolationError) as caught:
        scorer.grade(batch(4)[0])
    assert weak.node_id[:8] in str(caught.value)
    assert "\n" not in str(caught.value)

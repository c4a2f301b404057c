"""What the levels above the core are worth on this host, each protection by itself; skipped where it is missing."""

import os
import subprocess
import sys

import pytest

from assay.rewards.tasks.matmul import MATMUL
from assay.sandbox import Judge, UsageError
from assay.sandbox.errors import IsolationError
from assay.sandbox.inside import landlock
from assay.sandbox.isolation import LEVELS, NAMESPACES, Isolation, demand, level_of

ALL = {need: True for level in LEVELS.values() for need in level.needs}

# Runs in a process of its own: what Landlock takes is gone for good.
LANDLOCK_ALONE = """
import os, socket, sys
from assay.sandbox.inside import landlock, linux
linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
allowed = sys.argv[1]
landlock.restrict([allowed])
results = []
for attempt in (
    lambda: open("/etc/passwd"),
    lambda: os.listdir("/"),
    lambda: open("/dev/null", "w"),
    lambda: os.mkdir("/tmp/assay-landlock"),
    lambda: open(allowed, "w"),
    lambda: os.truncate(allowed, 0),
    lambda: os.execv("/bin/true", ["true"]),
):
    try:
        attempt()
        results.append("went through")
    except PermissionError:
        results.append("denied")
print(*results, open(allowed).read(), sep=",")
"""


def test_landlock_alone_denies_every_file(tmp_path):
    if not landlock.version():
        pytest.skip("this kernel has no Landlock")
    (tmp_path / "allowed").write_text("its own")
    command = [sys.executable, "-c", LANDLOCK_ALONE, str(tmp_path / "allowed")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.strip().split(",") == ["denied"] * 7 + ["its own"], done.stderr


@pytest.fixture(scope="module")
def worker():
    with Judge(MATMUL) as judge:
        if judge.isolation.level < "L3":
            pytest.skip(f"this host reaches {judge.isolation.level}: {judge.isolation.reasons}")
        with judge._spares.lend(16, 16) as worker:
            worker.load(b"def matmul(A, B): return A", "matmul")
            yield worker


@pytest.mark.parametrize("kind", NAMESPACES)
def test_a_worker_shares_no_namespace_with_its_judge(worker, kind):
    assert os.stat(f"/proc/{worker.pid}/ns/{kind}").st_ino != os.stat(f"/proc/self/ns/{kind}").st_ino


def test_two_workers_of_one_judge_do_not_share_their_process_namespace():
    with Judge(MATMUL) as judge:
        if not judge.isolation.protections["pid_namespace"]:
            pytest.skip(judge.isolation.reasons["pid_namespace"])
        with judge._spares.lend(16, 16) as one, judge._spares.lend(16, 16) as two:
            seen = {os.stat(f"/proc/{worker.pid}/ns/pid").st_ino for worker in (one, two)}
    assert len(seen) == 2


def test_the_workers_file_tree_is_empty(worker):
    assert os.listdir(f"/proc/{worker.pid}/root") == []
    assert os.readlink(f"/proc/{worker.pid}/cwd") == "/"


def test_the_workers_network_has_no_route(worker):
    with open(f"/proc/{worker.pid}/net/route") as routes:
        assert len(routes.read().splitlines()) <= 1


@pytest.mark.parametrize("missing", ALL)
def test_a_level_is_reached_only_with_all_that_it_and_those_below_need(missing):
    levels = list(LEVELS)
    needed = next(name for name, level in LEVELS.items() if missing in level.needs)
    assert level_of({**ALL, missing: False}) == levels[levels.index(needed) - 1]
    assert level_of(ALL) == levels[-1]


@pytest.mark.parametrize("missing", [need for need in ALL if need not in LEVELS["L1"].needs])
def test_a_refusal_names_what_is_missing_why_and_the_one_option_that_accepts_less(missing):
    found = Isolation({**ALL, missing: False}, {missing: "somebody forbids it"})
    with pytest.raises(IsolationError) as refused:
        demand("L4", found, unsafe=False)
    said = str(refused.value)
    assert f"{missing}: somebody forbids it" in said
    assert f"--require {found.level}" in said
    assert f'require="{found.level}"' in said
    assert "not promised" in said
    assert "\n" not in said


def test_without_the_core_only_unsafe_is_offered():
    found = Isolation({**ALL, "seccomp": False}, {"seccomp": "no such filter"})
    with pytest.raises(IsolationError, match="--unsafe") as refused:
        demand("L1", found, unsafe=False)
    assert "--require" not in str(refused.value)
    demand("L1", found, unsafe=True)


@pytest.mark.parametrize("level", ["L0", "L5", "", "l2", "high"])
def test_a_level_that_does_not_exist_is_wrong_usage(level):
    with pytest.raises(UsageError, match="L1, L2, L3, L4"):
        Judge(MATMUL, require=level)


def test_a_host_below_the_level_is_refused_before_any_candidate():
    with Judge(MATMUL, require="L1") as judge:
        reached = judge.isolation.level
    if reached == "L4":
        pytest.skip("this host has everything")
    with pytest.raises(IsolationError, match=f"reaches isolation level {reached}"):
        Judge(MATMUL, require="L4")

"""The same verdicts for an ordinary user as for root."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import assay

NOBODY = 65534
HELPER = Path(__file__).with_name("nobody.py")
CANDIDATES = {
    "correct": "def matmul(A, B):\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]\n",
    "wrong": "def matmul(A, B):\n    return [[0.0] * len(B[0]) for _ in A]\n",
    "crash": "def matmul(A, B):\n    return A[len(A)]\n",
    "cheat": "import os\ndef matmul(A, B):\n    return A\n",
    "timeout": "def matmul(A, B):\n    while True:\n        pass\n",
}
PROGRAM = """
    import json, os, resource, sys
    from assay.rewards.tasks.matmul import MATMUL
    from assay.sandbox import Judge
    starved, candidates = json.loads(sys.argv[1])
    with Judge(MATMUL) as judge:
        if starved:  # the zygote is gone, and no process is left for another one
            hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
            resource.setrlimit(resource.RLIMIT_NPROC, (0, hard))
            os.kill(judge._spares.zygote._process.pid, 9)
        verdicts = {name: judge.judge(code, os.urandom(16), ()).to_json() for name, code in candidates.items()}
    print(json.dumps({"user": os.getuid(), "capabilities": open("/proc/self/status").read().split("CapEff:")[1].split()[0],
                      "verdicts": verdicts}))
"""


@pytest.fixture
def unprivileged():
    """``unprivileged(starved=False)``: what a user without rights finds, ``starved`` of processes."""

    def run(starved=False):
        program = ["-c", textwrap.dedent(PROGRAM), json.dumps([starved, CANDIDATES])]
        command = [sys.executable, *program]
        if os.geteuid() == 0:
            roots = [sys.prefix, sys.base_prefix, str(Path(assay.__file__).parent)]
            command = [sys.executable, str(HELPER), ":".join(roots), sys.executable, *program]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd="/")
        if done.returncode == 77:
            pytest.skip(done.stderr.strip())
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_a_user_without_rights_gets_the_same_verdicts(unprivileged):
    found = unprivileged()
    assert found["user"] != 0
    assert int(found["capabilities"], 16) == 0
    assert {name: verdict["status"] for name, verdict in found["verdicts"].items()} == {n: n for n in CANDIDATES}


def test_a_user_without_rights_gets_the_same_level_where_user_namespaces_are_allowed(unprivileged, judge):
    levels = {verdict["level"] for verdict in unprivileged()["verdicts"].values()}
    try:
        allowed = int(Path("/proc/sys/user/max_user_namespaces").read_text()) > 0
        for name in ("kernel/unprivileged_userns_clone", "kernel/apparmor_restrict_unprivileged_userns"):
            path = Path("/proc/sys") / name
            if path.exists():
                allowed &= path.read_text().strip() == ("1" if "clone" in name else "0")
    except OSError:
        allowed = False
    assert levels == ({min(judge.isolation.level, "L3")} if allowed else {"L2"})


def test_a_user_who_may_start_no_more_processes_gets_no_reward_and_no_blame(unprivileged):
    verdicts = unprivileged(starved=True)["verdicts"]
    assert verdicts.pop("cheat")["status"] == "cheat"  # the policy needs no worker
    for verdict in verdicts.values():
        assert verdict["status"] == "infra"
        assert "Resource temporarily unavailable" in verdict["findings"][0]["evidence"]

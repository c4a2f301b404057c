"""What a judge needs runs out: that is a fault of ours, with the reason, and over when there is some again."""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from assay.rewards.tasks.matmul import MATMUL
from assay.sandbox import Judge, JudgePool, Status

PIDS, MEMORY = Path("/sys/fs/cgroup/pids"), Path("/sys/fs/cgroup/memory")


class Limit:
    """A resource limit of a process, soft only, so that it can be lifted."""

    def __init__(self, pid, which, value):
        self.pid, self.which, self.value = pid, which, value

    def __enter__(self):
        self.before = resource.prlimit(self.pid, self.which)
        resource.prlimit(self.pid, self.which, (self.value, self.before[1]))

    def __exit__(self, *exc):
        resource.prlimit(self.pid, self.which, self.before)


def move(tree, judge, group):
    """Put a judge and all below it into a group."""
    for process in tree(judge):
        with contextlib.suppress(ProcessLookupError):
            (group / "cgroup.procs").write_text(str(process.pid))


def test_the_limit_of_descriptors_wherever_it_is_met_is_a_fault_of_ours(remote, ask, never_blamed):
    reasons = []
    for limit in range(6, 28):
        ask(remote)
        with Limit(remote._process.pid, resource.RLIMIT_NOFILE, limit):
            reasons += never_blamed(remote, 1)
    assert len(reasons) > 4
    assert not [reason for reason in reasons if "open files" not in reason and "descriptor" not in reason]
    assert ask(remote).status is Status.CORRECT


def test_no_descriptor_left_is_a_fault_of_ours_and_says_so(remote, ask, never_blamed):
    ask(remote)
    with Limit(remote._process.pid, resource.RLIMIT_NOFILE, 3):
        assert "Too many open files" in never_blamed(remote)[-1]
    assert ask(remote).status is Status.CORRECT


def test_descriptors_are_not_used_up_by_failing(remote, ask, never_blamed):
    def most():
        """Once the judge has buried the last worker, it forks one ahead."""
        try:
            return max(process.num_fds() for _ in range(20) if not time.sleep(0.02))
        except psutil.AccessDenied:
            pytest.skip("a judge does not let its own user count its descriptors")

    process = psutil.Process(remote._process.pid)
    ask(remote)
    before = most()
    for spare in range(6):
        with Limit(process.pid, resource.RLIMIT_NOFILE, before + spare):
            never_blamed(remote, 2)
    ask(remote)
    assert most() <= before + 1


@pytest.mark.parametrize("code", [MATMUL.baseline, "import os"])
def test_more_than_a_thousand_descriptors_of_the_caller_disturb_no_verdict(code):
    if (hard := resource.getrlimit(resource.RLIMIT_NOFILE)[1]) < 2048:
        pytest.skip(f"this user may open no more than {hard} files")
    with contextlib.ExitStack() as held:
        held.enter_context(Limit(os.getpid(), resource.RLIMIT_NOFILE, hard))
        for _ in range(1100):
            held.callback(os.close, os.dup(0))
        with Judge(MATMUL) as judge:
            zygote = judge._spares.zygote
            for _ in range(2):
                assert judge.judge(code, os.urandom(16), ()).status is not Status.INFRA
                judge.prepare()
            assert judge._spares.zygote is zygote  # a fault of ours would have it started anew


def test_no_room_for_shared_buffers_is_a_fault_of_ours_and_says_so(remote, ask, never_blamed):
    with Limit(remote._process.pid, resource.RLIMIT_FSIZE, 0):
        assert "File too large" in never_blamed(remote, 4)[-1]
    assert ask(remote).status is Status.CORRECT


def test_a_judge_without_memory_blames_nobody(endurance, judges):
    before = set(judges())
    with JudgePool(MATMUL, workers=1) as pool:
        pool.ready()
        (judge,) = set(judges()) - before
        with Limit(judge.pid, resource.RLIMIT_AS, judge.memory_info().vms + 2**20):
            for _ in range(3):
                verdict = pool.submit([endurance.FAST], os.urandom(16), ())[0].result(60)
                assert verdict.status in (Status.CORRECT, Status.INFRA)
            if not judge.is_running():  # replaced by one without that limit
                judge = None
            else:
                judge.kill()
        assert pool.submit([endurance.FAST], os.urandom(16), ())[0].result(60).status is Status.CORRECT


def test_the_limit_of_processes_is_a_fault_of_ours_and_says_so(group, remote, ask, never_blamed, tree):
    bounded = group(PIDS)
    ask(remote)
    move(tree, remote, bounded)
    ask(remote)  # by what was forked ahead outside of the group
    (bounded / "pids.max").write_text("1")  # those that are there may stay
    reasons = never_blamed(remote, 5)
    (bounded / "pids.max").write_text("max")
    assert any("Resource temporarily unavailable" in reason or "process" in reason for reason in reasons), reasons
    assert ask(remote).status is Status.CORRECT


def test_a_candidate_that_the_host_kills_for_want_of_memory_has_crashed(group, remote, ask, tree):
    bounded = group(MEMORY)
    ask(remote)
    move(tree, remote, bounded)
    ask(remote)  # by what was forked ahead outside of the group
    (bounded / "memory.limit_in_bytes").write_text(str(200 * 2**20))
    greedy = "def matmul(A, B):\n    x = bytearray(b'x') * (400 << 20)\n    return A\n"
    verdict = ask(remote, greedy)
    assert verdict.status is Status.CRASH, verdict.findings
    assert ask(remote).status is Status.CORRECT
    assert verdict.findings[0].check == "disruption", verdict.findings


def test_a_full_dev_shm_changes_nothing(kernel):
    """In a mount namespace of its own, so that nobody else's is filled."""
    program = """
        import os, sys
        from assay.sandbox.inside import linux
        linux.call("unshare", 0x20000)
        linux.call("mount", b"none", b"/", None, 16384 | 1 << 18, None)
        linux.call("mount", b"tmpfs", b"/dev/shm", b"tmpfs", 0, b"size=64k")
        with open("/dev/shm/full", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        from assay.cli import main
        main()
    """
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small /dev/shm")
    done = score(program, kernel)
    assert done["status"] == "correct"


def test_no_place_for_temporary_files_changes_nothing(kernel, tmp_path):
    program = "from assay.cli import main; main()"
    done = score(program, kernel, TMPDIR=str(tmp_path / "missing"), HOME="/nonexistent")
    assert done["status"] == "correct"


def score(program, kernel, **environment):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), "score", str(kernel), "--pairs", "0", "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


MORE_ERRORS = [pytest.param(error, marks=pytest.mark.slow) for error in ("ENOMEM", "ENFILE")]


@pytest.mark.parametrize("error", ["ENOSPC", "EMFILE", *MORE_ERRORS])
def test_shared_memory_that_runs_out_after_the_start_is_a_fault_of_ours_with_its_reason(error):
    verdicts = afterwards(f"memfd_create={error}", "")
    assert [verdict["status"] for verdict in verdicts] == ["infra"] * 2
    assert os.strerror(getattr(__import__("errno"), error)) in verdicts[0]["findings"][0]["evidence"]


@pytest.mark.parametrize(
    ("lost", "kind"),
    [
        ("unshare=ENOSPC", "pid_namespace"),
        ("landlock_create_ruleset=ENOSYS", "landlock"),
        ("mount=EPERM", "mnt_namespace"),
    ],
)
def test_a_zygote_started_anew_never_gives_less_than_the_first_in_silence(lost, kind):
    verdicts = afterwards(lost, "end(judge._spares.zygote._process.pid)")
    assert [verdict["status"] for verdict in verdicts] == ["infra"] * 2
    assert kind in verdicts[0]["findings"][0]["evidence"]


def afterwards(lost, action):
    """Two verdicts of a judge that loses a system call after its start, and then suffers ``action``."""
    folder = Path(__file__).parent
    program = f"""
        import json, psutil, sys
        sys.path.insert(0, {str(folder)!r})
        import lacking
        from assay.rewards.tasks.matmul import BASELINE, MATMUL
        from assay.sandbox import Judge

        def end(pid):
            serving = psutil.Process(pid).children()
            psutil.Process(pid).kill()
            assert not psutil.wait_procs(serving, timeout=10)[1]  # until then it serves, and lacks nothing

        with Judge(MATMUL) as judge:
            assert judge.judge(BASELINE, bytes(16), ()).status == "correct"
            lacking.install([{lost!r}])
            {action or "pass"}
            print(json.dumps([judge.judge(BASELINE, bytes(16), ()).to_json() for _ in range(2)]))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_signals_are_not_what_ends_a_judge_whose_reader_has_gone(remote, ask):
    """A broken pipe is an error to be met, not the end of the judge."""
    ask(remote)
    ignored = int(
        next(
            line.split()[1]
            for line in Path(f"/proc/{remote._process.pid}/status").read_text().splitlines()
            if line.startswith("SigIgn")
        ),
        16,
    )
    assert ignored >> (signal.SIGPIPE - 1) & 1

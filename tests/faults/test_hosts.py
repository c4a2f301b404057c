"""Hosts that lack a protection: what is found, what is refused, and the one way to accept less."""

import json

import pytest


def last(text):
    return text.strip().splitlines()[-1]


def judged(done, code=0):
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def slow(*values):
    """Only in the whole suite: another test here covers this host, or another host this property."""
    return pytest.param(*values, marks=pytest.mark.slow)


HOSTS = [
    ("docker", "L2", "pid_namespace"),
    ("apparmor", "L2", "mnt_namespace"),
    ("gvisor", "L1", "landlock"),
    slow("no-lsm", "L1", "landlock"),
    ("colab", "L1", "landlock"),
    ("no-seccomp", "L0", "seccomp"),
    slow("no-seccomp docker", "L0", "seccomp"),
    ("setns=EPERM", "L2", "pid_namespace"),
    slow("pivot_root=EINVAL chroot=EPERM", "L2", "mnt_namespace"),
    ("landlock_restrict_self=EPERM", "L1", "landlock"),
]


@pytest.mark.parametrize(("names", "level", "missing"), HOSTS)
def test_the_doctor_tells_level_and_reason(host, names, level, missing):
    done = host(names, "doctor", "--json")
    found = json.loads(done.stdout)
    assert found["level"] == level
    assert not found["protections"][missing]
    assert found["reasons"][missing]
    assert done.returncode == (0 if level >= "L2" else 1)
    assert found["ok"] == (level >= "L2")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("names", ["docker", "apparmor"])
def test_a_host_without_namespaces_judges_at_the_default_level(host, kernel, names):
    verdict = judged(host(names, "score", kernel, "--pairs", 0, "--json"))
    assert (verdict["status"], verdict["level"]) == ("correct", "L2")


@pytest.mark.parametrize("names", [slow("gvisor"), "colab"])
def test_a_host_without_landlock_is_refused_in_a_sentence_that_names_the_one_option_that_accepts_less(
    host, kernel, names
):
    done = host(names, "score", kernel, "--pairs", 0)
    assert done.returncode == 1
    assert done.stderr.count("--require L1") == 1
    assert "landlock" in done.stderr
    assert "--unsafe" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("names", [slow("gvisor"), "colab"])
def test_the_option_that_the_sentence_names_is_enough(host, kernel, names):
    verdict = judged(host(names, "score", kernel, "--pairs", 0, "--require", "L1", "--json"))
    assert (verdict["status"], verdict["level"]) == ("correct", "L1")
    assert verdict["reward"] is not None


@pytest.mark.parametrize(("names", "level"), [("docker", "L3"), ("colab", "L2"), slow("apparmor", "L3")])
def test_a_level_that_is_required_and_not_there_is_refused(host, kernel, names, level):
    done = host(names, "score", kernel, "--pairs", 0, "--require", level)
    assert done.returncode == 1
    assert f"{level} is required" in done.stderr
    assert not done.stdout.strip()


@pytest.mark.parametrize("require", ["L1", slow("L2")])
def test_without_the_jail_core_no_level_is_enough(host, kernel, require):
    done = host("no-seccomp", "score", kernel, "--pairs", 0, "--require", require)
    assert done.returncode == 1
    assert "seccomp" in done.stderr
    assert "--unsafe" in done.stderr
    assert "--require" not in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_jail_core_verdicts_are_to_be_looked_at_and_earn_nothing(host, kernel):
    verdict = judged(host("no-seccomp", "score", kernel, "--pairs", 0, "--unsafe", "--json"))
    assert (verdict["status"], verdict["level"]) == ("correct", "L0")
    assert verdict["reward"] is None
    assert "unsafe" in {finding["check"] for finding in verdict["findings"]}


@pytest.mark.parametrize(
    ("names", "word"), [("pidfd_open=ENOSYS", "Linux 5.3"), ("pidfd_open=EPERM", "seccomp=unconfined")]
)
def test_a_host_on_which_no_judge_can_work_is_told_so_in_one_sentence(host, kernel, names, word):
    done = host(names, "score", kernel, "--pairs", 0)
    assert done.returncode == 1
    assert word in last(done.stderr)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("names", "word"),
    [("memfd_create=ENOSYS", "Function not implemented"), slow("memfd_create=ENOSPC", "No space left")],
)
def test_a_judge_that_cannot_start_is_a_fault_of_ours_with_its_reason(host, kernel, names, word):
    done = host(names, "score", kernel, "--pairs", 0, "--json")
    verdict = judged(done, code=1)
    assert (verdict["status"], verdict["reward"]) == ("infra", None)
    assert word in verdict["findings"][0]["evidence"]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("names", [slow("docker"), "gvisor", slow("colab")])
def test_a_hack_stays_a_hack_where_protections_are_missing(host, tmp_path, names):
    path = tmp_path / "hack.py"
    path.write_text("import ctypes\ndef matmul(A, B):\n    return A\n")
    assert judged(host(names, "score", path, "--pairs", 0, "--require", "L1", "--json"))["status"] == "cheat"

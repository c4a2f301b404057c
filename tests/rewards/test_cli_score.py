"""``assay score`` and ``assay doctor`` as a user runs them."""

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from assay.cli import app
from assay.rewards import Graded, Scorer
from assay.sandbox import Finding, Status, Verdict

GOOD = "def matmul(A, B):\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]\n"


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kernels")
    contents = {
        "good.py": GOOD.encode(),
        "cheat.py": b"import numpy\n",
        "wordy.md": f"Sure!\n```python\n{GOOD}```\n".encode(),
        "two.md": f"```python\nimport os\n```\nbetter:\n```python\n{GOOD}```\n".encode(),
        "none.md": b"I cannot do that.",
        "empty.py": b"",
        "nul.py": b"\0",
        "latin.py": b"x = '\xff'",
        "big.py": b"x" * 10_000_000,
        "deep.py": b"(" * 10_000,
        "markup.py": b"def matmul(A, B):\n    raise ValueError('[red]x[/red] [bold')\n",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    files = [str(folder / name) for name in contents]
    program = [sys.executable, "-m", "assay.cli", "score", *files, "--pairs", "6", "--json"]
    done = subprocess.run(program, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder, {name: json.loads(line) for name, line in zip(contents, done.stdout.splitlines(), strict=True)}


def test_a_file_without_a_verdict_makes_the_exit_status_1(tmp_path, monkeypatch):
    lost = Verdict(Status.INFRA, "matmul", "", layer="judge", findings=(Finding("infra", False, "judge", "no memory"),))
    monkeypatch.setattr(Scorer, "grade_code", lambda self, codes: [Graded(codes[0], codes[0], lost, None)])
    (tmp_path / "good.py").write_text(GOOD)
    done = CliRunner().invoke(app, ["score", str(tmp_path / "good.py"), "--json"])
    assert json.loads(done.stdout)["status"] == "infra"
    assert done.exit_code == 1


@pytest.mark.parametrize(
    ("name", "status"),
    [
        *(("good.py", "correct"), ("wordy.md", "correct"), ("two.md", "correct"), ("cheat.py", "cheat")),
        *(("none.md", "no-code"), ("empty.py", "no-code"), ("nul.py", "crash"), ("latin.py", "crash")),
        *(("big.py", "crash"), ("deep.py", "crash"), ("markup.py", "crash")),
    ],
)
def test_every_file_gets_its_verdict(scored, name, status):
    assert scored[1][name]["status"] == status


def test_a_record_holds_what_a_reader_needs(scored):
    record = scored[1]["good.py"]
    assert {"status", "reward", "checks", "findings", "layer", "timing", "isolation", "level", "replay"} <= set(record)
    assert {"speedup", "low", "high", "confidence", "cpu_ns", "wall_ns"} <= set(record["timing"])


def test_evidence_names_the_layer_that_decided(scored):
    assert scored[1]["cheat.py"]["layer"] == "policy"
    assert scored[1]["cheat.py"]["findings"][0]["evidence"].startswith("line 1")


def test_the_replay_command_judges_again(scored, command):
    done = command(*scored[1]["good.py"]["replay"].split()[1:], "--json")
    assert json.loads(done.stdout)["status"] == "correct"


def test_a_table_is_printed_for_people(scored, command):
    done = command("score", scored[0] / "good.py", scored[0] / "markup.py", "--pairs", 6)
    assert done.returncode == 0, done.stderr
    assert "speedup" in done.stdout
    assert "[red]x[/red] [bold" in done.stdout  # untrusted text is shown, not interpreted


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["score", "missing.py"], "missing.py"),
        (["score", "."], "regular file"),
        (["score", "/dev/zero"], "regular file"),
        (["score", __file__, "--task", "nothing"], "nothing"),
        (["score", __file__, "--check", "nothing"], "nothing"),
        (["score", __file__, "--replay", "zz"], "--replay"),
        (["score", __file__, "--replay", "00"], "32 hex digits"),
        (["score"], "FILES"),
        (["nothing"], "nothing"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(arguments, named, command):
    done = command(*arguments)
    assert done.returncode == 2
    assert named.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_doctor_says_what_is_on(command):
    done = command("doctor", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert found["ok"]
    assert found["protections"]["seccomp"]
    assert found["level"] >= "L2"
    assert set(found["reasons"]) == {name for name, on in found["protections"].items() if not on}


def test_scoring_works_from_a_folder_whose_names_shadow_packages(tmp_path):
    for name in ("sandbox", "rewards", "numpy", "dill", "ctypes"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('shadowed')")
    (tmp_path / "good.py").write_text(GOOD)
    command = [f"{sys.prefix}/bin/assay", "score", "good.py", "--pairs", "0", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert json.loads(done.stdout)["status"] == "correct", done.stderr


def test_a_low_memory_limit_of_the_shell_is_no_fault_of_the_candidate(tmp_path):
    (tmp_path / "good.py").write_text(GOOD)
    command = f"ulimit -v 900000; exec {sys.executable} -m assay.cli score good.py --pairs 0 --json"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path)
    assert json.loads(done.stdout)["status"] == "correct", done.stderr


def test_python_settings_of_the_user_do_not_reach_the_judge(tmp_path):
    (tmp_path / "nan.py").write_text(
        "from array import array\ndef matmul(A, B):\n"
        "    return [array('d', bytes([1, 0, 0, 0, 0, 0, 0xf0, 0x7f]) * len(B[0])) for _ in A]\n"
    )
    command = [sys.executable, "-m", "assay.cli", "score", "nan.py", "--pairs", "0", "--json"]
    settings = {**os.environ, "PYTHONWARNINGS": "error", "PYTHONOPTIMIZE": "2"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=settings)
    assert json.loads(done.stdout)["status"] == "wrong", done.stderr


def test_a_pipe_is_refused_and_not_waited_for(tmp_path, command):
    os.mkfifo(tmp_path / "pipe.py")
    assert command("score", tmp_path / "pipe.py").returncode == 2


def test_a_file_with_a_byte_order_mark_is_read(tmp_path, command):
    (tmp_path / "bom.py").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    done = command("score", tmp_path / "bom.py", "--pairs", 0, "--json")
    assert json.loads(done.stdout)["status"] == "correct"


def test_a_full_disk_behind_standard_output_is_one_sentence(tmp_path):
    (tmp_path / "good.py").write_text(GOOD)
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "assay.cli", "score", str(tmp_path / "good.py"), "--pairs", "0", "--json"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode != 0
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_replay_command_is_quoted_for_the_shell(tmp_path, command):
    path = tmp_path / "a kernel; true.py"
    path.write_text(GOOD)
    replay = json.loads(command("score", path, "--pairs", 0, "--json").stdout)["replay"]
    assert f"'{path}'" in replay

"""Tasks that users bring: from a script without a main guard, and broken in every way."""

import subprocess
import sys
from dataclasses import replace

import pytest

from assay.rewards import CheckError, Scorer, UnknownTaskError, find_check, find_task
from assay.sandbox import TaskError

SCRIPT = """
from dataclasses import replace
from assay import Scorer, check, find_task
SCALE = 2.0
def larger(rng, shape):
    m, k, n = shape
    return SCALE * rng.uniform(-1, 1, (m, k)), rng.uniform(-1, 1, (k, n))
task = replace(find_task("matmul"), name="mine", inputs=larger)
@check("short", weight=0.2)
def short(candidate, verdict) -> float:
    return 1.0 if len(candidate) < 500 else 0.0
code = "def matmul(A, B):\\n    return [[sum(x * y for x, y in zip(r, c)) for c in zip(*B)] for r in A]\\n"
with Scorer(task, checks=["correct", short], looks=()) as scorer:
    print(scorer.grade([f"```python\\n{code}```"])[0].reward)
"""


def broken(**changes):
    with Scorer(replace(find_task("matmul"), name="mine", **changes), looks=(), workers=1) as scorer:
        scorer.ready()


def test_a_task_and_a_check_of_a_script_without_a_main_guard_travel(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.split() == ["1.2"], done.stderr


@pytest.mark.parametrize(
    "changes",
    [
        {"baseline": "def matmul(A, B):\n    return [[0.0] * len(B[0]) for _ in A]"},
        {"baseline": "def matmul(A, B"},
        {"baseline": "def other(A, B): pass"},
        {"baseline": "import numpy"},
        {"null": "raise ValueError"},
        {"inputs": lambda rng, shape: 1 / 0},
        {"reference": lambda a, b: a @ a @ a @ b @ a @ b},
        {"timed_shape": lambda rng: None},
        {"output_shape": lambda shape: (3,)},
    ],
)
def test_a_task_that_contradicts_itself_is_one_sentence_that_names_it(changes):
    with pytest.raises(TaskError, match="mine") as caught:
        broken(**changes)
    assert "\n" not in str(caught.value)


def test_a_task_that_cannot_be_sent_is_one_sentence():
    stream = (number for number in ())
    with pytest.raises(TaskError, match="cannot be sent"):
        broken(inputs=lambda rng, shape: stream)


@pytest.mark.parametrize(
    "body", ["import nothing_here", "def f(:", "1 / 0", "raise RuntimeError('two\\nlines')", "x = 1"]
)
def test_a_module_of_the_user_that_fails_is_one_sentence_that_names_it(tmp_path, monkeypatch, body):
    name = f"mine_{abs(hash(body))}"
    (tmp_path / f"{name}.py").write_text(body)
    monkeypatch.syspath_prepend(tmp_path)
    for load, error in ((find_task, UnknownTaskError), (find_check, CheckError)):
        with pytest.raises(error, match=name) as caught:
            load(f"{name}:THING")
        assert "\n" not in str(caught.value)

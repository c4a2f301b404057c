"""Inspect: its documented scorer anywhere, a whole evaluation with a scripted model where it is installed."""

import asyncio
import json
import math
import subprocess
import sys
from types import SimpleNamespace

import pytest

from assay.rewards import UnknownTaskError


class Score(SimpleNamespace):
    @classmethod
    def unscored(cls, **fields):
        return cls(value=math.nan, **fields)


def decorator(metrics):
    return lambda function: function


@pytest.fixture
def adapter(documented):
    nothing = SimpleNamespace
    return documented(
        "inspect_ai",
        {
            "inspect_ai.dataset": {"Sample": nothing},
            "inspect_ai.scorer": {
                **{"Score": Score, "Scorer": nothing, "Target": nothing, "scorer": decorator},
                **{"mean": nothing, "stderr": nothing},
            },
            "inspect_ai.solver": {"TaskState": nothing, "generate": nothing},
            "inspect_ai": {"Task": lambda dataset, **given: nothing(dataset=dataset, **given), "task": lambda f: f},
        },
    )


async def score(adapter, text, **options):
    state = SimpleNamespace(output=SimpleNamespace(completion=text), metadata={})
    return await adapter.verdict(looks=(), **options)(state, SimpleNamespace(text="matmul"))


async def test_samples_are_scored_side_by_side_and_mix_nothing(adapter, texts):
    asked = [texts.good, texts.wrong, texts.cheat, texts.none]
    scores = await asyncio.gather(*(score(adapter, text) for text in asked))
    assert [one.value["reward"] for one in scores] == [1.25, 0.25, -1.0, 0.0]
    assert scores[0].answer in texts.good
    assert "cheat" in scores[2].explanation


async def test_a_fault_of_ours_is_unscored_and_never_zero(adapter, texts):
    one = await score(adapter, texts.good, workers=1, unsafe=True)
    assert math.isnan(one.value)
    assert one.reason == "scoring_failed"
    assert "unsafe" in one.explanation


def test_an_unknown_task_is_told_before_anything_is_generated(adapter):
    with pytest.raises(UnknownTaskError, match="'nope'"):
        adapter.verdict(task="nope")
    with pytest.raises(UnknownTaskError, match="'nope'"):
        adapter.kernel(task="nope")


SCRIPT = """
import inspect_ai, json, sys
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
task, answers = json.load(sys.stdin)
if task is None:
    from assay.rewards.adapters.inspect_ai import verdict
    task = inspect_ai.Task([Sample(input="p", target="matmul")], scorer=verdict(looks=(), workers=1, unsafe=True))
outputs = [ModelOutput.from_content("mockllm/model", answer) for answer in answers]
for output in outputs:
    output.usage = ModelUsage()  # else Inspect counts tokens, for which it downloads a vocabulary
model = get_model("mockllm/model", custom_outputs=outputs)
(log,) = inspect_ai.eval(task, model=model, epochs=len(answers), log_dir="logs", display="none")
values = [next(iter(sample.scores.values())).value for sample in log.samples]
print(json.dumps([log.status, values, {one.name: one.unscored_samples for one in log.results.scores}]))
"""


def evaluate(task, answers, folder):
    """A run of its own, elsewhere: Inspect names a task by the package that it finds installed."""
    pytest.importorskip("inspect_ai", reason="inspect-ai is not installed")
    given = json.dumps([task, answers])
    done = subprocess.run([sys.executable, "-c", SCRIPT], input=given, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    status, values, unscored = json.loads(done.stdout.splitlines()[-1])
    assert status == "success"
    return values, unscored


def test_inspect_evaluates_the_task_by_its_registered_name(texts, tmp_path):
    values, unscored = evaluate("assay/kernel", [texts.good, texts.cheat, texts.none], tmp_path)
    assert sorted(value["correct"] for value in values) == [0.0, 0.0, 1.0]
    assert unscored == {"reward": 0, "correct": 0, "cheat": 0, "speedup": 0}


def test_inspect_keeps_a_fault_of_ours_out_of_its_metrics(texts, tmp_path):
    values, unscored = evaluate(None, [texts.good], tmp_path)
    assert math.isnan(values[0])
    assert set(unscored.values()) == {1}

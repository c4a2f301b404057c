"""Inspect: its documented scorer anywhere, a whole evaluation with a scripted model where it is installed."""

import asyncio
import math
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


def evaluate(task, answers, tmp_path):
    inspect = pytest.importorskip("inspect_ai", reason="inspect-ai is not installed")
    from inspect_ai.model import ModelOutput, get_model

    outputs = [ModelOutput.from_content("mockllm/model", answer) for answer in answers]
    model = get_model("mockllm/model", custom_outputs=outputs)
    (log,) = inspect.eval(task, model=model, epochs=len(answers), log_dir=str(tmp_path), display="none")
    assert log.status == "success", log.error
    return log


def test_inspect_evaluates_the_task_by_its_registered_name(texts, tmp_path):
    log = evaluate("assay/kernel", [texts.good, texts.cheat, texts.none], tmp_path)
    values = [next(iter(sample.scores.values())).value for sample in log.samples]
    assert sorted(value["correct"] for value in values) == [0.0, 0.0, 1.0]
    assert {one.name for one in log.results.scores} == {"reward", "correct", "cheat", "speedup"}


def test_inspect_keeps_a_fault_of_ours_out_of_its_metrics(texts, tmp_path):
    pytest.importorskip("inspect_ai", reason="inspect-ai is not installed")
    from inspect_ai import Task
    from inspect_ai.dataset import Sample

    from assay.rewards.adapters.inspect_ai import verdict

    task = Task([Sample(input="p", target="matmul")], scorer=verdict(looks=(), workers=1, unsafe=True))
    log = evaluate(task, [texts.good], tmp_path)
    assert all(one.unscored_samples == 1 for one in log.results.scores)

"""verifiers' Rubric before 0.4: the documented function anywhere, a whole evaluation where such a version is installed."""

import asyncio
import inspect
import math

import pytest

from assay.rewards.adapters.verifiers_legacy import rubric_reward


def conversation(text):
    return [{"role": "assistant", "content": text}]


async def test_rollouts_are_scored_side_by_side_whatever_form_their_completions_have(texts):
    reward, states = rubric_reward(looks=()), [{}, {}, {}]
    completions = [texts.good, conversation(texts.cheat), conversation(texts.none)]
    calls = [reward(completion=c, state=s, prompt="p") for c, s in zip(completions, states, strict=True)]
    assert await asyncio.gather(*calls) == [1.25, -1.0, 0.0]
    assert [state["assay"]["status"] for state in states] == ["correct", "cheat", "no-code"]


def test_the_function_is_a_named_coroutine_with_the_documented_parameters():
    reward = rubric_reward(looks=())
    assert inspect.iscoroutinefunction(reward)
    assert reward.__name__ == "assay_matmul"
    assert {"completion", "state"} <= set(inspect.signature(reward).parameters)


async def test_a_fault_of_ours_marks_its_rollout_and_is_not_zero(texts):
    state = {}
    assert math.isnan(await rubric_reward(looks=(), workers=1, unsafe=True)(completion=texts.cheat, state=state))
    assert "unsafe" in str(state["error"])


@pytest.fixture
def evaluated(model, monkeypatch):
    """``evaluated(answers, **options)``: what an evaluation of verifiers' own environment reports."""
    vf = pytest.importorskip("verifiers", reason="verifiers is not installed")
    if not hasattr(vf, "Rubric"):
        pytest.skip("this verifiers has no Rubric: it is not older than 0.4")
    from datasets import Dataset

    monkeypatch.setenv("ASSAY_TEST_KEY", "none")

    async def run(answers, **options):
        model.answers.extend(answers)
        rows = Dataset.from_list([{"question": "p", "answer": ""}])
        env = vf.SingleTurnEnv(eval_dataset=rows, rubric=vf.Rubric(funcs=[rubric_reward(looks=(), **options)]))
        client = vf.ClientConfig(
            client_type="openai_chat_completions", api_base_url=model.url, api_key_var="ASSAY_TEST_KEY"
        )
        return (await env.evaluate(client, "m", num_examples=1, rollouts_per_example=len(answers)))["outputs"]

    return run


async def test_verifiers_evaluates_a_group(evaluated, texts):
    outputs = await evaluated([texts.good, texts.cheat, texts.none])
    assert sorted(output["reward"] for output in outputs) == [-1.0, 0.0, 1.25]


async def test_verifiers_reports_a_fault_of_ours_as_its_own(evaluated, texts):
    (output,) = await evaluated([texts.good], workers=1, unsafe=True)
    assert math.isnan(output["reward"])
    assert output["error"]["error"] == "InfraError"

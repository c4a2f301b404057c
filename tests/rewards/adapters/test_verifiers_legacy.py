"""verifiers before v1: the documented group function anywhere, its Rubric where such a version is installed."""

import inspect
import math

import pytest

from assay.rewards.adapters.verifiers_legacy import group_reward


def conversation(text):
    return [{"role": "assistant", "content": text}]


async def test_a_group_is_scored_whatever_form_its_completions_have(texts):
    states = [{}, {}, {}]
    completions = [texts.good, conversation(texts.cheat), conversation(texts.none)]
    assert await group_reward(looks=())(completions=completions, states=states, prompts=[]) == [1.25, -1.0, 0.0]
    assert [state["assay"]["status"] for state in states] == ["correct", "cheat", "no-code"]


def test_the_function_is_a_named_coroutine_with_plural_parameters():
    reward = group_reward(looks=())
    assert inspect.iscoroutinefunction(reward)
    assert reward.__name__ == "assay_matmul"
    assert {"completions", "states"} <= set(inspect.signature(reward).parameters)


async def test_a_fault_of_ours_marks_its_own_rollout_and_is_not_zero(texts):
    states = [{}, {}]
    rewards = await group_reward(looks=(), workers=1, unsafe=True)(completions=[texts.good, texts.cheat], states=states)
    assert all(math.isnan(reward) for reward in rewards)
    assert all("unsafe" in str(state["error"]) for state in states)


async def test_the_rubric_of_verifiers_scores_a_group(texts):
    vf = pytest.importorskip("verifiers", reason="verifiers is not installed")
    if not hasattr(vf, "Rubric"):
        pytest.skip("this verifiers has no Rubric: it is not older than v1")
    rubric = vf.Rubric(funcs=[group_reward(looks=())])
    states = [
        {"prompt": "p", "completion": conversation(text), "answer": "", "task": "t", "info": {}, "trajectory": []}
        for text in (texts.good, texts.cheat)
    ]
    await rubric.score_group(states)
    assert [state["reward"] for state in states] == [1.25, -1.0]

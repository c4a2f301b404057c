"""TRL's reward signature, with real judges."""

import inspect

import pytest

from assay.rewards import Scorer, trl_reward

GOOD = "Here:\n```python\ndef matmul(A, B):\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]\n```"
CHEAT = "```python\nimport os\n```"


@pytest.fixture(scope="module")
def scorer():
    with Scorer(looks=()) as scorer:
        yield scorer


def plain(texts):
    return {"prompts": ["p"] * len(texts), "completions": texts, "completion_ids": [[1]] * len(texts)}


def conversational(texts):
    return {
        "prompts": [[{"role": "user", "content": "p"}]] * len(texts),
        "completions": [[{"role": "assistant", "content": text}] for text in texts],
        "completion_ids": [[1]] * len(texts),
    }


@pytest.mark.parametrize("form", [plain, conversational])
async def test_an_async_reward_scores_both_kinds_of_dataset(scorer, form):
    reward = trl_reward(scorer=scorer)
    assert inspect.iscoroutinefunction(reward)
    assert await reward(**form([GOOD, CHEAT, "none"]), trainer_state=None) == [1.25, -1.0, 0.0]


@pytest.mark.parametrize("form", [plain, conversational])
def test_a_sync_reward_scores_both_kinds_of_dataset(scorer, form):
    reward = trl_reward(scorer=scorer, asynchronous=False)
    assert not inspect.iscoroutinefunction(reward)
    assert reward(**form([GOOD, CHEAT]), answer=["x", "y"]) == [1.25, -1.0]


def test_a_reward_has_a_name_for_the_logs(scorer):
    assert trl_reward(scorer=scorer).__name__ == "assay_matmul"


def test_statuses_and_rates_reach_the_trainers_log(scorer):
    extra, metrics = {}, {}
    reward = trl_reward(scorer=scorer, asynchronous=False)
    reward(**plain([GOOD, CHEAT]), log_extra=extra.__setitem__, log_metric=metrics.__setitem__)
    assert extra["assay_status"] == ["correct", "cheat"]
    assert metrics["assay/cheat"] == 0.5


def test_columns_of_the_dataset_reach_the_checks(scorer):
    from assay.rewards import Check

    seen = []
    scorer.checks.append(Check("t-column", lambda difficulty: seen.append(difficulty) or 0.0, when="always"))
    trl_reward(scorer=scorer, asynchronous=False)(**plain([GOOD, CHEAT]), difficulty=["easy", "hard"])
    scorer.checks.pop()
    assert seen == ["easy", "hard"]


def test_an_empty_batch_has_no_rewards(scorer):
    assert scorer.grade([]) == []


def test_equal_candidates_of_a_batch_share_one_verdict(scorer):
    one, two = scorer.grade([GOOD, "other words\n" + GOOD])
    assert one.verdict is two.verdict

"""verl: the documented signature anywhere, its own loader and reward manager where verl is installed."""

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor

import pytest

from assay.rewards import UnknownTaskError
from assay.rewards.adapters.verl import compute_score, compute_score_async
from assay.sandbox import InfraError, UsageError

PATH = "pkg://assay.rewards.adapters.verl"


def sample(text, **given):
    """What verl's managers pass, by keyword."""
    return {
        "data_source": "mine",
        "solution_str": text,
        "ground_truth": "matmul",
        "extra_info": {},
        "looks": [],
        **given,
    }


def test_samples_of_a_thread_pool_are_scored_each_for_itself(texts):
    asked = [texts.good, texts.cheat, texts.none]
    with ThreadPoolExecutor(3) as threads:
        scores = list(threads.map(lambda text: compute_score(**sample(text)), asked))
    assert [score["score"] for score in scores] == [1.25, -1.0, 0.0]
    assert [score["status"] for score in scores] == ["correct", "cheat", "no-code"]


async def test_samples_of_an_event_loop_are_scored_each_for_itself(texts):
    asked = [texts.good, texts.cheat, texts.none]
    scores = await asyncio.gather(*(compute_score_async(**sample(text)) for text in asked))
    assert [score["score"] for score in scores] == [1.25, -1.0, 0.0]


def test_every_sample_has_the_same_keys_for_verl_makes_columns_of_them(texts):
    first, *others = [compute_score(**sample(text)) for text in (texts.good, texts.wrong, texts.none)]
    assert all(list(other) == list(first) for other in others)
    assert first["acc"] == 1.0


def test_the_signature_is_the_documented_one():
    for function in (compute_score, compute_score_async):
        names = list(inspect.signature(function).parameters)
        assert names[:4] == ["data_source", "solution_str", "ground_truth", "extra_info"]
    assert inspect.iscoroutinefunction(compute_score_async)


def test_a_fault_of_ours_is_raised_and_never_a_score(texts):
    with pytest.raises(InfraError):
        compute_score(**sample(texts.good, unsafe=True, workers=1))


def test_what_verl_adds_for_reward_models_is_ignored_and_a_typing_error_is_not(texts):
    assert compute_score(**sample(texts.none, reward_router_address="x", reward_model_tokenizer=None))["score"] == 0.0
    with pytest.raises(UsageError, match="'lokks'"):
        compute_score(**sample(texts.none, lokks=[]))


def test_the_task_of_the_configuration_goes_before_that_of_the_row(texts):
    assert compute_score(**sample(texts.none, ground_truth="x", task="matmul"))["score"] == 0.0
    with pytest.raises(UnknownTaskError, match="'42'"):
        compute_score(**sample(texts.none, ground_truth="42"))


def loaded(name):
    from omegaconf import OmegaConf
    from verl.trainer.ppo.reward import get_custom_reward_fn

    function = {"path": PATH, "name": name, "reward_kwargs": {"looks": [], "task": "matmul"}}
    config = OmegaConf.create({"reward": {"custom_reward_function": function}, "trainer": {"experiment_name": "t"}})
    return config, get_custom_reward_fn(config)


@pytest.mark.parametrize("name", ["compute_score", "compute_score_async"])
async def test_verl_loads_and_its_naive_manager_scores(texts, name):
    pytest.importorskip("verl.trainer.ppo.reward", reason="verl is not installed", exc_type=ImportError)
    import numpy as np
    import torch
    from verl import DataProto
    from verl.experimental.reward_loop.reward_manager.naive import NaiveRewardManager

    class Tokens:
        def decode(self, ids, skip_special_tokens):
            return bytes(ids.tolist()).decode()

    config, function = loaded(name)
    assert inspect.iscoroutinefunction(function) == (name == "compute_score_async")
    manager = NaiveRewardManager(config, Tokens(), function)
    manager.loop = asyncio.get_running_loop()

    def row(text):
        ids = torch.tensor([list(text.encode())])
        tensors = {"responses": ids, "attention_mask": torch.ones_like(ids)}
        columns = {"data_source": "mine", "reward_model": {"ground_truth": "matmul"}, "extra_info": {}}
        return DataProto.from_dict(tensors, non_tensors={k: np.array([v], dtype=object) for k, v in columns.items()})

    asked = [texts.good, texts.cheat, texts.none]
    found = await asyncio.gather(*(manager.run_single(row(text)) for text in asked))
    assert [one["reward_score"] for one in found] == [1.25, -1.0, 0.0]
    assert found[0]["reward_extra_info"]["status"] == "correct"

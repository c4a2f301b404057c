"""verl: the documented signature anywhere, its own loader and reward manager where verl is installed."""

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import assay
from assay.rewards import UnknownTaskError
from assay.rewards.adapters.verl import compute_score, compute_score_async
from assay.sandbox import InfraError, UsageError

TOKENIZER = Path(assay.__file__).parent / "training" / "tiny" / "model"
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


def config_of(name, manager, **given):
    from omegaconf import OmegaConf

    function = {"path": PATH, "name": name, "reward_kwargs": {"looks": [], "task": "matmul", **given}}
    reward = {
        "custom_reward_function": function,
        "num_workers": 2,
        "reward_manager": {"source": "register", "name": manager},
        "reward_model": {"enable": False},
    }
    model = {"path": str(TOKENIZER), "tokenizer_path": str(TOKENIZER)}
    return OmegaConf.create({"reward": reward, "actor_rollout_ref": {"model": model}, "trainer": {}})


def batch_of(texts):
    import numpy as np
    import torch
    from transformers import AutoTokenizer
    from verl import DataProto

    tokenizer = AutoTokenizer.from_pretrained(str(TOKENIZER))
    told = tokenizer(texts, padding=True, padding_side="right", add_special_tokens=False, return_tensors="pt")
    prompts = torch.ones(len(texts), 1, dtype=torch.long)
    tensors = {
        "prompts": prompts,
        "responses": told["input_ids"],
        "attention_mask": torch.cat([prompts, told["attention_mask"]], dim=1),
    }
    rows = {"data_source": "mine", "reward_model": {"ground_truth": "matmul"}, "extra_info": {}}
    columns = {name: np.array([value] * len(texts), dtype=object) for name, value in rows.items()}
    return DataProto.from_dict(tensors, non_tensors=columns)


@pytest.fixture(scope="module")
def loop():
    """``loop(name, manager, **kwargs)``: verl's reward loop with two Ray workers."""
    pytest.importorskip("verl.trainer.ppo.reward", reason="verl is not installed", exc_type=ImportError)
    import ray
    from verl.experimental.reward_loop.reward_loop import RewardLoopManager

    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
    yield lambda *names, **given: RewardLoopManager(config_of(*names, **given))
    ray.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "manager"), [("compute_score_async", "naive"), ("compute_score", "dapo"), ("compute_score", "remote")]
)
def test_verls_reward_loop_scores_a_batch_in_workers_that_take_turns(loop, texts, name, manager):
    asked = [texts.good, texts.cheat, texts.none, texts.wrong] * 2
    found = loop(name, manager, looks=[8]).compute_rm_score(batch_of(asked))
    rewards = found.batch["rm_scores"].sum(1).tolist()
    assert rewards[1:4] == rewards[5:] == [-1.0, 0.0, 0.25]
    assert rewards[0] > 0.75
    assert list(found.non_tensor_batch["status"]) == ["correct", "cheat", "no-code", "wrong"] * 2


@pytest.mark.slow
def test_a_fault_of_ours_stops_verls_reward_loop(loop, texts):
    with pytest.raises(InfraError, match="unsafe"):
        loop("compute_score", "naive", unsafe=True).compute_rm_score(batch_of([texts.good] * 2))


@pytest.mark.parametrize("name", ["compute_score", "compute_score_async"])
def test_verl_loads_the_function_by_its_package_path(texts, name):
    pytest.importorskip("verl.trainer.ppo.reward", reason="verl is not installed", exc_type=ImportError)
    from verl.trainer.ppo.reward import get_custom_reward_fn

    function = get_custom_reward_fn(config_of(name, "naive"))
    assert inspect.iscoroutinefunction(function) == (name == "compute_score_async")

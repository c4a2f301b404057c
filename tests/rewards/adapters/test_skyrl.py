"""SkyRL-gym: its documented environment anywhere, its registry where it is installed."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from assay.rewards import UnknownTaskError
from assay.sandbox import InfraError, UsageError

ROW = {"reward_spec": {"method": "rule", "ground_truth": "matmul"}, "max_turns": 1}


class BaseTextEnv:
    def __init__(self):
        self.turns, self.max_turns = 0, 1

    def init(self, prompt):
        return prompt, {}


@pytest.fixture
def adapter(documented):
    names = {"BaseTextEnv": BaseTextEnv, "BaseTextEnvStepOutput": dict}
    return documented("skyrl", {"skyrl_gym": {}, "skyrl_gym.envs": {}, "skyrl_gym.envs.base_text_env": names})


def test_an_episode_is_one_completion_and_its_reward(adapter, texts):
    env = adapter.KernelEnv({"looks": []}, ROW)
    prompt = [{"role": "user", "content": "p"}]
    assert env.init(prompt) == (prompt, {})
    out = env.step(texts.good)
    assert (out["observations"], out["reward"], out["done"]) == ([], 1.25, True)
    assert out["metadata"]["status"] == "correct"
    assert env.get_metrics()["correct"] == 1.0


def test_environments_of_a_thread_pool_share_the_judges_and_mix_nothing(adapter, texts):
    asked = [texts.good, texts.wrong, texts.cheat, texts.none] * 2
    with ThreadPoolExecutor(8) as threads:
        outs = list(threads.map(lambda text: adapter.KernelEnv({"looks": []}, ROW).step(text), asked))
    assert [out["reward"] for out in outs] == [1.25, 0.25, -1.0, 0.0] * 2


def test_a_fault_of_ours_is_raised_and_never_a_reward(adapter, texts):
    with pytest.raises(InfraError):
        adapter.KernelEnv({"looks": [], "workers": 1, "unsafe": True}, ROW).step(texts.good)


def test_a_row_without_a_task_or_with_an_unknown_one_is_one_sentence(adapter):
    with pytest.raises(UsageError, match="ground_truth"):
        adapter.KernelEnv({}, {})
    with pytest.raises(UnknownTaskError, match="'42'"):
        adapter.KernelEnv({}, {"reward_spec": {"ground_truth": "42"}})


def test_skyrl_makes_the_environment_from_its_registry(texts):
    gym = pytest.importorskip("skyrl_gym", reason="skyrl-gym is not installed")
    from omegaconf import OmegaConf

    gym.register(id="assay-test", entry_point="assay.rewards.adapters.skyrl:KernelEnv", kwargs={"looks": []})
    for env_config in (OmegaConf.create({"task": "matmul", "looks": []}), {}):
        env = gym.make("assay-test", env_config=env_config, extras=ROW)
        assert env.step(texts.good)["reward"] == 1.25
        env.close()
    from skyrl_gym.metrics import aggregate_for_environment

    assert aggregate_for_environment("assay-test", [env.get_metrics()])["correct"] == 1.0

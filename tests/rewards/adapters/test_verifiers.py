"""verifiers' v1: its documented task anywhere, a whole episode against a local model where it is installed."""

import asyncio
import sys
from types import SimpleNamespace

import pytest

from assay.sandbox import InfraError


class Config:
    checks, looks, workers, unsafe = None, None, None, False
    kernels = ("matmul",)

    def __init__(self, **fields):
        vars(self).update(fields)


class Generic:
    def __class_getitem__(cls, types):
        return cls


class Task(Generic):
    def __init__(self, data, config):
        self.data, self.config = data, config


class Taskset(Generic):
    def __init__(self, config):
        self.config = config


class Trace:
    def __init__(self, reply):
        self.last_reply, self.info, self.metrics = reply, {}, {}

    def record_metrics(self, values):
        self.metrics.update(values)


@pytest.fixture
def adapter(documented):
    kinds = dict.fromkeys(("TaskData", "TaskConfig", "TasksetConfig"), Config)
    names = {**kinds, "Task": Task, "Taskset": Taskset, "State": Config, "Trace": Trace, "reward": lambda f: f}
    package = {"v1": SimpleNamespace(**names)}
    return documented("verifiers", {"verifiers": package, "verifiers.v1": names})


def only_task(adapter, **options):
    (task,) = adapter.KernelTaskset(adapter.KernelTasksetConfig(task=adapter.KernelTaskConfig(**options))).load()
    return task


async def test_rollouts_are_scored_side_by_side_and_mix_nothing(adapter, texts):
    task = only_task(adapter, looks=[])
    traces = [Trace(text) for text in (texts.good, texts.wrong, texts.cheat, texts.none)]
    assert await asyncio.gather(*(task.assay(trace) for trace in traces)) == [1.25, 0.25, -1.0, 0.0]
    assert traces[0].metrics["assay_correct"] == 1.0
    assert traces[2].info["assay"]["status"] == "cheat"


async def test_the_row_has_the_prompt_and_the_baseline_validates_it(adapter):
    task = only_task(adapter, looks=[])
    assert "matmul" in task.data.prompt
    assert await task.validate(None) is True


MODULE = """
import httpx, verifiers.v1 as vf
from assay.rewards.adapters.verifiers import KernelTaskset

class Once(vf.Harness[vf.HarnessConfig]):
    EXECUTES_CODE, NEEDS_CONTAINER = False, False
    async def launch(self, ctx, trace, runtime, endpoint, secret, mcp_urls, data):
        body = {"model": ctx.model, "messages": [{"role": "user", "content": data.prompt}]}
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.post(
                f"{endpoint}/chat/completions", json=body, headers={"Authorization": f"Bearer {secret}"})
        answer.raise_for_status()
        return vf.ProgramResult(exit_code=0, stdout="", stderr="")

__all__ = ["KernelTaskset", "Once"]
"""


@pytest.fixture
def episode(tmp_path, monkeypatch, model):
    """``episode(answer, **options)`` runs one episode of verifiers against a model that gives ``answer``."""
    pytest.importorskip("verifiers", minversion="0.3", reason="verifiers >= 0.3 is not installed")
    import verifiers.v1 as vf

    (tmp_path / "assay_kernels_test.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    context = vf.ModelContext("m", vf.EvalClientConfig(base_url=model.url, api_key_var="NO_KEY"))

    async def run(answer, **options):
        model.answers.append(answer)
        taskset, agent = {"id": "assay_kernels_test", "task": options}, {"runtime": {"type": "subprocess"}}
        env = vf.load_environment(vf.resolve_env_config({"taskset": taskset, "agent": agent}))
        (task,) = env.taskset
        async with env.serving():
            return await env.run_slot(env.slots(task)[0], context)

    yield run
    sys.modules.pop("assay_kernels_test", None)


async def test_verifiers_runs_an_episode_and_sums_up_our_reward(episode, texts):
    for text, reward in [(texts.good, 1.25), (texts.cheat, -1.0), (texts.none, 0.0)]:
        found = await episode(text, looks=[])
        (trace,) = found.traces
        assert found.ok, trace.errors
        assert trace.reward == reward
    assert trace.info["assay"]["status"] == "no-code"


async def test_verifiers_records_a_fault_of_ours_and_gives_no_reward(episode, texts):
    found = await episode(texts.good, looks=[], workers=1, unsafe=True)
    (trace,) = found.traces
    assert not found.ok
    assert trace.rewards == {"assay": None}
    assert InfraError.__name__ in trace.last_error.message

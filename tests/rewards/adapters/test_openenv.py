"""OpenEnv: its documented environment anywhere, its server and client where it is installed."""

import asyncio
import threading
import time

import pytest

from assay.rewards import UnknownTaskError
from assay.sandbox import InfraError


class Model:
    def __init__(self, **fields):
        vars(self).update({"reward": None, "done": False, "step_count": 0} | fields)


class Environment:
    def __init__(self, transform=None, rubric=None):
        pass

    def __class_getitem__(cls, types):
        return cls


@pytest.fixture
def adapter(documented):
    kinds = ("Action", "Observation", "State")
    names = {**{kind: type(kind, (Model,), {}) for kind in kinds}, "Environment": Environment, "create_app": None}
    return documented("openenv", {"openenv": {}, "openenv.core": {}, "openenv.core.env_server": names})


def test_reset_gives_the_prompt_and_step_ends_the_episode(adapter, texts):
    env = adapter.KernelEnvironment(looks=[])
    assert "matmul" in env.reset(seed=1, episode_id="e", extra=1).prompt
    seen = env.step(adapter.KernelAction(completion=texts.good))
    assert (seen.reward, seen.done, seen.status, seen.correct) == (1.25, True, "correct", 1.0)
    assert (env.state.episode_id, env.state.step_count) == ("e", 1)


async def test_concurrent_sessions_mix_nothing(adapter, texts):
    envs = [adapter.KernelEnvironment(looks=[]) for _ in range(4)]
    asked = [texts.good, texts.wrong, texts.cheat, texts.none]
    steps = [env.step_async(adapter.KernelAction(completion=text)) for env, text in zip(envs, asked, strict=True)]
    assert [seen.reward for seen in await asyncio.gather(*steps)] == [1.25, 0.25, -1.0, 0.0]


async def test_a_fault_of_ours_is_raised_and_never_a_reward(adapter, texts):
    env = adapter.KernelEnvironment(looks=[], workers=1, unsafe=True)
    with pytest.raises(InfraError, match="unsafe"):
        env.step(adapter.KernelAction(completion=texts.good))
    with pytest.raises(InfraError, match="unsafe"):
        await env.step_async(adapter.KernelAction(completion=texts.good))


async def test_a_verdict_that_comes_too_late_is_a_fault_of_ours(adapter, texts):
    env = adapter.KernelEnvironment(looks=[])
    with pytest.raises(InfraError, match="timeout_s"):
        env.step(adapter.KernelAction(completion=texts.good), timeout_s=1e-3)
    with pytest.raises(InfraError, match="timeout_s"):
        await env.step_async(adapter.KernelAction(completion=texts.good), timeout_s=1e-3)


def test_an_unknown_task_is_one_sentence(adapter):
    with pytest.raises(UnknownTaskError, match="'nope'"):
        adapter.KernelEnvironment("nope")


@pytest.fixture
def served():
    """``served(**options)``: the address of OpenEnv's own server of the environment."""
    pytest.importorskip("openenv.core.env_server", reason="openenv-core is not installed")
    import uvicorn

    from assay.rewards.adapters.openenv import app

    running = []

    def start(**options):
        server = uvicorn.Server(uvicorn.Config(app(**options), port=0, log_level="error"))
        thread = threading.Thread(target=server.run)
        thread.start()
        running.append((server, thread))
        while not server.started:
            time.sleep(0.01)
        return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join()


async def test_clients_of_the_real_server_are_scored_side_by_side(served, texts):
    from openenv.core import GenericEnvClient

    address = served(looks=[])

    async def episode(text):
        async with GenericEnvClient(base_url=address) as client:
            assert "matmul" in (await client.reset()).observation["prompt"]
            result = await client.step({"completion": text})
            return result.reward, result.done, result.observation["status"]

    found = await asyncio.gather(*(episode(text) for text in (texts.good, texts.cheat, texts.none)))
    assert found == [(1.25, True, "correct"), (-1.0, True, "cheat"), (0.0, True, "no-code")]


async def test_a_fault_of_ours_reaches_the_real_client_as_an_error(served, texts):
    from openenv.core import GenericEnvClient

    async with GenericEnvClient(base_url=served(looks=[], workers=1, unsafe=True)) as client:
        await client.reset()
        with pytest.raises(RuntimeError, match="unsafe"):
            await client.step({"completion": texts.good})

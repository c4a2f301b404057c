"""Recorded GRPO steps give the losses they gave, unpatched and patched: golden curves."""

import importlib.util
import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "golden.py"
RELATIVE = 1e-4
FULL, LORA = ["attention"], ["attention", "experts", "lora"]


@pytest.fixture(scope="module")
def golden():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # more are slower at this size, much slower on a busy host
    specification = importlib.util.spec_from_file_location("golden", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    yield module
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def curves(golden):
    return {kind: curve["steps"] for kind, curve in json.loads(golden.CURVE.read_text()).items()}


def off(one, other, figure="loss"):
    """The largest relative difference of a figure, step by step."""
    assert len(one) <= len(other)
    return max(abs(a[figure] - b[figure]) / abs(b[figure]) for a, b in zip(one, other, strict=False) if b[figure])


def test_the_curve_holds_fifty_steps_whose_losses_depend_on_the_model(golden, curves):
    steps = curves["full"]
    assert len(steps) == 50
    assert sum(len(group) for group in json.loads(golden.ROLLOUTS.read_text())) == 50 * golden.MICRO
    assert all(step["kl"] > 0 for step in steps[2:])
    assert len({step["loss"] for step in steps}) == 50


def test_the_first_steps_patched_give_the_recorded_losses(golden, curves):
    steps = golden.replay("full", 3, FULL)
    assert off(steps, curves["full"]) < RELATIVE
    assert off(steps, curves["full"], "grad_norm") < RELATIVE
    assert off(steps, curves["full"], "kl") < 1e-3


@pytest.mark.slow
def test_the_first_steps_of_an_adapter_on_attention_and_experts_are_the_same_patched(golden):
    plain, patched = golden.replay("lora", 3), golden.replay("lora", 3, LORA)
    assert off(patched, plain) < RELATIVE
    assert off(patched, plain, "grad_norm") < 1e-3


def test_a_patch_that_is_slightly_wrong_leaves_the_curve(golden, curves):
    """Early losses hardly depend on the model (the ratio is near 1): divergence from the first weights does."""
    import types

    def widen(model):
        for layer in model.model.layers:
            layer.self_attn.sinks.data += 0.01
        return model

    wrong = types.SimpleNamespace(
        NAME="wrong", SUMMARY="", apply=widen, remove=lambda model, state: None, explain=lambda model, state: {}
    )
    assert off(golden.replay("full", 3, [wrong]), curves["full"], "kl") > 1e-2


@pytest.mark.slow
@pytest.mark.parametrize("patches", [[], FULL], ids=["unpatched", "patched"])
def test_all_fifty_steps_give_the_recorded_losses(golden, curves, patches):
    steps = golden.replay("full", 50, patches)
    assert len(steps) == 50
    assert off(steps, curves["full"]) < RELATIVE


@pytest.mark.slow
def test_all_fifty_steps_of_an_adapter_give_the_recorded_losses_and_are_the_same_patched(golden, curves):
    plain, patched = golden.replay("lora", 50), golden.replay("lora", 50, LORA)
    assert len(plain) == len(patched) == 50
    assert off(plain, curves["lora"]) < RELATIVE
    assert off(patched, plain) < RELATIVE

"""vLLM is sent the adapted weights, merged without touching the base; TRL's own way sends packed experts as zeros."""

import contextlib
import types

import pytest

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")
pytest.importorskip("trl")

from trl.generation.vllm_generation import VLLMGeneration  # noqa: E402

from assay.patches import AdapterError, SilentFault, apply_patches, checkpoint  # noqa: E402
from assay.patches.guard import check  # noqa: E402
from assay.patches.vllm_sync import send_adapted_only  # noqa: E402

ARGS = types.SimpleNamespace(router_aux_loss_coef=0.0, use_vllm=True)


@pytest.fixture
def trainer(packed):
    """``trainer(**lora)``: a model with packed experts and random factors, behind TRL's own walk over weights."""

    def build(**lora):
        model = checkpoint.load(packed)
        apply_patches(model, ["experts", "lora"], say=lambda table: None)
        wrapped = peft.get_peft_model(model, peft.LoraConfig(r=2, target_modules=["q_proj", "o_proj"], **lora))
        for name, parameter in wrapped.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter)
        generation = object.__new__(VLLMGeneration)  # vLLM itself needs a GPU
        generation.model = wrapped
        generation._dist = types.SimpleNamespace(gather_params=lambda p: contextlib.nullcontext(), is_fsdp=False)
        return types.SimpleNamespace(model=wrapped, vllm_generation=generation)

    return build


def test_trl_would_send_packed_experts_as_zeros_and_the_guard_refuses(trainer):
    made = trainer()
    sent = dict(made.vllm_generation._iter_named_params())
    experts = sent["model.layers.0.mlp.experts.gate_up_proj"]
    assert experts.numel() == 4 * 64 * 64
    assert not experts.any()
    with pytest.raises(SilentFault, match=r"stand-ins of packed experts, all zeros.*send_adapted_only"):
        check(made.model.get_base_model(), ARGS)


def test_only_adapted_weights_are_sent_merged_and_the_base_is_not_touched(trainer):
    made = trainer()
    before = {name: parameter.clone() for name, parameter in made.model.named_parameters()}
    send_adapted_only(made)
    sent = dict(made.vllm_generation._iter_named_params())
    layers = [f"model.layers.{i}.self_attn.{p}_proj.weight" for i in range(2) for p in "qo"]
    assert sorted(sent) == sorted(layers)
    layer = made.model.get_base_model().model.layers[0].self_attn.q_proj
    assert torch.equal(
        sent[layers[0]], (layer.base_layer.weight.float() + layer.get_delta_weight("default")).bfloat16()
    )
    assert not torch.equal(sent[layers[0]], layer.base_layer.weight)
    assert all(torch.equal(before[name], parameter) for name, parameter in made.model.named_parameters())
    assert "adapted weights only" in check(made.model.get_base_model(), ARGS)["rollouts"]


def test_an_adapter_on_experts_that_vllm_can_never_get_is_refused(trainer):
    made = trainer(target_parameters=["mlp.experts.gate_up_proj"])
    with pytest.raises(AdapterError, match=r"cannot be sent the adapter on model.layers.0.mlp.experts"):
        send_adapted_only(made)
    with pytest.raises(SilentFault, match="use_vllm samples without the adapter on .*gate_up_proj"):
        check(made.model.get_base_model(), ARGS)


def test_a_weight_trained_beside_the_adapter_is_refused_as_it_would_stay_behind(trainer):
    made = trainer()
    made.model.get_base_model().model.layers[1].self_attn.sinks.requires_grad_()
    with pytest.raises(AdapterError, match=r"layers.1.self_attn.sinks is trained beside the adapter"):
        send_adapted_only(made)

"""Each silent fault happens upstream, is refused by the guard with the way out, and a right setup passes."""

import types
import warnings

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from transformers import AttentionInterface, AttentionMaskInterface, AutoModelForCausalLM  # noqa: E402
from transformers.integrations.sdpa_attention import sdpa_attention_forward  # noqa: E402
from transformers.masking_utils import eager_mask  # noqa: E402
from transformers.models.gpt_oss.modeling_gpt_oss import eager_attention_forward  # noqa: E402

from assay.patches import OptionError, SilentFault  # noqa: E402
from assay.patches.guard import GUARDS, check  # noqa: E402


def ids(length=20, rows=1):
    return torch.randint(1, 64, (rows, length), generator=torch.Generator().manual_seed(1))


def attend_with(model, name, function, mask=None):
    """The model with a registered attention function, set as a user's own kernel would be."""
    AttentionInterface.register(name, function)
    if mask is not None:
        AttentionMaskInterface.register(name, mask)
    model.set_attn_implementation(name)
    return model


def args(**options):
    """Training arguments; TRL's have router_aux_loss_coef."""
    return types.SimpleNamespace(**({"router_aux_loss_coef": 0.0} | options))


def off(one, other):
    return (one - other).detach().abs().max().item()


def test_a_right_setup_passes_and_says_what_was_seen(tiny):
    seen = check(tiny(), args())
    assert set(seen) == set(GUARDS)
    assert "eager" in seen["attention"]


# ---- attention kernels


@pytest.mark.parametrize(
    "name",
    [
        "flash_attention_2",
        "flash_attention_3",
        "paged|flash_attention_3",
        "kernels-community/vllm-flash-attn3",
        "kernels-community/flash-attn3",
        "kernels-community/flash-attn",
    ],
)
def test_a_flash_kernel_without_sink_backward_is_refused(tiny, name):
    model = tiny()
    model.config._attn_implementation_internal = name
    with pytest.raises(SilentFault, match=r"no backward for attention sinks.*eager.*patch attention"):
        check(model, args())


def test_transformers_puts_the_kernel_without_backward_in_place_of_flash_attention_2(tiny):
    model = tiny()
    listed = model._compatible_flash_implementations
    assert "flash_attention_2" not in listed
    assert listed[0] == "kernels-community/vllm-flash-attn3"


def test_sdpa_leaves_out_the_sinks_in_silence_and_is_refused(tiny):
    model, tokens = tiny(), ids()
    right = model(tokens).logits
    model.config._attn_implementation_internal = "sdpa"
    assert off(model(tokens).logits, right) > 0.01
    with pytest.raises(SilentFault, match="'sdpa' leaves out gpt-oss's attention sinks; set attn_implementation"):
        check(model, args())


def test_sdpa_under_another_name_is_found_by_trying_it(tiny):
    model = attend_with(tiny(), "fast_attention", sdpa_attention_forward, eager_mask)
    with pytest.raises(SilentFault, match=r"'fast_attention' is wrong in the output by \d+%"):
        check(model, args())


def without_sink_gradient(module, query, key, value, attention_mask, scaling, s_aux=None, **rest):
    held = types.SimpleNamespace(
        sinks=s_aux.detach(), num_key_value_groups=module.num_key_value_groups, training=module.training
    )
    return eager_attention_forward(held, query, key, value, attention_mask, scaling)


def test_a_kernel_whose_sinks_get_no_gradient_leaves_them_untrained_in_silence_and_is_refused(tiny):
    model = tiny()
    right = model(ids()).logits
    attend_with(model, "no_sink_gradient", without_sink_gradient, eager_mask)
    wrong = model(ids()).logits
    assert off(wrong, right) < 1e-5
    wrong.sum().backward()
    assert all(layer.self_attn.sinks.grad is None for layer in model.model.layers)
    with pytest.raises(SilentFault, match="gives no gradient to the sinks"):
        check(model, args())


def broken_backward(*arguments, **rest):
    output, weights = eager_attention_forward(*arguments, **rest)
    output.register_hook(lambda gradient: (_ for _ in ()).throw(RuntimeError("no backward for this kernel")))
    return output, weights


def test_a_kernel_that_fails_in_training_is_named_before_the_first_step(tiny):
    model = attend_with(tiny(), "forward_only", broken_backward, eager_mask)
    with pytest.raises(SilentFault, match="fails in training: no backward for this kernel"):
        check(model, args())


def test_a_users_own_right_kernel_passes_and_trying_it_leaves_no_trace(tiny):
    model = attend_with(tiny(), "my_right_kernel", eager_attention_forward, eager_mask)
    before = dict(model.named_parameters())
    assert "agrees with eager" in check(model, args())["attention"]
    assert all(before[name] is parameter for name, parameter in model.named_parameters())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert model.config._attn_implementation == "my_right_kernel"


# ---- masks


def test_a_name_missing_from_the_mask_interface_attends_to_padding_in_silence_and_is_refused(tiny):
    model, tokens = tiny(), ids(12)
    padded = torch.cat((torch.zeros(1, 8, dtype=torch.long), tokens), dim=1)
    mask = (torch.arange(20) >= 8).long()[None]
    right = model(padded, attention_mask=mask).logits[:, 8:]
    attend_with(model, "maskless", eager_attention_forward)
    assert off(model(padded, attention_mask=mask).logits[:, 8:], right) > 0.1
    with pytest.raises(SilentFault, match=r"'maskless' is missing.*AttentionMaskInterface.register\('maskless'"):
        check(model, args())


# ---- MXFP4


def test_mxfp4_falls_back_to_dense_experts_without_a_trace_on_the_model_and_is_refused(packed):
    model = AutoModelForCausalLM.from_pretrained(packed, dtype="bfloat16")
    assert not getattr(model.config, "quantization_config", None)
    assert model.model.layers[0].mlp.experts.gate_up_proj.dtype == torch.bfloat16
    with pytest.raises(SilentFault, match=r"is MXFP4 but its experts were expanded.*add experts to patches"):
        check(model, args())


def test_dense_experts_that_are_meant_can_be_allowed_and_stay_in_the_table(packed):
    model = AutoModelForCausalLM.from_pretrained(packed, dtype="bfloat16")
    assert check(model, args(), allow=["mxfp4"])["mxfp4"].startswith("allowed: the checkpoint")


def test_packed_experts_pass(packed):
    model = AutoModelForCausalLM.from_pretrained(packed, dtype="bfloat16")
    experts = model.model.layers[0].mlp.experts
    experts.register_buffer("gate_up_proj_blocks", torch.zeros(1, dtype=torch.uint8))
    assert "packed" in check(model, args())["mxfp4"]


def test_transformers_own_mxfp4_experts_are_refused_as_they_do_not_train(tiny):
    model = tiny()
    kind = type("Mxfp4GptOssExperts", (torch.nn.Module,), {})
    model.model.layers[0].mlp.experts = kind()
    with pytest.raises(SilentFault, match="hand no gradient to the layers below"):
        check(model, args())


# ---- target_parameters


def adapt(model, **options):
    peft = pytest.importorskip("peft")
    config = peft.LoraConfig(r=2, target_modules=["q_proj"], **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return peft.get_peft_model(model, config)


def test_one_matching_entry_hides_one_that_matched_nothing_and_it_is_refused(tiny):
    peft = pytest.importorskip("peft")
    entries = ["mlp.experts.gate_up_proj", "mlp.experts.down_projection"]
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # PEFT's own warning, where it has one
        wrapped = peft.get_peft_model(
            tiny(), peft.LoraConfig(r=2, target_modules=["q_proj"], target_parameters=entries)
        )
    trained = [name for name, parameter in wrapped.named_parameters() if parameter.requires_grad]
    assert trained
    assert not any("down_proj" in name for name in trained)
    with pytest.raises(SilentFault, match=r"'mlp.experts.down_projection' .*matched no parameter.*down_proj"):
        check(wrapped.get_base_model(), args())


def test_entries_that_matched_pass(tiny):
    wrapped = adapt(tiny(), target_parameters=["mlp.experts.gate_up_proj", "mlp.experts.down_proj"])
    assert "4 parameters adapted" in check(wrapped.get_base_model(), args())["target_parameters"]


def test_entries_of_a_configuration_that_was_never_put_on_the_model_are_refused(tiny):
    from peft import LoraConfig

    config = LoraConfig(r=2, target_modules=["q_proj"], target_parameters=["mlp.experts.gate_up_proj"])
    with pytest.raises(SilentFault, match="matched no parameter"):
        check(tiny(), args(), config)


# ---- auxiliary loss


def test_the_routers_loss_is_added_in_silence_and_is_refused(tiny):
    model, tokens = tiny(output_router_logits=True), ids()
    added = model(tokens, labels=tokens).loss - model(tokens, labels=tokens, output_router_logits=False).loss
    assert added > 0.5  # 0.9 times a loss of at least one
    with pytest.raises(SilentFault, match="output_router_logits to False"):
        check(model, args())


def test_trl_takes_the_coefficient_from_the_models_configuration_and_it_is_refused(tiny, tmp_path):
    trl = pytest.importorskip("trl")
    arguments = trl.GRPOConfig(output_dir=str(tmp_path), use_cpu=True, bf16=False)
    assert arguments.router_aux_loss_coef is None or arguments.router_aux_loss_coef != 0
    with pytest.raises(SilentFault, match=r"auxiliary loss is added .*set router_aux_loss_coef to 0.0"):
        check(tiny(), arguments)


def test_a_coefficient_in_the_arguments_is_refused(tiny):
    with pytest.raises(SilentFault, match="coefficient 0.01 .from the training arguments"):
        check(tiny(), args(router_aux_loss_coef=0.01))


# ---- packing


def test_packing_by_position_ids_leaks_upstream_and_is_refused(tiny):
    model, one, other = tiny(), ids(10), ids(30)[:, 10:]
    alone = model(other).logits
    row = torch.cat((one, other), dim=1)
    positions = torch.cat((torch.arange(10), torch.arange(20)))[None]
    assert off(model(row, position_ids=positions).logits[:, 10:], alone) > 0.1
    for option in ("packing", "padding_free"):
        with pytest.raises(SilentFault, match=rf"{option} leaks .*patch attention, or set {option} to False"):
            check(model, args(**{option: True}))


# ---- all together


def test_every_fault_is_told_at_once_in_one_line(tiny):
    model = tiny()
    model.config._attn_implementation_internal = "sdpa"
    with pytest.raises(SilentFault) as caught:
        check(model, args(packing=True, router_aux_loss_coef=0.5))
    assert all(word in str(caught.value) for word in ("sdpa", "packing", "router_aux_loss_coef"))
    assert "\n" not in str(caught.value)


def test_an_unknown_name_under_allow_is_refused(tiny):
    with pytest.raises(OptionError, match=r"no guard named 'mxfp5'; there are attention"):
        check(tiny(), args(), allow=["mxfp5"])

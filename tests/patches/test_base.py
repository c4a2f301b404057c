"""Patches are applied in one order, told in one table, and taken off without a trace."""

import copy
import subprocess
import sys
import types

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from assay.patches import (  # noqa: E402
    ModelError,
    OptionError,
    applied_patches,
    apply_patches,
    checkpoint,
    find_patch,
    names,
    remove_patches,
)


def frozen(value):
    """A value in a form that compares: tensors by identity, containers by content."""
    if isinstance(value, dict):
        return {key: frozen(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [frozen(item) for item in value]
    return id(value) if isinstance(value, torch.Tensor | torch.nn.Module) or callable(value) else repr(value)


def snapshot(model):
    """Everything that a patch might change: attributes, forward functions, classes, hooks, weights, configuration."""
    return {
        "modules": {name: (id(module), type(module), frozen(vars(module))) for name, module in model.named_modules()},
        "weights": {name: (id(t), t._version) for name, t in [*model.named_parameters(), *model.named_buffers()]},
        "values": {name: tensor.clone() for name, tensor in model.state_dict().items()},
        "forwards": {
            name: id(getattr(module.forward, "__func__", module.forward)) for name, module in model.named_modules()
        },
        "config": copy.deepcopy(vars(model.config)),
    }


def same(one, other):
    values, others = one.pop("values"), other.pop("values")
    assert one == other
    assert values.keys() == others.keys()
    assert all(torch.equal(values[name], others[name]) for name in values)


def fake(name, log, **parts):
    """A patch that sets an attribute of the model and notes its calls."""

    def apply(model, *, loud=False):
        log.append(f"+{name}")
        setattr(model, f"is_{name}", loud)
        return loud

    def remove(model, state):
        log.append(f"-{name}")
        delattr(model, f"is_{name}")

    made = {
        "NAME": name,
        "SUMMARY": "fake",
        "apply": apply,
        "remove": remove,
        "explain": lambda m, s: {name: f"loud {s}"},
    }
    return types.SimpleNamespace(**(made | parts))


def with_what_it_needs(name):
    return ["experts", name] if name in ("lora", "fp16") else [name]


def quiet(table):
    pass


@pytest.mark.parametrize("name", names())
def test_a_patch_says_what_it_is(name):
    patch = find_patch(name)
    assert name == patch.NAME
    assert patch.SUMMARY
    assert "\n" not in patch.SUMMARY
    assert all(callable(part) for part in (patch.apply, patch.remove, patch.explain))


@pytest.mark.parametrize("name", names())
def test_a_patch_is_removed_without_a_trace_and_can_be_applied_again(tiny, packed, name):
    model = checkpoint.load(packed, dtype=torch.float32) if name == "fused" else tiny(router_aux_loss_coef=0.0)
    model = model.half() if name == "fp16" else model
    before = snapshot(model)
    for _ in range(2):
        applied = apply_patches(model, with_what_it_needs(name), say=quiet)
        assert applied.rows[name]
        assert applied_patches(model) == with_what_it_needs(name)
        assert name in remove_patches(model)
    assert applied_patches(model) == []
    same(before, snapshot(model))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=str)
@pytest.mark.parametrize("stored", ["dense", "packed"])
def test_all_patches_that_suit_a_model_together_are_removed_without_a_trace(tiny, packed, stored, dtype):
    model = tiny().to(dtype) if stored == "dense" else checkpoint.load(packed, dtype=dtype)
    model.config.router_aux_loss_coef = 0.0
    before = snapshot(model)
    apply_patches(model, say=quiet)
    suiting = {name for name in names() if not hasattr(find_patch(name), "suits") or find_patch(name).suits(model)}
    assert ("fused" in suiting) == (stored == "packed")
    assert ("fp16" in suiting) == (dtype == torch.float16)
    assert set(remove_patches(model)) == suiting
    same(before, snapshot(model))


def test_the_comparison_sees_what_a_patch_might_leave_behind(tiny):
    model = tiny()
    for leave in (
        lambda: setattr(model.model.layers[0].mlp, "forward", lambda x: x),
        lambda: setattr(model.config, "sliding_window", 3),
        lambda: setattr(model.model.layers[1].self_attn, "kept", 1),
        lambda: model.model.norm.register_forward_hook(lambda *a: None),
        lambda: model.model.norm.weight.data.mul_(2),
        lambda: model.model.norm.register_buffer("scratch", torch.zeros(1)),
    ):
        before = snapshot(model)
        leave()
        with pytest.raises(AssertionError):
            same(before, snapshot(model))


def test_patches_go_on_in_their_order_and_off_in_the_reverse_one(tiny):
    model, log = tiny(), []
    patches = [fake("guard", log), fake("experts", log), fake("attention", log)]
    assert list(apply_patches(model, patches, say=quiet).rows) == ["attention", "experts", "guard"]
    remove_patches(model)
    assert log == ["+attention", "+experts", "+guard", "-guard", "-experts", "-attention"]


def test_a_patch_that_is_on_is_not_applied_twice(tiny):
    model, log = tiny(), []
    apply_patches(model, [fake("attention", log)], say=quiet)
    apply_patches(model, [fake("attention", log), fake("experts", log)], say=quiet)
    assert log == ["+attention", "+experts"]
    assert remove_patches(model, ["attention"]) == ["attention"]
    assert applied_patches(model) == ["experts"]


def test_a_patch_that_fails_takes_down_those_of_its_call_only(tiny):
    model, log = tiny(), []
    apply_patches(model, [fake("attention", log)], say=quiet)

    def fails(model):
        raise OptionError("no")

    with pytest.raises(OptionError):
        apply_patches(model, [fake("experts", log), fake("guard", log, apply=fails)], say=quiet)
    assert applied_patches(model) == ["attention"]
    assert log == ["+attention", "+experts", "-experts"]


def test_one_table_tells_what_was_done(tiny):
    from rich.console import Console

    console, log = Console(width=100, record=True, file=open("/dev/null", "w")), []  # noqa: SIM115
    apply_patches(tiny(), [fake("attention", log)], options={"attention": {"loud": True}}, say=console.print)
    text = console.export_text()
    assert "attention" in text
    assert "loud True" in text


def test_patches_reach_a_model_inside_peft(tiny):
    peft = pytest.importorskip("peft")
    bare, log = tiny(), []
    wrapped = peft.get_peft_model(bare, peft.LoraConfig(r=2, target_modules=["q_proj"]))
    apply_patches(wrapped, [fake("attention", log)], say=quiet)
    assert applied_patches(bare) == ["attention"]
    assert bare.is_attention is False
    remove_patches(bare)
    assert applied_patches(wrapped) == []


@pytest.mark.parametrize(
    ("patches", "options", "said"),
    [
        (["attension"], None, "no patch named 'attension'; there are"),
        (["guard"], {"attention": {}}, "options for attention, which is not among the patches"),
        (["guard"], {"guard": {"alow": []}}, "patch 'guard' has no option alow; it takes args, peft_config, allow"),
    ],
)
def test_a_wrong_name_or_option_is_one_sentence(tiny, patches, options, said):
    model = tiny()
    with pytest.raises(OptionError, match=said) as caught:
        apply_patches(model, patches, options=options, say=quiet)
    assert "\n" not in str(caught.value)
    assert applied_patches(model) == []


def test_removing_what_is_not_on_names_what_is(tiny):
    with pytest.raises(OptionError, match="'guard' is not on this model; on it are none"):
        remove_patches(tiny(), ["guard"])


def test_another_architecture_is_refused_by_its_name():
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=1, vocab_size=8)
    with pytest.raises(ModelError, match="not for model_type 'llama'"):
        apply_patches(LlamaForCausalLM(config))
    with pytest.raises(ModelError, match="not for str"):
        apply_patches("openai/gpt-oss-20b")


def test_a_patched_model_can_be_freed(tiny):
    import gc
    import weakref

    model = tiny()
    apply_patches(model, [fake("attention", [], apply=lambda model: model)], say=quiet)  # its state holds the model
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_listing_the_patches_loads_no_torch():
    code = "import sys, assay.patches as p; p.names(); sys.exit(any(m in sys.modules for m in ('torch', 'transformers', 'rich')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

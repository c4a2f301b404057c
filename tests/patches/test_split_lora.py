"""Split LoRA over experts is PEFT's LoRA: same output, same gradients, same files."""

import sys

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
peft = pytest.importorskip("peft")
from peft.tuners.lora.layer import ParamWrapper  # noqa: E402

from assay.patches import checkpoint, experts, lora, synthetic  # noqa: E402
from assay.patches.errors import AdapterError, ModelError  # noqa: E402

IDS = torch.randint(1, 64, (2, 19), generator=torch.Generator().manual_seed(1))
TARGETS = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]


@pytest.fixture
def folder(tiny, tmp_path):
    # Hidden and expert width are equal, as in gpt-oss-20b: a layout guessed from shapes would be wrong.
    return synthetic.write(tmp_path / "model", tiny(intermediate_size=64).config, spread=0.3)


@pytest.fixture
def patched(folder):
    """``patched(dtype, targets)``: a packed model with both patches and a random adapter; B is not zero."""
    on = []

    def build(dtype=torch.float32, targets=TARGETS, model=None):
        base = model or checkpoint.load(folder, dtype=dtype)
        experts.apply(base, experts_per_tile=3, rows_per_tile=16)
        on.append((base, lora.apply(base)))
        return adapted(base, targets)

    yield build
    for base, state in on:
        lora.remove(base, state)


def adapted(base, targets=TARGETS):
    """The model with an adapter of random factors, the same ones every time."""
    config = peft.LoraConfig(r=8, lora_alpha=24, target_modules=["q_proj"], target_parameters=list(targets))
    model = peft.get_peft_model(base, config)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.1)
    return model


def distance(a, b):
    return ((a.double() - b.double()).norm() / b.double().norm()).item()


def gradients(model):
    """Logits, the gradient of the embeddings and those of all LoRA factors."""
    torch.manual_seed(0)
    embedded = model.get_input_embeddings()(IDS).detach().requires_grad_(True)
    logits = model(inputs_embeds=embedded).logits
    (logits.float() * torch.randn(logits.shape).to(logits.device)).sum().backward()
    found = {"logits": logits.detach(), "embeddings": embedded.grad}
    found |= {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return found


def plain(folder, targets=TARGETS, dtype=torch.float32):
    """PEFT's own LoRA over dense experts, computed by transformers."""
    return adapted(checkpoint.load(folder, dtype=dtype, packed=False), targets)


def worst(model, reference):
    ours, theirs = gradients(model), gradients(reference)
    assert ours.keys() == theirs.keys()
    return max(distance(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize("targets", [TARGETS, TARGETS[:1], TARGETS[1:]])
def test_packed_split_lora_agrees_with_peft_in_output_and_every_gradient(folder, patched, targets):
    assert worst(patched(targets=targets), plain(folder, targets)) <= 1e-5


def test_split_lora_over_dense_experts_agrees_with_peft(folder, patched):
    dense = checkpoint.load(folder, dtype=torch.float32, packed=False)
    assert worst(patched(model=dense), plain(folder)) <= 1e-5


def quantise(model):
    parametrize = pytest.importorskip("bitsandbytes.nn.parametrize")
    for module in model.modules():
        if type(module).__name__ == "GptOssExperts":
            for name in ("gate_up_proj", "down_proj"):
                parametrize.replace_parameter_4bit(module, name)
    return model


def test_split_lora_over_nf4_agrees_with_peft_over_what_nf4_stands_for(folder, patched):
    quantised = quantise(patched(model=checkpoint.load(folder, dtype=torch.float32, packed=False)))
    reference = checkpoint.load(folder, dtype=torch.float32, packed=False)
    rounded = quantise(checkpoint.load(folder, dtype=torch.float32, packed=False))
    for layer, copy in zip(rounded.model.layers, reference.model.layers, strict=True):
        for name in ("gate_up_proj", "down_proj"):
            getattr(copy.mlp.experts, name).data.copy_(getattr(layer.mlp.experts, name))
    assert worst(quantised, adapted(reference)) <= 1e-5


def test_an_adapter_added_over_nf4_is_refused_since_plain_peft_could_not_load_it(folder, patched):
    quantised = quantise(checkpoint.load(folder, dtype=torch.float32, packed=False))
    targets = [f"model.layers.{layer}.{name}" for layer in range(2) for name in TARGETS]
    model = patched(model=quantised, targets=targets)
    with pytest.raises(AdapterError, match="add the adapter first"):
        model(IDS)


def test_an_adapter_trained_here_gives_the_same_logits_in_plain_peft(folder, patched, tmp_path):
    model = patched()
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    for _ in range(3):
        model(input_ids=IDS, labels=IDS).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(tmp_path / "adapter")
    ours = model(IDS).logits
    base = checkpoint.load(folder, dtype=torch.float32, packed=False)
    theirs = peft.PeftModel.from_pretrained(base, tmp_path / "adapter")
    factors = [p for name, p in theirs.named_parameters() if "experts" in name and "lora_B" in name]
    assert len(factors) == 4
    assert all(factor.abs().min() > 0 for factor in factors)
    assert distance(ours, theirs(IDS).logits) <= 1e-5


def test_an_adapter_of_plain_peft_loads_over_packed_experts(folder, patched, tmp_path):
    reference = plain(folder)
    reference.save_pretrained(tmp_path / "adapter")
    model = patched()
    model.load_adapter(tmp_path / "adapter", "other")
    model.set_adapter("other")
    assert distance(model(IDS).logits, reference(IDS).logits) <= 1e-5


@pytest.mark.parametrize("fault", ["B expert first", "the scaling is left out", "A and B detached"])
def test_the_comparison_sees_that(folder, patched, monkeypatch, fault):
    original = lora._factors

    def broken(wrapper, name):
        a, b = original(wrapper, name)
        if fault == "the scaling is left out":
            return a, b / wrapper.scaling[name]
        if fault == "A and B detached":
            return a.detach() + 0 * a, b
        weight = wrapper.lora_B[name].weight
        return a, weight.view(weight.shape[0], *a.shape[:2]).permute(1, 2, 0) * wrapper.scaling[name]

    model = patched()
    monkeypatch.setattr(lora, "_factors", broken)
    assert worst(model, plain(folder)) > 1e-3


def test_no_tensor_of_a_dense_weights_size_is_saved_or_kept(patched):
    model = patched(targets=TARGETS)
    dense = 3 * 64 * 64  # the three experts of a tile, the smaller projection
    saved = []
    layer = model.get_base_model().model.layers[0].mlp
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t.numel()) or t, lambda t: t):
        layer(torch.randn(1, 6, 64, requires_grad=True))
    factors = 4 * 8 * 128  # B of gate_up, the largest factor of all experts together
    assert max(saved) <= factors < dense


def test_several_active_adapters_add_up_as_in_peft(folder, patched):
    models = patched(), plain(folder)
    for model in models:
        config = peft.LoraConfig(r=2, lora_alpha=2, target_modules=["q_proj"], target_parameters=TARGETS)
        model.add_adapter("second", config)
        generator = torch.Generator().manual_seed(5)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if "second" in name:
                    parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.1)
        model.base_model.set_adapter(["default", "second"])
    assert worst(*models) <= 1e-5


def test_a_disabled_adapter_leaves_the_base_model(folder, patched):
    model = patched()
    base = checkpoint.load(folder, dtype=torch.float32)
    experts.apply(base, experts_per_tile=3, rows_per_tile=16)
    with model.disable_adapter():
        assert torch.equal(model(IDS).logits, base(IDS).logits)


def test_split_lora_in_bfloat16_is_nearer_to_float32_than_peft_is(folder, patched):
    exact = plain(folder)(IDS).logits
    ours, theirs = patched(torch.bfloat16)(IDS).logits, plain(folder, dtype=torch.bfloat16)(IDS).logits
    assert distance(ours, exact) <= 1.1 * distance(theirs, exact)


def test_gradients_are_the_same_under_checkpointing(folder, patched):
    model = patched()
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.train()
    assert worst(model, plain(folder)) <= 1e-5


def test_removal_gives_peft_its_class_back_when_the_last_model_lets_go(tiny):
    before = ParamWrapper.forward, ParamWrapper.merge
    first, second = tiny(), tiny()
    for model in (first, second):
        experts.apply(model)
    states = lora.apply(first), lora.apply(second)
    lora.remove(first, states[0])
    assert ParamWrapper.forward is not before[0]
    lora.remove(second, states[1])
    assert (ParamWrapper.forward, ParamWrapper.merge) == before


def test_parameters_that_are_no_experts_are_left_to_peft(patched, tiny):
    patched()  # the class is replaced now
    model = adapted(tiny(), TARGETS)
    assert distance(gradients(model)["logits"], gradients(adapted(tiny(), TARGETS))["logits"]) == 0
    assert lora._original[ParamWrapper, "forward"] is not ParamWrapper.forward


def test_an_adapter_for_other_shapes_is_refused_by_its_name(patched):
    model = patched()
    wrapper = next(m for m in model.modules() if isinstance(m, ParamWrapper))
    wrapper.lora_A["default"] = torch.nn.Linear(64, 4 * 5, bias=False)
    with pytest.raises(AdapterError, match=r"adapter 'default' has lora_A \(20, 64\)"):
        model(IDS)


def test_merging_into_packed_experts_is_refused(patched):
    with pytest.raises(AdapterError, match="is quantised, so no adapter can be merged"):
        patched().merge_adapter()


def test_lora_over_packed_experts_without_the_patch_is_refused(folder):
    model = adapted(checkpoint.load(folder, dtype=torch.float32))
    with pytest.raises(ModelError, match="needs the patch 'lora'"):
        model(IDS)


def test_the_patch_alone_is_refused(tiny):
    with pytest.raises(ModelError, match="'experts'"):
        lora.apply(tiny())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_the_gpu_factors_get_gradients_as_near_to_float32_as_peft_gives(folder, patched, monkeypatch):
    ours, theirs = {}, {}
    for seed in range(5):  # the error of one draw is that of its few unlucky roundings
        ids = torch.randint(1, 64, (2, 19), generator=torch.Generator().manual_seed(seed))
        monkeypatch.setattr(sys.modules[__name__], "IDS", ids)
        exact = gradients(plain(folder))
        monkeypatch.setattr(sys.modules[__name__], "IDS", ids.cuda())
        for found, model in ((ours, patched(torch.bfloat16)), (theirs, plain(folder, dtype=torch.bfloat16))):
            for name, value in gradients(model.cuda()).items():
                found[name] = found.get(name, 0.0) + distance(value.cpu(), exact[name]) ** 2 / 5
    for name in ours:
        assert ours[name] ** 0.5 <= 1.1 * theirs[name] ** 0.5 + 2e-3, name

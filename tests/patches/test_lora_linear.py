"""LoRA on linear layers as one function: PEFT's output and gradients, and PEFT itself wherever it can do more."""

import copy

import pytest

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")

from peft.tuners.lora.layer import Linear  # noqa: E402

from assay.patches import lora_linear  # noqa: E402

ORIGINAL = Linear.forward


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Linear(24, 40), torch.nn.Linear(40, 16, bias=False)

    def forward(self, x):
        return self.second(torch.tanh(self.first(x)))


def adapted(dtype=torch.float32, **options):
    torch.manual_seed(0)
    config = peft.LoraConfig(**{"r": 8, "lora_alpha": 24, "target_modules": ["first", "second"]} | options)
    model = peft.get_peft_model(Net().to(dtype), config)
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    return model


def counted(monkeypatch):
    """Have PEFT's layers run ours, and count those that PEFT computes itself."""
    calls = []

    def original(layer, x, *args, **kwargs):
        calls.append(layer)
        return ORIGINAL(layer, x, *args, **kwargs)

    monkeypatch.setattr(
        Linear, "forward", lambda layer, x, *args, **kwargs: lora_linear.forward(original, layer, x, *args, **kwargs)
    )
    return calls


def trained(model, x, autocast=False):
    """Output, and gradients of the input and all factors."""
    x = x.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        out = model(x)
    out.float().square().sum().backward()
    return [out, x.grad, *(p.grad for _, p in sorted(model.named_parameters()) if p.requires_grad)]


def distance(ours, theirs):
    return max(((a.double() - b.double()).norm() / b.double().norm()).item() for a, b in zip(ours, theirs, strict=True))


def test_output_and_gradients_are_pefts_in_float32(monkeypatch):
    model, x = adapted(), torch.randn(3, 5, 24)
    theirs = trained(copy.deepcopy(model), x)
    calls = counted(monkeypatch)
    assert distance(trained(model, x), theirs) <= 1e-6
    assert not calls


def test_under_autocast_it_is_as_near_to_float64_as_peft(monkeypatch):
    model, x = adapted(torch.bfloat16), torch.randn(64, 24).bfloat16()
    assert model.base_model.model.first.lora_A["default"].weight.dtype == torch.float32
    truth = trained(copy.deepcopy(model).double(), x.double())
    theirs = distance(trained(copy.deepcopy(model), x, autocast=True), truth)
    calls = counted(monkeypatch)
    assert distance(trained(model, x, autocast=True), truth) <= 1.1 * theirs
    assert not calls


def test_factors_get_their_gradients_in_their_own_type(monkeypatch):
    model = adapted(torch.bfloat16)
    counted(monkeypatch)
    trained(model, torch.randn(4, 24).bfloat16(), autocast=True)
    assert {p.grad.dtype for p in model.parameters() if p.requires_grad} == {torch.float32}


def test_it_passes_gradcheck_in_float64():
    shapes = [(2, 3, 6), (5, 6), (5,), (4, 6), (5, 4)]
    x, weight, bias, a, b = (torch.randn(shape, dtype=torch.float64) for shape in shapes)
    wanted = [tensor.requires_grad_() for tensor in (x, a, b)]

    def layer(x, a, b):
        return lora_linear._LoraLinear.apply(x, weight, bias, a, b, 0.7)

    assert torch.autograd.gradcheck(layer, tuple(wanted))


def test_frozen_factors_and_inputs_get_no_gradient():
    x, weight, a, b = torch.randn(3, 6), torch.randn(5, 6), torch.randn(4, 6, requires_grad=True), torch.randn(5, 4)
    lora_linear._LoraLinear.apply(x, weight, None, a, b, 1.0).sum().backward()
    assert a.grad is not None
    assert x.grad is b.grad is None


@pytest.mark.parametrize(
    "options",
    [{"lora_dropout": 0.5}, {"use_dora": True}, {"lora_bias": True}],
    ids=["dropout", "DoRA", "bias of the adapter"],
)
def test_what_peft_does_besides_is_left_to_peft(options, monkeypatch):
    model = adapted(**options)
    calls = counted(monkeypatch)
    model(torch.randn(2, 24))
    assert len(calls) == 2


def test_merged_disabled_or_several_adapters_are_left_to_peft(monkeypatch):
    model = adapted()
    model.add_adapter("other", peft.LoraConfig(r=4, target_modules=["first", "second"]))
    calls, x = counted(monkeypatch), torch.randn(2, 24)
    model.base_model.set_adapter(["default", "other"])
    model(x)
    model.base_model.set_adapter("default")
    with model.disable_adapter():
        model(x)
    model.merge_adapter()
    model(x)
    assert len(calls) == 6


def test_float32_factors_over_bfloat16_are_left_to_peft_without_autocast(monkeypatch):
    model = adapted(torch.bfloat16)
    calls = counted(monkeypatch)
    model(torch.randn(2, 24).bfloat16())
    assert len(calls) == 2


def test_long_prompts_are_sampled_in_pieces_with_pefts_result(monkeypatch):
    model, x = adapted(torch.bfloat16), torch.randn(3, 7, 24).bfloat16()
    with torch.no_grad():
        expected = model(x)
        calls = counted(monkeypatch)
        monkeypatch.setattr(lora_linear, "TOKENS", 5)
        torch.testing.assert_close(model(x), expected)
    assert len(calls) == 2 * 5


def test_a_layer_whose_own_weight_is_trained_is_left_to_peft(monkeypatch):
    model = adapted()
    model.base_model.model.first.base_layer.weight.requires_grad_(True)
    calls = counted(monkeypatch)
    trained(model, torch.randn(2, 24))
    assert calls == [model.base_model.model.first]
    assert model.base_model.model.first.base_layer.weight.grad is not None


def test_hooks_on_the_layer_below_are_honoured(monkeypatch):
    model, seen = adapted(), []
    model.base_model.model.first.base_layer.register_forward_hook(lambda *args: seen.append(args))
    counted(monkeypatch)
    model(torch.randn(2, 24))
    assert len(seen) == 1

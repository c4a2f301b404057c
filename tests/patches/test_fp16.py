"""With numbers far beyond 65,504 a float16 model trains as a bfloat16 one does; without the patch it is lost."""

import math
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
peft = pytest.importorskip("peft")

sys.path.insert(0, str(Path(__file__).parent))
import outliers  # noqa: E402

from assay.patches import (  # noqa: E402
    ModelError,
    applied_patches,
    apply_patches,
    checkpoint,
    experts,
    moe,
    moe_float16,
    remove_patches,
    synthetic,
)
from assay.patches import verify as verification  # noqa: E402
from assay.patches.grouped import Tiling, plan, sort_by_expert  # noqa: E402
from assay.patches.weights import Packed  # noqa: E402

LARGEST = 65504
ATTENTION, EXPERTS = ["q_proj", "k_proj", "v_proj", "o_proj"], ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]
IDS = torch.randint(1, 64, (3, 17), generator=torch.Generator().manual_seed(1))
NEEDED = ["experts", "lora", "fp16"]


@pytest.fixture
def folder(tiny, tmp_path):
    """A checkpoint whose first layer puts 516,096 into the residual stream of every fourth token."""
    config = tiny(hidden_size=128, intermediate_size=64, router_aux_loss_coef=0.0).config
    return outliers.write(tmp_path / "outliers", config)


ON = []


@pytest.fixture(autouse=True)
def _taken_off():
    """The patch lora changes a class of PEFT's until no model has it on."""
    yield
    while ON:
        model = ON.pop()
        remove_patches(model)


def quiet(table):
    pass


def half(folder, patches=NEEDED, device="cpu"):
    """The model in float16 with those patches."""
    model = checkpoint.load(folder, dtype=torch.float16, device=device)
    apply_patches(model, patches, say=quiet)
    ON.append(model)
    return model


def adapted(model, spread=0.0):
    """LoRA on attention and experts as PEFT adds it, A random, B too where it has a spread."""
    config = peft.LoraConfig(r=8, lora_alpha=16, target_modules=ATTENTION, target_parameters=EXPERTS)
    model = peft.get_peft_model(model, config)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                size = 0.1 if "lora_A" in name else spread
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * size)
    return model.train()


def train(model, batches, step):
    """The losses of a step of Adam on each batch; ``step(loss, optimizer)`` is what differs."""
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    losses = []
    for ids in batches:
        loss = model(input_ids=ids, labels=ids, use_cache=False).loss
        losses.append(loss.item())
        step(loss, optimizer)
        optimizer.zero_grad()
    return torch.tensor(losses)


def plainly(loss, optimizer):
    loss.backward()
    optimizer.step()


def scaled(scaler):
    def step(loss, optimizer):
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    return step


def watch(model):
    """The largest magnitudes that came out of the experts and of each layer, a list that grows."""
    peaks = {"down projection": [], "residual stream": []}
    layers = model.get_base_model().model.layers
    layers[0].mlp.experts.register_forward_hook(lambda m, a, out: peaks["down projection"].append(out.abs().max()))
    for layer in layers:
        layer.register_forward_hook(lambda m, a, out: peaks["residual stream"].append(out.abs().max()))
    return peaks


BFLOAT16 = {}  # the losses by the number of steps


def in_bfloat16(folder, batches, device="cpu"):
    """transformers' own model and PEFT's own LoRA, dense, in bfloat16: nothing of ours but the reading of the file."""
    key = len(batches), device
    if key not in BFLOAT16:
        model = checkpoint.load(folder, dtype=torch.bfloat16, packed=False, device=device)
        model.set_experts_implementation("eager")
        BFLOAT16[key] = train(adapted(model), batches, plainly)
    return BFLOAT16[key]


def with_a_scaler(folder, batches):
    model, scaler = adapted(half(folder)), torch.amp.GradScaler("cpu")
    peaks = watch(model)
    losses = train(model, batches, scaled(scaler))
    for what, found in peaks.items():
        assert min(found) > LARGEST, what
    return losses


def with_all_patches_under_autocast(folder, batches):
    model, scaler = adapted(half(folder, None)), torch.amp.GradScaler("cpu")
    assert {"attention", "offload", *NEEDED} <= set(applied_patches(model))
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.enable_input_require_grads()
    model.forward = torch.autocast("cpu", torch.float16)(model.forward)
    return train(model, batches, scaled(scaler))


def as_accelerate_does_it(folder, batches):
    """What a Trainer with fp16=True calls; what accelerate makes on a GPU only, a scaler, is handed in."""
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(reset_partial_state=True)  # one for a process, as TrainingArguments does it
    accelerator = Accelerator(mixed_precision="fp16", cpu=True)
    accelerator.native_amp, accelerator.scaler = True, torch.amp.GradScaler("cpu")
    model = adapted(half(folder))
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    model, optimizer = accelerator.prepare(model, optimizer)
    losses = []
    for ids in batches:
        loss = model(input_ids=ids, labels=ids, use_cache=False).loss
        losses.append(loss.item())
        accelerator.backward(loss)
        assert accelerator.clip_grad_norm_(model.parameters(), 1.0) < 1.0  # the norm of gradients without the scale
        optimizer.step()
        optimizer.zero_grad()
    AcceleratorState._reset_state(reset_partial_state=True)
    return torch.tensor(losses)


WAYS = [with_a_scaler, with_all_patches_under_autocast, as_accelerate_does_it]


def alike(folder, steps, way):
    """The losses of bfloat16, those of float16 being within 1 % at every step."""
    batches = outliers.batches(steps)
    right, ours = in_bfloat16(folder, batches), way(folder, batches)
    assert len(right) == steps
    assert ((ours - right).abs() <= 0.01 * right).all(), (ours - right).abs() / right
    return right


@pytest.mark.parametrize("way", WAYS)
def test_beyond_float16s_range_ten_steps_are_within_one_percent_of_bfloat16s(folder, way):
    alike(folder, 10, way)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_beyond_float16s_range_a_hundred_steps_are_within_one_percent_of_bfloat16s(folder, way):
    losses = alike(folder, 100, way)
    assert losses[-10:].mean() < 0.6 * losses[:10].mean()  # it learned


@pytest.mark.parametrize("packed", [False, True])
def test_without_the_patch_float16_is_lost_in_the_first_step(folder, packed):
    model = half(folder, ["experts", "lora"]) if packed else checkpoint.load(folder, dtype=torch.float16, packed=False)
    ids = outliers.batches(1)[0]
    assert not adapted(model)(input_ids=ids, labels=ids).loss.isfinite()


# ---- experts


def layer(exponents=(122, 125), rank=4, tokens=60):
    """``layer(dtype, narrow, grad)``: output and all gradients of one packed layer of 3 experts, by name."""
    torch.manual_seed(0)
    blocks = [torch.randint(0, 256, (3, o, 2, 16), dtype=torch.uint8) for o in (128, 64)]
    scales = [
        torch.randint(*bounds, (3, o, 2), dtype=torch.uint8) for o, bounds in ((128, (122, 125)), (64, exponents))
    ]
    sources = [Packed(b, s) for b, s in zip(blocks, scales, strict=True)]
    chosen = torch.stack([torch.randperm(3)[:2] for _ in range(tokens)])
    tensors = [torch.randn(tokens, 64), torch.rand(tokens, 2), torch.randn(3, 128), torch.randn(3, 64)]
    tensors += [torch.randn(s) * 0.3 for s in ((3, rank, 64), (3, rank, 128), (3, rank, 64), (3, rank, 64))]

    def run(dtype, narrow, grad):
        wide = torch.float32 if narrow else dtype
        values = [tensor.half().to(wide).requires_grad_() for tensor in tensors]
        settings = moe.Settings(*sources, 1.702, 7.0, Tiling(2, 30), dtype, narrow)
        order, counts = sort_by_expert(chosen, 3)
        out = moe.experts(settings, moe.Inputs(*values[:4], tuple(values[4:]), chosen, order, counts))
        names = ("out", "x", "weights", "gate_up bias", "down bias", "A", "B", "down A", "down B")
        found = [out, *torch.autograd.grad(out, values, grad.to(out.dtype))]
        return dict(zip(names, (value.detach().double() for value in found), strict=True))

    return run


@pytest.mark.parametrize("exponents", [(122, 125), (138, 141)], ids=["ordinary", "the largest that float16 holds"])
@pytest.mark.parametrize("size", [1e-20, 1.0, 1e20])
def test_experts_in_float16_are_right_in_every_row_whatever_the_size_of_outputs_and_gradients(exponents, size):
    grad = torch.randn(60, 64) * size * torch.logspace(-8, 8, 60)[:, None]  # a row is 1e16 times another
    run = layer(exponents)
    truth, ours = run(torch.float64, False, grad), run(torch.float16, True, grad)
    assert ours.keys() == truth.keys()
    for name, right in truth.items():
        assert (ours[name] - right).norm() <= 2**-10 * right.norm(), name
    for name in ("out", "x"):
        apart = (ours[name] - truth[name]).norm(dim=-1) / truth[name].norm(dim=-1)
        assert apart.max() <= 2**-10, name
    without = run(torch.float16, False, grad)
    assert not all((without[name] - right).norm() <= 0.5 * right.norm() for name, right in truth.items())


def test_factors_beyond_float16_are_no_harm():
    torch.manual_seed(1)
    x, factor = torch.randn(5, 64).half(), torch.randn(1, 64, 4) * 1e6
    (chunk,) = plan([5], Tiling(1, 5), torch.device("cpu"))
    found = moe_float16._narrow(x, factor, chunk.tiles[0].groups)
    right = x.double() @ factor[0].double()
    assert right.abs().max() > LARGEST
    assert (found - right).norm() <= 2**-10 * right.norm()


@pytest.mark.parametrize("size", [1e-30, 1e-8, 1.0, 1e8, 1e30])
def test_numbers_are_fitted_by_a_power_of_two_to_the_top_of_the_range(size):
    x = torch.randn(20, 9, generator=torch.Generator().manual_seed(0)) * size
    narrow, unit = moe_float16.fit(x, rows=True)
    assert narrow.dtype == torch.float16
    assert unit.shape == (20, 1)
    assert (torch.frexp(unit).mantissa == 0.5).all()
    largest = narrow.float().abs().amax(-1)
    assert ((largest >= 2**14) & (largest <= 2**15)).all()
    assert ((narrow.float() * unit - x).abs() <= 2**-11 * x.abs() + 2**-25 * unit).all()


def test_a_row_of_zeros_stays_zero_and_one_that_is_not_finite_does_not_become_finite():
    x = torch.zeros(4, 3)
    x[1, 0], x[2, 1], x[3, 2] = math.inf, math.nan, -math.inf
    narrow, unit = moe_float16.fit(x, rows=True)
    assert (narrow[0] == 0).all()
    assert unit.isfinite().all()
    assert not narrow[1:].isfinite().all(-1).any()


@pytest.mark.parametrize("packed", [False, True])
def test_dense_and_packed_experts_are_as_near_to_float32_as_the_plain_model_in_float16(tiny, tmp_path, packed):
    path = synthetic.write(tmp_path / "model", tiny(router_aux_loss_coef=0.0).config, spread=0.3)
    exact = checkpoint.load(path, dtype=torch.float32, packed=False)
    plain = checkpoint.load(path, dtype=torch.float16, packed=False)
    ours = checkpoint.load(path, dtype=torch.float16, packed=packed).requires_grad_(False)
    apply_patches(ours, ["experts", "fp16"], say=quiet)
    with torch.no_grad():
        truth = exact(IDS).logits
        assert (ours(IDS).logits - truth).norm() <= 1.1 * (plain(IDS).logits - truth).norm()


# ---- the rest of the model


def test_the_residual_stream_is_float32_and_attention_and_head_see_float16(folder):
    model, seen = half(folder), {}

    def note(name, module):
        module.register_forward_pre_hook(
            lambda m, args, kwargs: seen.update({name: (args[0] if args else kwargs["hidden_states"]).dtype}),
            with_kwargs=True,
        )

    for number, block in enumerate(model.model.layers):
        note(f"attention {number}", block.self_attn)
        note(f"mlp {number}", block.mlp)
    note("norm", model.model.norm)
    note("head", model.lm_head)
    hidden = model(IDS, output_hidden_states=True).hidden_states
    assert [h.dtype for h in hidden[1:-1]] == [torch.float32]
    assert {seen[f"attention {n}"] for n in (0, 1)} == {seen["head"]} == {torch.float16}
    assert {seen[f"mlp {n}"] for n in (0, 1)} == {seen["norm"]} == {torch.float32}


@pytest.mark.parametrize("autocast", [False, True])
def test_the_scores_of_the_router_take_gradients_beyond_float16s_range(folder, autocast):
    model, seen = half(folder).requires_grad_(False), []
    layer = model.model.layers[0]
    layer.mlp.router.register_forward_hook(lambda m, args, out: out[1].register_hook(seen.append) and None)
    x = model.model.embed_tokens(outliers.batches(1)[0]).float().requires_grad_(True)
    with torch.autocast("cpu", torch.float16, enabled=autocast):
        out, _ = layer.mlp(layer.post_attention_layernorm(x))
    out.backward(torch.ones_like(out))
    (gradient,) = seen
    assert LARGEST < gradient.abs().max() < math.inf
    assert 0 < x.grad.abs().max() < math.inf


def gradients(model):
    ids = outliers.batches(1)[0][:, :12]
    with torch.random.fork_rng():
        (model(input_ids=ids, labels=ids, use_cache=False).loss * 1024).backward()
    found = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return found


@pytest.mark.parametrize("reentrant", [False, True])
def test_checkpoints_on_the_host_hold_the_float32_stream_and_change_no_gradient(folder, reentrant):
    plain, patched = (adapted(half(folder, [*NEEDED, *more]), 0.05) for more in ((), ("offload",)))
    remove_patches(patched, ["offload"])
    apply_patches(patched, ["offload"], options={"offload": {"norms": False}}, say=quiet)
    patched.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": reentrant})
    patched.enable_input_require_grads()
    ours, theirs = gradients(patched), gradients(plain)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert all(gradient.isfinite().all() and gradient.abs().max() > 0 for gradient in ours.values())


def test_patches_may_be_taken_off_in_another_order(folder):
    model = half(folder, None).requires_grad_(False)
    right = model(IDS).logits
    remove_patches(model, ["offload"])
    assert torch.equal(model(IDS).logits, right)
    remove_patches(model, ["fp16"])
    assert not model(IDS).logits.isfinite().all()
    assert {p.dtype for n, p in model.named_parameters() if "norm" not in n} == {torch.float16}


def test_chunked_log_probabilities_are_those_of_the_logits(folder):
    chunked = pytest.importorskip("trl.kernels.chunked_logprob").ChunkedLogProbFunction
    model = half(folder)
    with torch.no_grad():
        hidden = model.model(IDS).last_hidden_state[:, :-1].flatten(0, 1)
        found = chunked.apply(hidden, model.lm_head.weight, None, IDS[:, 1:].flatten(), 1.0, 16, None, 1.0, ())[0]
        logits = model(IDS).logits[:, :-1].float().log_softmax(-1)
    right = logits.gather(-1, IDS[:, 1:, None]).flatten()
    assert hidden.dtype == torch.float16
    assert (found - right).abs().max() < 2e-2
    assert right.isfinite().all()


def test_decoding_over_a_cache_gives_the_logits_of_the_whole_row(folder):
    model = half(folder).eval()
    with torch.no_grad():
        whole, cache, found = model(IDS).logits, None, []
        for piece in IDS.split((9, 1, 7), 1):
            out = model(piece, past_key_values=cache, use_cache=True)
            cache = out.past_key_values
            found.append(out.logits)
    assert (torch.cat(found, 1) - whole).float().norm() <= 1e-2 * whole.float().norm()
    assert model.generate(IDS, max_new_tokens=3, do_sample=False).shape == (3, 20)


# ---- how it is applied


def test_among_the_patches_that_nobody_named_it_is_applied_to_float16_only(tiny):
    model = tiny(router_aux_loss_coef=0.0).requires_grad_(False)
    ON.append(model)
    apply_patches(model, say=quiet)
    assert "fp16" not in applied_patches(model)
    remove_patches(model)
    apply_patches(model.half(), say=quiet)
    assert "fp16" in applied_patches(model)


def test_the_table_tells_what_is_in_which_type_and_warns_of_adapters_in_float16(folder):
    model = half(folder)
    config = peft.LoraConfig(r=2, target_modules=["q_proj"])
    peft.get_peft_model(model, config, autocast_adapter_dtype=False)
    rows = apply_patches(model, ["fp16"], say=quiet).rows["fp16"]
    assert rows["residual stream"].startswith("float32")
    assert rows["adapters"].startswith("4 factors are float16")
    assert "eager" in rows["attention"]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32], ids=str)
def test_a_model_in_another_type_is_refused_by_the_name_of_a_weight(folder, dtype):
    model = checkpoint.load(folder, dtype=dtype)
    kind = str(dtype).removeprefix("torch.")
    with pytest.raises(ModelError, match=f"embed_tokens.weight is {kind}: load the model with dtype float16") as caught:
        apply_patches(model, ["experts", "fp16"], say=quiet)
    assert "\n" not in str(caught.value)
    assert applied_patches(model) == []


def test_a_single_weight_in_another_type_is_named(folder):
    model = checkpoint.load(folder, dtype=torch.float16)
    model.model.layers[1].self_attn.k_proj.bfloat16()
    with pytest.raises(ModelError, match=r"layers\.1\.self_attn\.k_proj\.weight is bfloat16"):
        apply_patches(model, ["experts", "fp16"], say=quiet)


def test_without_the_patch_experts_it_is_refused(folder):
    with pytest.raises(ModelError, match="changes how the patch 'experts' multiplies: apply that one too"):
        apply_patches(checkpoint.load(folder, dtype=torch.float16), ["fp16"], say=quiet)


def large_exponent(model):
    model.model.layers[1].mlp.experts.get_buffer("down_proj_scales")[2, 3] = 141


def large_norm(model):
    model.model.layers[0].input_layernorm.weight.data[5] = 6000.0


def large_limit(model):
    model.model.layers[0].mlp.experts.limit = 300.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (large_exponent, r"down_proj_scales of layer 1 has the exponent 14"),
        (large_norm, "a norm's weight of 6000 lets its output exceed float16"),
        (large_limit, "swiglu_limit is 300"),
    ],
)
def test_weights_that_float16_cannot_bear_are_refused(folder, change, said):
    model = checkpoint.load(folder, dtype=torch.float16)
    change(model)
    with pytest.raises(ModelError, match=said):
        apply_patches(model, ["experts", "fp16"], say=quiet)
    assert not [name for module in model.modules() for name in vars(module) if name == experts.NARROW]


def test_experts_that_train_themselves_are_refused_where_they_run(tiny):
    model = tiny(router_aux_loss_coef=0.0).half()
    apply_patches(model, ["experts", "fp16"], say=quiet)
    with pytest.raises(ModelError, match="'fp16' is for frozen experts"):
        model(IDS)


def test_a_router_that_is_trained_gets_its_gradient_and_goes_back_to_float16(folder):
    model = half(folder).requires_grad_(False)
    router = model.model.layers[0].mlp.router.requires_grad_(True)
    before = router.weight
    model(input_ids=IDS, labels=IDS).loss.backward()
    assert router.weight.grad.dtype == torch.float32
    assert router.weight.grad.abs().max() > 0
    router.zero_grad()
    remove_patches(model)
    assert router.weight is before
    assert router.weight.dtype == torch.float16


def test_verification_takes_it_in_float16_only_and_finds_output_and_router_nearer_than_the_plain_layers(monkeypatch):
    from assay.patches import verify_layers

    small = verify_layers.random_config
    monkeypatch.setattr(verify_layers, "random_config", lambda large: small())
    assert ["experts", "fp16"] in verification.combinations("float16")
    assert not any("fp16" in some for name in ("float32", "bfloat16") for some in verification.combinations(name))
    rows, _ = verification.verify([NEEDED], dtypes=["float16"], device="cpu", layers=2)
    found = {row.what: row for row in rows}
    assert found["output"].ok
    assert found["router"].ok
    assert all(math.isfinite(row.error) for row in rows)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_the_gpu_products_of_float16_are_kept_in_float32():
    (chunk,) = plan([40, 24], Tiling(2, 64), torch.device("cuda"))
    x = (torch.rand(64, 2880, device="cuda") + 1).half() * 50
    weight = (torch.rand(2, 96, 2880, device="cuda") + 1).half().transpose(1, 2) * 3000
    found = moe_float16.product(x, weight, chunk.tiles[0].groups)
    right = torch.cat((x[:40].double() @ weight[0].double(), x[40:].double() @ weight[1].double()))
    assert right.min() > LARGEST
    assert (found - right).norm() <= 1e-5 * right.norm()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_the_gpu_ten_steps_beyond_float16s_range_are_within_one_percent_of_bfloat16s(folder):
    batches = [ids.cuda() for ids in outliers.batches(10)]
    right = in_bfloat16(folder, batches, "cuda")
    model = half(folder, [*NEEDED, "attention", "offload"], "cuda")
    ours = train(adapted(model), batches, scaled(torch.amp.GradScaler("cuda")))
    assert ((ours - right).abs() <= 0.01 * right).all(), (ours - right).abs() / right

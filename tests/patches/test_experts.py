"""Packed, NF4 and dense experts give the plain model's results and gradients, and save nothing dense."""

from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from assay.patches import checkpoint, experts, moe, mxfp4, swiglu, synthetic  # noqa: E402
from assay.patches.errors import DeviceError, ModelError, OptionError  # noqa: E402
from assay.patches.grouped import Tiling, plan, sort_by_expert  # noqa: E402
from assay.patches.weights import Packed  # noqa: E402

IDS = torch.randint(1, 64, (3, 17), generator=torch.Generator().manual_seed(1))


@pytest.fixture
def pair(tiny, tmp_path):
    """``pair(dtype, **config)``: the plain model and the same one packed, all frozen but the router."""

    def build(dtype=torch.float32, **options):
        folder = synthetic.write(tmp_path / "model", tiny(**options).config, spread=0.3)
        models = checkpoint.load(folder, dtype=dtype, packed=False), checkpoint.load(folder, dtype=dtype)
        for model in models:
            model.requires_grad_(False)
            for layer in model.model.layers:
                layer.mlp.router.requires_grad_(True)
        return models

    return build


def distance(a, b):
    return ((a.double() - b.double()).norm() / b.double().norm()).item()


def gradients(model, ids=IDS):
    """Logits, the gradient of the embeddings, and those of the routers, by name."""
    torch.manual_seed(0)
    embedded = model.get_input_embeddings()(ids).detach().requires_grad_(True)
    logits = model(inputs_embeds=embedded).logits
    # Not the mean of squares of a normalised vector, whose gradient would be close to zero.
    (logits.float() * torch.randn(logits.shape).to(logits.device)).sum().backward()
    found = {"logits": logits.detach(), "embeddings": embedded.grad}
    found |= {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return found


def worst(model, reference):
    ours, theirs = gradients(model), gradients(reference)
    assert ours.keys() == theirs.keys()
    return max(distance(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize(("per_tile", "rows"), [(1, 5), (3, 1000), (4, 8)])
def test_packed_experts_agree_with_the_plain_model_in_output_and_every_gradient(pair, per_tile, rows):
    plain, packed = pair(num_local_experts=8)
    experts.apply(packed, experts_per_tile=per_tile, rows_per_tile=rows)
    assert worst(packed, plain) <= 1e-5


def test_experts_without_a_token_are_left_out(pair):
    plain, packed = pair(num_local_experts=8)
    for model in (plain, packed):
        with torch.no_grad():
            for layer in model.model.layers:
                layer.mlp.router.bias[:] = torch.tensor([0, 1e4, 0, 0, 2e4, 0, 0, 0])
    assert worst(packed, plain) <= 1e-5


def test_dense_frozen_experts_agree_too_and_removal_restores_the_function(tiny):
    plain, patched = tiny().requires_grad_(False), tiny().requires_grad_(False)
    before = patched.config._experts_implementation
    state = experts.apply(patched)
    assert patched.config._experts_implementation == "assay_experts"
    assert worst(patched, plain) <= 1e-5
    experts.remove(patched, state)
    assert patched.config._experts_implementation == before
    assert all(torch.equal(a, b) for a, b in zip(gradients(patched).values(), gradients(plain).values(), strict=True))
    assert not [name for m in patched.modules() for name in vars(m) if name.startswith("_assay")]


def test_the_tiny_model_is_equal_packed_and_dense_bit_for_bit():
    from transformers import GptOssForCausalLM

    from assay.patches.packed import PackedExperts
    from assay.training.tiny import PATH
    from assay.training.tiny import mxfp4 as grid

    dense, packed = (GptOssForCausalLM.from_pretrained(PATH).requires_grad_(False) for _ in range(2))
    for layer in packed.model.layers:
        old = layer.mlp.experts
        new = PackedExperts(packed.config, torch.float32, "cpu")
        for name in ("gate_up_proj", "down_proj"):
            blocks, scales = grid.pack(getattr(old, name).detach())
            new.get_buffer(f"{name}_blocks").copy_(blocks)
            new.get_buffer(f"{name}_scales").copy_(scales)
            getattr(new, f"{name}_bias").data.copy_(getattr(old, f"{name}_bias"))
        layer.mlp.experts = new
    experts.apply(dense)
    experts.apply(packed)
    ids = torch.randint(3, 600, (2, 40), generator=torch.Generator().manual_seed(0))
    ours, theirs = gradients(packed, ids), gradients(dense, ids)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_in_half_precision_the_error_is_not_above_that_of_the_plain_layer(pair, dtype):
    plain, packed = pair(dtype)
    exact = pair(torch.float64)[0]
    exact.config._experts_implementation = "eager"  # the grouped one has no float64
    exact = exact.model.layers[0].mlp.experts
    torch.manual_seed(0)
    x, grad = torch.randn(64, 64, dtype=dtype), torch.randn(64, 64, dtype=dtype)
    chosen = torch.stack([torch.randperm(4)[:2] for _ in range(64)])
    weights = torch.rand(64, 2, dtype=dtype)

    def run(layer, kind):
        inputs = x.to(kind).requires_grad_(True), weights.to(kind).requires_grad_(True)
        with torch.enable_grad():
            out = layer(inputs[0], chosen, inputs[1])
        return [out, *torch.autograd.grad(out, inputs, grad.to(kind))]

    truth = run(exact, torch.float64)
    theirs = run(plain.model.layers[0].mlp.experts, dtype)
    ours = run(packed.model.layers[0].mlp.experts, dtype)
    for name, a, b, c in zip(("out", "dx", "dw"), ours, theirs, truth, strict=True):
        assert distance(a, c) <= 1.1 * distance(b, c), name


def inputs(dtype=torch.float64, rank=2):
    """Settings and inputs of one packed layer: 5 tokens, 2 of 3 experts, one of which gets no token."""
    torch.manual_seed(0)
    blocks = [torch.randint(0, 256, (3, o, 1, 16), dtype=torch.uint8) for o in (64, 32)]
    scales = [torch.randint(122, 125, (3, o, 1), dtype=torch.uint8) for o in (64, 32)]
    sources = [Packed(b, s) for b, s in zip(blocks, scales, strict=True)]
    chosen = torch.tensor([[0, 2], [2, 0], [0, 2], [2, 0], [0, 2]])
    order, counts = sort_by_expert(chosen, 3)
    tensors = [torch.randn(5, 32), torch.rand(5, 2), torch.randn(3, 64), torch.randn(3, 32)]
    shapes = ((3, rank, 32), (3, rank, 64), (3, rank, 32), (3, rank, 32))
    tensors += [torch.randn(shape) * 0.3 for shape in shapes]
    tensors = [t.to(dtype).requires_grad_(True) for t in tensors]

    def call(*values):
        settings = moe.Settings(*sources, 1.702, 7.0, Tiling(2, 3), dtype)
        return moe.experts(settings, moe.Inputs(*values[:4], values[4:], chosen, order, counts))

    return call, tensors


def test_every_gradient_passes_gradcheck_in_float64():
    call, tensors = inputs()
    assert torch.autograd.gradcheck(call, tensors, fast_mode=True)


def test_gradients_are_accumulated_once_where_a_graph_is_walked_twice():
    call, tensors = inputs()
    out = call(*tensors).square().sum()
    first = torch.autograd.grad(out, tensors, retain_graph=True)
    second = torch.autograd.grad(out, tensors)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


BREAKS = {
    "the clamp is missing": lambda m: m.setattr(
        swiglu, "_split", lambda z, b, e, limit: ORIGINAL_SPLIT(z, b, e, float("inf"))
    ),
    "the clamp passes gradients": lambda m: m.setattr(swiglu, "_split", leaking_split),
    "the SwiGLU is detached": lambda m: m.setattr(
        swiglu, "backward", lambda *a: (torch.zeros_like(a[0]), ORIGINAL_BACKWARD(*a)[1])
    ),
    "alpha is that of SiLU": lambda m: m.setattr(
        swiglu, "forward", lambda z, b, e, alpha, limit: ORIGINAL_FORWARD(z, b, e, 1.0, limit)
    ),
    "gate and up are halves": lambda m: m.setattr(swiglu, "_split", halved_split),
    "dL/dx through the experts is dropped": lambda m: m.setattr(
        moe, "_gradients", lambda *a: dropped(ORIGINAL_GRADIENTS(*a), "x")
    ),
    "the router gets no gradient": lambda m: m.setattr(
        moe, "_gradients", lambda *a: dropped(ORIGINAL_GRADIENTS(*a), "weights")
    ),
    "the two values of a byte are swapped": lambda m: m.setattr(
        mxfp4, "_plain", lambda b, s, e, o: ORIGINAL_PLAIN((b >> 4) | (b << 4), s, e, o)
    ),
}
ORIGINAL_SPLIT, ORIGINAL_FORWARD, ORIGINAL_BACKWARD = swiglu._split, swiglu.forward, swiglu.backward
ORIGINAL_GRADIENTS, ORIGINAL_PLAIN = moe._gradients, mxfp4._plain


def leaking_split(z, bias, owners, limit):
    raw_gate, gate, raw_up, up = ORIGINAL_SPLIT(z, bias, owners, limit)
    return torch.zeros_like(raw_gate), gate, torch.zeros_like(raw_up), up


def halved_split(z, bias, owners, limit):
    half = z.shape[1] // 2
    order = torch.stack((torch.arange(half), torch.arange(half) + half), 1).flatten()
    return ORIGINAL_SPLIT(z[:, order], bias[:, order], owners, limit)


def dropped(sums, name):
    getattr(sums, name).zero_()
    return sums


@pytest.mark.parametrize("fault", BREAKS)
def test_the_comparison_sees_that(pair, fault, monkeypatch):
    plain, packed = pair()
    BREAKS[fault](monkeypatch)
    assert worst(packed, plain) > 1e-3


def test_nothing_of_the_size_of_a_dense_weight_is_saved_for_backward(pair):
    _, packed = pair()
    experts.apply(packed, experts_per_tile=1)
    weight = 64 * 64  # one expert's gate_up, the smallest dense weight but for down
    saved = []
    hidden = torch.randn(20, 64, requires_grad=True)
    layer = packed.model.layers[0].mlp
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
        out, _ = layer(hidden.unsqueeze(0))
    assert saved
    assert max(t.untyped_storage().nbytes() // t.element_size() for t in saved) < weight / 2
    assert out.grad_fn is not None


def count_dequantised(monkeypatch):
    """Experts dequantised so far, in a list that grows."""
    done = []
    original = mxfp4.dequantise

    def counted(blocks, scales, dtype, *, experts=None, out=None):
        done.extend(experts.tolist())
        return original(blocks, scales, dtype, experts=experts, out=out)

    monkeypatch.setattr(mxfp4, "dequantise", counted)
    return done


@pytest.mark.parametrize("checkpointing", [False, True])
def test_each_weight_is_dequantised_once_forward_and_once_backward(pair, monkeypatch, checkpointing):
    _, packed = pair(num_local_experts=4)
    experts.apply(packed, experts_per_tile=3, rows_per_tile=4)
    if checkpointing:
        packed.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        packed.train()
    done = count_dequantised(monkeypatch)
    embedded = packed.get_input_embeddings()(IDS).requires_grad_(True)
    loss = packed(inputs_embeds=embedded, use_cache=False).logits.sum()
    forward = len(done)
    loss.backward()
    assert forward == 2 * 2 * 4  # layers, projections, experts
    assert len(done) == 2 * forward


@pytest.mark.parametrize("reentrant", [False, True])
def test_gradients_are_the_same_under_checkpointing(pair, reentrant):
    plain, packed = pair()
    packed.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": reentrant})
    packed.train()
    assert worst(packed, plain) <= 1e-5


def test_only_a_tile_of_activations_exists_at_a_time(pair, monkeypatch):
    _, packed = pair()
    experts.apply(packed, rows_per_tile=7)
    rows = []
    forward = swiglu.forward
    monkeypatch.setattr(swiglu, "forward", lambda z, *rest: rows.append(len(z)) or forward(z, *rest))
    packed(IDS)
    assert max(rows) <= 7
    assert sum(rows) == 2 * IDS.numel() * 2  # layers, experts a token


@pytest.mark.parametrize("counts", [[0, 0, 5, 0], [3, 0, 9, 1], [1], [20, 1, 1, 0, 7]])
@pytest.mark.parametrize(("per_tile", "rows"), [(1, 1), (2, 4), (4, 100)])
def test_tiles_cover_every_row_once_with_the_weight_of_its_expert(counts, per_tile, rows):
    owner = [expert for expert, count in enumerate(counts) for _ in range(count)]
    seen = []
    for chunk in plan(counts, Tiling(per_tile, rows), torch.device("cpu")):
        assert len(chunk.numbers) <= per_tile
        assert chunk.experts.tolist() == list(chunk.numbers)
        for tile in chunk.tiles:
            assert tile.rows.stop - tile.rows.start <= rows
            assert tile.groups.offsets.tolist() == list(tile.groups.ends)
            assert tile.groups.ends[-1] == tile.rows.stop - tile.rows.start
            for expert, (start, end) in zip(chunk.numbers[tile.slots], tile.groups.spans(), strict=True):
                assert end > start
                seen += [(tile.rows.start + row, expert) for row in range(start, end)]
    assert seen == list(enumerate(owner))


def test_generating_gives_the_plain_models_tokens(pair):
    plain, packed = pair()
    experts.apply(packed)
    settings = {"max_new_tokens": 12, "do_sample": False, "pad_token_id": 0}
    assert torch.equal(packed.generate(IDS, **settings), plain.generate(IDS, **settings))


def test_autocast_multiplies_in_its_type_and_sums_in_float32(pair):
    plain, packed = pair()
    with torch.autocast("cpu", torch.bfloat16):
        ours, theirs = packed(IDS).logits, plain(IDS).logits
    assert distance(ours, theirs) < 0.03
    assert not torch.equal(ours, packed(IDS).logits)


def test_nf4_experts_agree_with_bitsandbytes_and_save_nothing_dense(tiny):
    parametrize = pytest.importorskip("bitsandbytes.nn.parametrize")
    plain, patched = (tiny().requires_grad_(False) for _ in range(2))
    for nested, model in ((True, plain), (True, patched)):
        for layer in model.model.layers:
            for name in ("gate_up_proj", "down_proj"):
                parametrize.replace_parameter_4bit(layer.mlp.experts, name, compress_statistics=nested)
    state = experts.apply(patched)
    assert experts.explain(patched, state)["weights"] == "NF4 (2 layers)"
    assert worst(patched, plain) <= 1e-5


def test_experts_that_are_trained_themselves_get_their_gradient_from_transformers(tiny):
    plain, patched = tiny(), tiny()
    state = experts.apply(patched)
    assert "not frozen" in experts.explain(patched, state)
    ours, theirs = gradients(patched), gradients(plain)
    assert "model.layers.0.mlp.experts.gate_up_proj" in ours
    assert all(distance(ours[name], theirs[name]) <= 1e-5 for name in theirs)


def test_a_model_without_experts_and_an_empty_tile_are_refused(tiny):
    with pytest.raises(ModelError, match="no GptOssExperts"):
        experts.apply(torch.nn.Linear(2, 2))
    with pytest.raises(OptionError, match="rows_per_tile of the patch 'experts' is 0"):
        experts.apply(tiny(), rows_per_tile=0)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_the_gpu_packed_experts_are_as_near_to_float64_as_the_plain_ones(pair):
    plain, packed = pair(torch.bfloat16)
    exact = pair(torch.float64)[0]
    exact.config._experts_implementation = "eager"
    exact = gradients(exact)
    ours, theirs = gradients(packed.cuda(), IDS.cuda()), gradients(plain.cuda(), IDS.cuda())
    for name in ("logits", "embeddings"):
        assert distance(ours[name].cpu(), exact[name]) <= 1.1 * distance(theirs[name].cpu(), exact[name]) + 1e-3


def test_a_gpu_without_triton_is_refused_until_torch_is_allowed_and_the_table_says_so(pair, monkeypatch):
    _, packed = pair()
    monkeypatch.setattr(mxfp4, "has_triton", lambda: False)
    elsewhere = [SimpleNamespace(gate_up_proj_bias=SimpleNamespace(is_cuda=True))]
    monkeypatch.setattr(experts, "lacks_triton", lambda modules, original=experts.lacks_triton: original(elsewhere))
    with pytest.raises(DeviceError, match=r"experts.*pip install triton.*without_triton"):
        experts.apply(packed)
    assert not [name for module in packed.modules() for name in vars(module) if name.startswith("_assay")]
    state = experts.apply(packed, without_triton=True)
    assert "Triton is not installed" in experts.explain(packed, state)["kernels"]


def test_a_cpu_needs_no_triton(pair, monkeypatch):
    _, packed = pair()
    monkeypatch.setattr(mxfp4, "has_triton", lambda: False)
    assert experts.explain(packed, experts.apply(packed))["kernels"] == "torch"

"""The embedding and the checkpoints go to the host and come back; no number changes."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from assay.patches import norms, offload  # noqa: E402
from assay.patches.errors import OptionError  # noqa: E402

IDS = torch.randint(1, 64, (2, 11), generator=torch.Generator().manual_seed(0))


def train(model, reentrant=False):
    """Freeze the embedding, as LoRA does, and switch checkpointing on."""
    model.model.embed_tokens.requires_grad_(False)
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": reentrant})
    model.enable_input_require_grads()
    return model.train()


def step(model):
    model(input_ids=IDS, labels=IDS, use_cache=False).loss.backward()
    found = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return found


@pytest.mark.parametrize("reentrant", [False, True])
def test_with_embedding_and_checkpoints_on_the_host_a_step_gives_the_very_gradients(tiny, reentrant):
    plain, patched = tiny(), tiny()
    offload.apply(patched, norms=False)
    ours, theirs = step(train(patched, reentrant)), step(train(plain, reentrant))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_tiled_norms_agree_with_the_plain_ones_in_every_gradient(tiny, monkeypatch):
    monkeypatch.setattr(norms, "ROWS", 4)
    plain, patched = tiny(), tiny()
    offload.apply(patched)
    ours, theirs = step(train(patched)), step(train(plain))
    assert "model.norm.weight" in theirs
    for name in theirs:
        assert (ours[name] - theirs[name]).norm() <= 1e-5 * theirs[name].norm(), name


def test_a_tiled_norm_passes_gradcheck_in_float64():
    x = torch.randn(2, 5, 6, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda a, b: norms._Norm.apply(a, b, 1e-5, 3), (x, weight))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_a_tiled_norm_gives_the_very_output_of_the_plain_one(tiny, dtype):
    norm = tiny().model.norm.to(dtype)
    torch.nn.init.normal_(norm.weight)
    x = torch.randn(3, 7, 64, dtype=dtype)
    assert torch.equal(norms._Norm.apply(x, norm.weight, norm.variance_epsilon, 4), norm(x))


def test_a_tiled_norm_saves_its_input_and_a_number_a_token():
    saved = []
    x, weight = torch.randn(1, 50, 64, dtype=torch.bfloat16, requires_grad=True), torch.ones(64, dtype=torch.bfloat16)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
        norms._Norm.apply(x, weight, 1e-5, 8)
    assert sum(t.nbytes for t in saved if t.data_ptr() not in (x.data_ptr(), weight.data_ptr())) == 50 * 4


def test_the_input_of_every_layer_goes_to_the_host_and_comes_back_in_reverse_one_ahead(tiny, monkeypatch):
    model = train(tiny(num_hidden_layers=3, layer_types=["full_attention"] * 3))
    offload.apply(model)
    log, made = [], []
    init, fetch, take = offload._Checkpoint.__init__, offload._Checkpoint.fetch, offload._Checkpoint.take
    monkeypatch.setattr(offload._Checkpoint, "__init__", lambda s, *a: made.append(s) or init(s, *a))
    monkeypatch.setattr(
        offload._Checkpoint, "fetch", lambda s: (s.ready is None and log.append(("fetch", made.index(s)))) or fetch(s)
    )
    monkeypatch.setattr(offload._Checkpoint, "take", lambda s: log.append(("take", made.index(s))) or take(s))
    step(model)
    layers = log[-6:]
    assert [what for what in layers if what[0] == "take"] == [("take", 2), ("take", 1), ("take", 0)]
    assert layers.index(("fetch", 1)) < layers.index(("take", 1))
    assert layers.index(("fetch", 0)) < layers.index(("take", 0))
    assert all(one.ready is None for one in made)


def test_a_graph_can_be_walked_twice(tiny):
    model = train(tiny())
    offload.apply(model)
    loss = model(input_ids=IDS, labels=IDS, use_cache=False).loss
    weights = [p for p in model.parameters() if p.requires_grad]
    first = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
    second = torch.autograd.grad(loss, weights, allow_unused=True)
    assert all(a is b is None or torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_what_is_changed_in_place_after_the_layer_has_been_saved_before(tiny):
    kept = offload._Checkpoint(value := torch.ones(1, 2, 3), None, None)
    value.zero_()
    assert kept.take().eq(1).all()


def test_without_checkpointing_nothing_is_moved(tiny, monkeypatch):
    model = tiny()
    offload.apply(model, embedding=False)
    monkeypatch.setattr(offload, "_Checkpoint", None)
    model.train()(input_ids=IDS, labels=IDS).loss.backward()


def test_the_embedding_holds_one_number_on_the_device_and_follows_a_cast(tiny):
    model = tiny()
    table = model.model.embed_tokens.weight.detach().clone()
    offload.apply(model)
    assert model.model.embed_tokens.weight.untyped_storage().nbytes() == 4
    model.to(torch.bfloat16)
    assert model.model.embed_tokens.weight.untyped_storage().nbytes() == 2
    assert torch.equal(model.model.embed_tokens(IDS), table.to(torch.bfloat16)[IDS])


def test_the_state_holds_the_real_embedding(tiny):
    plain, patched = tiny(), tiny()
    offload.apply(patched)
    ours, theirs = patched.state_dict(), plain.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_generating_gives_the_plain_models_tokens(tiny):
    plain, patched = tiny(), tiny()
    offload.apply(patched)
    settings = {"max_new_tokens": 8, "do_sample": False, "pad_token_id": 0}
    assert torch.equal(patched.generate(IDS, **settings), plain.generate(IDS, **settings))


def test_removal_leaves_no_trace(tiny):
    model, plain = tiny(), tiny()
    weight = model.model.embed_tokens.weight
    before = set(vars(model.model)), set(vars(model.model.embed_tokens))
    state = offload.apply(model)
    assert "embedding" in offload.explain(model, state)
    offload.remove(model, state)
    assert model.model.embed_tokens.weight is weight
    assert weight.requires_grad
    assert torch.equal(weight, plain.model.embed_tokens.weight)
    assert (set(vars(model.model)), set(vars(model.model.embed_tokens))) == before


def test_an_embedding_that_is_also_the_head_stays(tiny):
    model = tiny(tie_word_embeddings=True)
    weight = model.model.embed_tokens.weight
    state = offload.apply(model)
    assert model.model.embed_tokens.weight is weight
    assert offload.explain(model, state)["embedding"] == "on the device: it is also the head"


def test_a_patch_with_nothing_to_do_is_refused(tiny):
    with pytest.raises(OptionError, match="leave the patch out"):
        offload.apply(tiny(), embedding=False, checkpoints=False, norms=False)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_the_gpu_a_step_gives_the_very_gradients_and_checkpoints_leave_the_device(tiny):
    plain, patched = tiny().cuda(), tiny().cuda()
    offload.apply(patched)
    global IDS
    IDS = IDS.cuda()
    ours, theirs = step(train(patched)), step(train(plain))
    IDS = IDS.cpu()
    torch.testing.assert_close(ours, theirs)

"""The patched model against the model as it was: logits and every gradient, in float32."""

import copy
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

sys.path.insert(0, str(Path(__file__).parent))
from attention_reference import error  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402
from transformers import DynamicCache, StaticCache  # noqa: E402

from assay.patches import attention, attention_flex, attention_sinks  # noqa: E402
from assay.patches.attention_blocks import Blocks  # noqa: E402
from assay.patches.errors import DeviceError, ModelError, OptionError  # noqa: E402

LENGTH, WINDOW = 30, 8


@pytest.fixture
def pair(tiny):
    """The model with the patch, and the same with upstream's eager attention; two sliding and two full layers."""
    kinds = ["sliding_attention", "full_attention"] * 2
    eager = tiny(num_hidden_layers=4, layer_types=kinds, initializer_range=0.15, sliding_window=WINDOW)
    eager.set_attn_implementation("eager")
    for layer in eager.model.layers:
        torch.nn.init.normal_(layer.self_attn.sinks)
    patched = copy.deepcopy(eager)
    attention.apply(patched)
    return patched, eager


def tokens(rows, length=LENGTH):
    return torch.randint(1, 64, (rows, length), generator=torch.Generator().manual_seed(3))


def padding(*bounds, length=LENGTH):
    slots = torch.arange(length)
    return torch.stack([(slots >= begin) & (slots < end) for begin, end in bounds]).long()


def answers(model, ids, asked, **inputs):
    """Logits where asked, and the gradient of every parameter, of the embedded tokens, by name."""
    model.zero_grad()
    embedded = model.model.embed_tokens(ids).detach().requires_grad_()
    logits = model(inputs_embeds=embedded, **inputs).logits
    weight = torch.randn(logits.shape, generator=torch.Generator().manual_seed(4)) * asked[..., None]
    (logits * weight).sum().backward()
    grads = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    return {"logits": logits.detach() * asked[..., None], "inputs": embedded.grad, **grads}


def worst(found, wanted):
    assert found.keys() == wanted.keys()
    assert any("sinks" in name for name in found)
    return max((error(found[name], wanted[name]), name) for name in found)


def assert_same(found, wanted):
    off, name = worst(found, wanted)
    assert off <= 1e-5, f"{name} is off by {off:.1e}"


MASKS = {
    "none": None,
    "left": padding((0, LENGTH), (11, LENGTH)),
    "right": padding((0, 9), (0, LENGTH)),
    "both in one row": padding((5, LENGTH - 4), (0, LENGTH - 12), (12, LENGTH)),
    "a hole": padding((0, LENGTH), (3, LENGTH)) * (torch.arange(LENGTH) // 3 != 5),
}


@pytest.mark.parametrize("name", MASKS)
def test_logits_and_every_gradient_are_eagers(pair, name):
    mask = MASKS[name]
    asked = torch.ones(2, LENGTH) if mask is None else mask
    ids = tokens(len(asked))
    found, wanted = (answers(model, ids, asked, attention_mask=mask) for model in pair)
    assert_same(found, wanted)


def test_gradients_are_the_same_through_checkpointing(pair):
    mask = MASKS["both in one row"]
    ids = tokens(len(mask))
    wanted = answers(pair[1], ids, mask, attention_mask=mask)
    for layer in pair[0].model.layers:
        layer.gradient_checkpointing = True
        layer._gradient_checkpointing_func = partial(checkpoint, use_reentrant=False)
    pair[0].train()
    assert_same(answers(pair[0], ids, mask, attention_mask=mask, use_cache=False), wanted)


def packed_and_apart(pair, **inputs):
    """Sequences packed in a row through the patch, and each by itself through eager: answers of both."""
    lengths = (7, 1, 13, 9)
    ids = tokens(1)
    asked = torch.ones(1, LENGTH)
    found = answers(pair[0], ids, asked, **inputs(lengths) if callable(inputs) else inputs)
    logits, grads, begin = [], {}, 0
    weight = torch.randn((1, LENGTH, 64), generator=torch.Generator().manual_seed(4))
    pair[1].zero_grad()
    for length in lengths:
        part = slice(begin, begin + length)
        embedded = pair[1].model.embed_tokens(ids[:, part]).detach().requires_grad_()
        out = pair[1](inputs_embeds=embedded).logits
        (out * weight[:, part]).sum().backward()
        logits.append(out.detach())
        grads.setdefault("inputs", []).append(embedded.grad)
        begin += length
    wanted = {name: p.grad for name, p in pair[1].named_parameters() if p.grad is not None}
    wanted |= {"logits": torch.cat(logits, 1), "inputs": torch.cat(grads["inputs"], 1)}
    return found, wanted


POSITIONS = torch.cat([torch.arange(n) for n in (7, 1, 13, 9)])[None]


@pytest.mark.parametrize("use_cache", [False, True])
def test_packed_sequences_are_as_good_as_apart(pair, use_cache):
    assert_same(*packed_and_apart(pair, position_ids=POSITIONS, use_cache=use_cache))


def test_packed_sequences_may_be_told_apart_by_their_cumulative_lengths(pair):
    starts = torch.tensor([0, 7, 8, 21, 30], dtype=torch.int32)
    lengths = {"cu_seq_lens_q": starts, "cu_seq_lens_k": starts, "max_length_q": 13, "max_length_k": 13}
    assert_same(*packed_and_apart(pair, position_ids=POSITIONS, **lengths))


def test_packed_sequences_may_end_in_padding(pair):
    lengths, ids = (7, 1, 13, 5), tokens(1)
    mask = padding((0, 26))
    positions = torch.cat([torch.arange(n) for n in (*lengths, 4)])[None]
    logits = pair[0](ids, attention_mask=mask, position_ids=positions).logits[:, :26]
    apart = [pair[1](part).logits for part in ids[:, :26].split(lengths, 1)]
    assert error(logits, torch.cat(apart, 1)) < 1e-5


@pytest.mark.parametrize("kind", ["dynamic", "static"])
@pytest.mark.parametrize("step", [1, 5, 13])
def test_decoding_by_steps_gives_the_logits_of_the_whole(pair, step, kind):
    mask = padding((0, LENGTH), (11, LENGTH))
    ids = tokens(2)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    with torch.no_grad():
        whole = pair[1](ids, attention_mask=mask, position_ids=positions).logits
        config = pair[0].config
        cache = DynamicCache(config=config) if kind == "dynamic" else StaticCache(config=config, max_cache_len=40)
        parts = []
        for begin in range(0, LENGTH, step):
            end = min(begin + step, LENGTH)
            inputs = {"attention_mask": mask[:, :end], "position_ids": positions[:, begin:end]}
            parts.append(pair[0](ids[:, begin:end], past_key_values=cache, **inputs).logits)
    found = torch.cat(parts, 1)
    assert error(found * mask[..., None], whole * mask[..., None]) < 1e-5


@pytest.mark.parametrize("kind", ["dynamic", "static"])
def test_decoding_without_a_mask_knows_how_much_of_the_cache_is_filled(pair, kind):
    ids = tokens(2)
    config = pair[0].config
    cache = DynamicCache(config=config) if kind == "dynamic" else StaticCache(config=config, max_cache_len=40)
    with torch.no_grad():
        parts = [pair[0](part, past_key_values=cache).logits for part in ids.split((9, 1, 1, 19), 1)]
        assert error(torch.cat(parts, 1), pair[1](ids).logits) < 1e-5


@pytest.mark.parametrize("cache", ["dynamic", "static"])
def test_generation_after_left_padding_writes_eagers_tokens(pair, cache):
    mask = padding((0, 14), (6, 14), (11, 14), length=14)
    ids = tokens(3, 14) * mask
    options = {"max_new_tokens": 12, "do_sample": False, "cache_implementation": cache, "disable_compile": True}
    found, wanted = (model.generate(ids, attention_mask=mask, eos_token_id=None, **options) for model in pair)
    assert torch.equal(found, wanted)


def test_autocast_runs_in_the_half_type_and_is_as_exact_as_eager(pair):
    ids, outs = tokens(2), []
    for model in (*pair, pair[1]):  # of the first layer only: after it the experts of a token may differ
        hook = model.model.layers[0].self_attn.register_forward_hook(lambda *a: outs.append(a[2][0]))
        with torch.autocast("cpu", torch.bfloat16, enabled=len(outs) < 2):
            model(ids)
        hook.remove()
    found, eager, exact = outs
    assert found.dtype == torch.bfloat16
    assert error(found, exact) <= 1.1 * error(eager, exact)


# Broken patches must not pass for right ones.
def test_a_window_off_by_one_is_noticed(pair):
    ids, asked = tokens(2), torch.ones(2, LENGTH)
    wanted = answers(pair[1], ids, asked)
    for change in (-1, 1):
        for layer in pair[0].model.layers:
            layer.self_attn.sliding_window = layer.self_attn.sliding_window and WINDOW + change
        assert worst(answers(pair[0], ids, asked), wanted)[0] > 1e-4


def test_a_log_sum_exp_rounded_to_bfloat16_is_noticed(pair, monkeypatch):
    right = attention_sinks.add_sink
    monkeypatch.setattr(attention_sinks, "add_sink", lambda out, lse, sink: right(out, lse.bfloat16().float(), sink))
    ids, asked = tokens(2), torch.ones(2, LENGTH)
    found, wanted = (answers(model, ids, asked) for model in pair)
    assert worst(found, wanted)[0] > 1e-4


def test_a_backward_with_the_kernels_own_log_sum_exp_is_noticed(pair, monkeypatch):
    right = attention_sinks.add_sink
    monkeypatch.setattr(attention_sinks, "add_sink", lambda out, lse, sink: (right(out, lse, sink)[0], lse))
    ids, asked = tokens(2), torch.ones(2, LENGTH)
    found, wanted = (answers(model, ids, asked) for model in pair)
    assert error(found["logits"], wanted["logits"]) < 1e-5
    assert worst(found, wanted)[0] > 1e-4


def test_a_causal_mask_aligned_to_the_top_left_is_noticed(pair, monkeypatch):
    ids = tokens(2)
    monkeypatch.setattr(Blocks, "_blocks", lambda self: iter([(0, self.rows.queries, 0, self.rows.keys, None, True)]))
    for layer in (*pair[0].model.layers, *pair[1].model.layers):
        layer.self_attn.sliding_window = None
    pair[0].config.layer_types = pair[1].config.layer_types = ["full_attention"] * 4
    cache = DynamicCache(config=pair[0].config)
    with torch.no_grad():
        whole = pair[1](ids).logits
        begin, end = (pair[0](part, past_key_values=cache).logits for part in ids.split((20, 10), 1))
    assert error(begin, whole[:, :20]) < 1e-5
    assert error(end, whole[:, 20:]) > 1e-2


def test_packing_unseen_is_noticed(pair):
    found, wanted = packed_and_apart(pair, position_ids=torch.arange(LENGTH)[None])
    assert worst(found, wanted)[0] > 1e-2


# What it refuses.
def test_dropout_is_refused_in_training_only(tiny):
    model = tiny(attention_dropout=0.1)
    attention.apply(model)
    model(tokens(1))
    with pytest.raises(ValueError, match="set attention_dropout to 0"):
        model.train()(tokens(1))


def test_a_mask_of_four_dimensions_is_refused(pair):
    with pytest.raises(ValueError, match=r"padding mask of shape \(batch, length\)"):
        pair[0](tokens(1), attention_mask=torch.zeros(1, 1, LENGTH, LENGTH))


def test_attention_in_both_directions_is_refused(pair):
    pair[0].config.is_causal = False
    with pytest.raises(ValueError, match="causal mask only"):
        pair[0](tokens(1))


def test_an_unknown_engine_is_refused(tiny):
    with pytest.raises(OptionError, match="auto, flash, cudnn, flex"):
        attention.apply(tiny(), engine="fast")


def test_the_compiled_engine_is_refused_without_triton(tiny, monkeypatch):
    monkeypatch.setattr(attention_flex, "triton_there", lambda: False)
    with pytest.raises(DeviceError, match="needs Triton"):
        attention.apply(tiny(), engine="flex")


def test_a_model_without_sinks_is_refused():
    with pytest.raises(ModelError, match="no attention sinks"):
        attention.apply(torch.nn.Linear(2, 2))


# On and off.
def test_both_the_attention_and_its_mask_are_registered(pair):
    from transformers import AttentionInterface, AttentionMaskInterface

    assert AttentionInterface()["assay_sinks"] is attention.assay_sinks
    assert AttentionMaskInterface()["assay_sinks"] is attention.assay_sinks_mask


def test_removing_it_restores_the_model_bit_for_bit(tiny):
    model = tiny()
    ids = tokens(2)
    before, names = model(ids).logits, {name: set(vars(module)) for name, module in model.named_modules()}
    was = model.config._attn_implementation
    state = attention.apply(model)
    again = attention.apply(model, engine="flash")
    assert model.config._attn_implementation == "assay_sinks"
    attention.remove(model, again)
    assert model.config._attn_implementation == "assay_sinks"
    attention.remove(model, state)
    assert model.config._attn_implementation == was
    assert torch.equal(model(ids).logits, before)
    assert {name: set(vars(module)) for name, module in model.named_modules()} == names


def test_it_tells_what_it_did(pair):
    told = attention.explain(pair[0], attention.apply(pair[0], engine="flash"))
    assert told["layers"] == "2 full, 2 sliding (8)"
    assert told["engine"] == "flash"


@pytest.mark.parametrize(("there", "said"), [(True, "auto, by attention_table.json"), (False, "flex needs Triton")])
def test_the_table_says_that_flex_is_left_out_on_a_gpu_without_triton(monkeypatch, there, said):
    monkeypatch.setattr(attention_flex, "triton_there", lambda: there)
    on_gpu = SimpleNamespace(sinks=SimpleNamespace(is_cuda=True), sliding_window=None, assay_engine="auto")
    assert said in attention.explain(None, attention.State([], [(on_gpu, None)]))["engine"]

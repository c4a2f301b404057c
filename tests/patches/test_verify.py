"""Verify passes what is right, and fails each of the ways in which a patch of gpt-oss is easily wrong."""

import json
import math
import types

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from peft.tuners.lora.layer import ParamWrapper  # noqa: E402
from transformers import AttentionInterface, AttentionMaskInterface  # noqa: E402
from transformers.integrations.moe import ALL_EXPERTS_FUNCTIONS  # noqa: E402
from transformers.masking_utils import eager_mask  # noqa: E402
from transformers.models.gpt_oss.modeling_gpt_oss import GptOssExperts  # noqa: E402
from typer.testing import CliRunner  # noqa: E402

import assay.patches.verify as verification  # noqa: E402
from assay.patches import names, verify_figures  # noqa: E402
from assay.patches.commands import patches_app  # noqa: E402
from assay.patches.verify import combinations, verify  # noqa: E402
from assay.patches.verify_figures import Figure, rows_of  # noqa: E402


def patch(name, apply, remove=lambda model, state: None):
    parts = {"NAME": name, "SUMMARY": name, "apply": apply, "remove": remove, "explain": lambda model, state: {}}
    return types.SimpleNamespace(**parts)


def top_left(allowed):
    queries, keys = allowed.shape[-2:]
    return torch.ones_like(allowed).tril() if queries < keys else allowed


def one_more(allowed, window):
    """What the query before sees as well: the window of a sliding layer, one token too wide."""
    if window is None:
        return allowed
    wider = allowed.clone()
    wider[..., 1:, :] |= allowed[..., :-1, :]
    return wider & torch.ones_like(allowed).tril(allowed.shape[-1] - allowed.shape[-2])


def attention(name, mask=lambda allowed, window: allowed, factor=lambda lse, sink: torch.sigmoid(lse - sink)):
    """A patch with a plain attention of its own: ordinary softmax, then the factor of the sink."""

    def attend(module, query, key, value, attention_mask, scaling, sliding_window=None, s_aux=None, **rest):
        key, value = (t.repeat_interleave(module.num_key_value_groups, 1) for t in (key, value))
        scores = query @ key.transpose(-1, -2) * scaling
        if attention_mask is not None:
            allowed = mask(attention_mask == 0, sliding_window)
            scores = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min)
        lse = torch.logsumexp(scores, -1, keepdim=True)
        output = torch.softmax(scores, -1) @ value * factor(lse, s_aux[None, :, None, None])
        return output.transpose(1, 2).contiguous(), None

    def apply(model):
        AttentionInterface.register(name, attend)
        AttentionMaskInterface.register(name, lambda *a, **k: eager_mask(*a, **(k | {"allow_is_causal_skip": False})))
        before, model.config._attn_implementation = model.config._attn_implementation, name
        return before

    def remove(model, before):
        model.config._attn_implementation = before

    return patch(name, apply, remove)


def detached_swiglu():
    def gate(self, gate_up):
        gate, up = gate_up[..., ::2].clamp(max=self.limit), gate_up[..., 1::2].clamp(-self.limit, self.limit)
        return (up + 1) * (gate * torch.sigmoid(gate * self.alpha).detach())

    def apply(model):
        for module in model.modules():
            if isinstance(module, GptOssExperts):
                module._apply_gate = types.MethodType(gate, module)

    def remove(model, state):
        for module in model.modules():
            if isinstance(module, GptOssExperts):
                del module._apply_gate

    return patch("SwiGLU detached", apply, remove)


def other_layout():
    """B read as (out, experts, r), where PEFT has (out, r, experts)."""

    def swap(model):
        for module in model.modules():
            if isinstance(module, ParamWrapper):
                factor = module.lora_B["default"].weight
                outer, rank = factor.shape[0], module.r["default"]
                factor.data = factor.data.view(outer, rank, -1).transpose(1, 2).reshape(factor.shape).contiguous()

    return patch("B in the other layout", swap)


def frozen_input():
    """Experts that hand no gradient to the layers below, as one published trainer over MXFP4 has them."""

    def apply(model):
        def forward(module, hidden, indices, weights):
            return GptOssExperts.forward.__wrapped__(module, hidden.detach(), indices, weights)

        ALL_EXPERTS_FUNCTIONS.register("frozen_input", forward)
        before, model.config._experts_implementation = model.config._experts_implementation, "frozen_input"
        return before

    def remove(model, before):
        model.config._experts_implementation = before

    return patch("dL/dx dropped", apply, remove)


def no_number(lse, sink):
    return torch.sigmoid(lse - sink) * math.nan


RIGHT = attention("right")
BROKEN = {
    "LSE in bf16": attention("lse_bf16", factor=lambda lse, sink: torch.sigmoid(lse.bfloat16().float() - sink)),
    "window off by one": attention("wide", mask=one_more),
    "causal mask aligned to the top left": attention("top_left", mask=lambda allowed, window: top_left(allowed)),
    "sink detached": attention("sink_detached", factor=lambda lse, sink: torch.sigmoid(lse - sink.detach())),
    "not a number": attention("nan", factor=no_number),
    "SwiGLU detached": detached_swiglu(),
    "B in the other layout": other_layout(),
    "dL/dx dropped": frozen_input(),
}


@pytest.fixture(scope="module")
def found():
    """Rows and figures of a right patch and of all broken ones: ``found(name) -> (rows, figures)``."""
    rows, figures = verify([[RIGHT], *([broken] for broken in BROKEN.values())], device="cpu", layers=2)

    def of(name):
        label = BROKEN[name].NAME if name in BROKEN else name
        return [r for r in rows if r.patches == label], [f for f in figures if f.patches == label]

    return of


def failing(rows):
    return {row.what for row in rows if not row.ok}


def test_a_right_patch_passes_in_every_layer_and_result(found):
    rows, figures = found("right")
    assert failing(rows) == set()
    assert {figure.kind for figure in figures} == {"sliding_attention", "full_attention"}
    assert {figure.case for figure in figures} == {"padded on both sides", "packed", "decoding"}
    compared = {row.what for row in rows}
    assert {"output", "input", "self_attn.sinks", "mlp.router.weight", "mlp.router.bias"} <= compared
    for adapted in ("self_attn.q_proj", "self_attn.o_proj", "mlp.experts.gate_up_proj", "mlp.experts.down_proj"):
        assert {f"{adapted}.lora_A", f"{adapted}.lora_B"} <= compared


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_patch_fails(found, name):
    rows, figures = found(name)
    assert figures
    assert failing(rows)


def test_a_window_off_by_one_fails_in_sliding_layers_only(found):
    _, figures = found("window off by one")
    assert {figure.kind for figure in figures if not figure.error < 1e-5} == {"sliding_attention"}


def test_a_mask_aligned_to_the_top_left_shows_in_decoding_only(found):
    _, figures = found("causal mask aligned to the top left")
    assert {figure.case for figure in figures if not figure.error < 1e-5} == {"decoding"}


@pytest.mark.parametrize("name", ["SwiGLU detached", "sink detached", "dL/dx dropped"])
def test_a_wrong_backward_fails_though_the_forward_is_right(found, name):
    rows, _ = found(name)
    assert failing(rows)
    assert "output" not in failing(rows)


def test_a_gradient_that_does_not_arrive_is_an_error_of_one(found):
    rows, _ = found("sink detached")
    assert failing(rows) == {"self_attn.sinks"}
    assert next(row.error for row in rows if row.what == "self_attn.sinks") == 1.0


def test_the_worst_layer_is_told(found):
    rows, figures = found("window off by one")
    row = max((row for row in rows if not row.ok), key=lambda row: row.share)
    assert row.worst.error == max(f.error for f in figures if f.what == row.what)


def test_the_patches_there_are_pass_alone_and_together():
    rows, _ = verify(device="cpu", layers=2)
    assert {row.patches for row in rows} == {" + ".join(some) for some in combinations()}
    assert [row for row in rows if not row.ok] == []


def figure(error, eager, what="sinks"):
    return Figure("p", "bfloat16", what, 0, "full_attention", "packed", error, eager)


def test_half_precision_may_be_as_far_off_as_the_unpatched_layer_over_all_layers_and_no_farther():
    unlucky = [figure(0.04, 0.01), figure(0.01, 0.04)]
    assert all(row.ok for row in rows_of(unlucky))
    assert not any(row.ok for row in rows_of([figure(0.012, 0.01), figure(0.012, 0.01)]))
    assert not any(row.ok for row in rows_of([figure(math.nan, 0.01), figure(0.0, 0.01)]))
    apart = rows_of([figure(0.0, 0.01, "input"), figure(0.02, 0.01, "sinks")])
    assert {row.what: row.ok for row in apart} == {"input": True, "sinks": False}


@pytest.mark.slow
def test_half_precision_is_held_against_float64_and_the_unpatched_error():
    rows, figures = verify([[RIGHT], [BROKEN["dL/dx dropped"]]], dtypes=["bfloat16"], device="cpu", layers=1)
    right, broken = ([row for row in rows if row.patches == name] for name in ("right", "dL/dx dropped"))
    assert {row.what for row in right} == {"output", "input", "sinks", "router", "LoRA of attention", "LoRA of experts"}
    assert all(1e-4 < row.limit < 0.2 for row in right)  # bfloat16 rounds to 0.004
    assert all(row.error < 3 * row.limit for row in right)
    assert {"input", "sinks"} <= failing(broken)
    assert all(figure.eager for figure in figures)


def command(*arguments):
    return CliRunner().invoke(patches_app, list(map(str, arguments)))


def test_a_checkpoint_folder_is_verified_dense_and_packed(packed):
    from assay.training import tiny

    for folder in (tiny.PATH, packed):
        done = command("verify", "--device", "cpu", "--model", folder, "--layers", 1, "--patch", "attention", "--json")
        assert done.exit_code == 0, done.output
        assert {row["patches"] for row in json.loads(done.stdout)["rows"]} == {"attention"}


def test_the_command_prints_one_line_a_combination_and_ends_with_1_where_one_fails(monkeypatch):
    monkeypatch.setattr(verify_figures, "EXACT", 1e-12)
    done = command("verify", "--device", "cpu", "--patch", "attention", "--layers", 1)
    assert done.exit_code == 1
    assert "attention" in done.stdout
    assert " no " in done.stdout


def test_listing_names_every_patch_and_what_it_changes():
    listed = json.loads(command("list", "--json").stdout)
    assert list(listed) == names()
    assert all(listed.values())
    assert "guard" in command("list").stdout


def test_a_layer_that_does_not_fit_into_memory_is_one_sentence(monkeypatch):
    monkeypatch.setattr(verification, "_layer", lambda *a: torch.empty(2**60))
    done = command("verify", "--device", "cpu", "--patch", "attention", "--layers", 1)
    assert done.exit_code == 2
    assert "--device" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--patch", "attension"], "attension"),
        (["--dtype", "float8"], "float8"),
        (["--model", "/nowhere"], "/nowhere"),
    ],
)
def test_wrong_usage_is_one_sentence_with_exit_code_2(arguments, named):
    done = command("verify", *arguments)
    assert done.exit_code == 2
    assert named in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1

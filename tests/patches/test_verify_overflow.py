"""Where the unpatched layer overflows float16 there is nothing to compare with, and nothing passes for that."""

import json
import math
import sys
import types
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from typer.testing import CliRunner  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))
import outliers  # noqa: E402

import assay.patches.verify as verification  # noqa: E402
from assay.patches import verify_overflow  # noqa: E402
from assay.patches.commands import patches_app  # noqa: E402
from assay.patches.verify import verify  # noqa: E402
from assay.patches.verify_cases import cases  # noqa: E402
from assay.patches.verify_figures import Figure, error_of, members_of, norms_of, rows_of  # noqa: E402
from assay.patches.verify_layers import random_config, random_layers  # noqa: E402

CPU, SAFE = torch.device("cpu"), ["experts", "lora", "fp16"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A checkpoint whose first layer puts 516,096 into the residual stream of every fourth token."""
    from transformers import GptOssConfig

    config = GptOssConfig(
        vocab_size=64,
        num_hidden_layers=2,
        layer_types=["sliding_attention", "full_attention"],
        hidden_size=64,
        intermediate_size=64,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        num_local_experts=4,
        num_experts_per_tok=2,
        sliding_window=8,
        max_position_embeddings=256,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        pad_token_id=0,
        router_aux_loss_coef=0.0,
    )
    return outliers.write(tmp_path_factory.mktemp("overflow") / "outliers", config)


def shifted(by):
    """A patch that is finite and a little wrong: sinks that are off."""

    def apply(model):
        for layer in model.model.layers:
            layer.self_attn.sinks.data += by

    parts = {"NAME": f"sinks + {by}", "SUMMARY": "", "apply": apply}
    return types.SimpleNamespace(**parts, remove=lambda model, state: None, explain=lambda model, state: {})


def lost():
    """A patch whose gradients do not arrive at the input."""

    def apply(model):
        attention = model.model.layers[0].self_attn
        original = attention.forward
        attention.forward = lambda hidden_states, **rest: original(hidden_states=hidden_states.detach(), **rest)

    parts = {"NAME": "detached", "SUMMARY": "", "apply": apply}
    return types.SimpleNamespace(**parts, remove=lambda model, state: None, explain=lambda model, state: {})


@pytest.fixture(scope="module")
def found(folder):
    """Rows by the name of the last patch; figures."""
    sets = [["attention"], SAFE, [*SAFE, shifted(0.5)], [*SAFE, lost()]]
    rows, figures = verify(sets, model=folder, dtypes=["float16"], device="cpu")

    def of(last):
        return [row for row in rows if row.patches.endswith(last)], [f for f in figures if f.patches.endswith(last)]

    return of


def test_a_float16_layer_that_is_kept_from_overflowing_passes_by_finite_limits(found):
    rows, figures = found("fp16")
    assert all(math.isfinite(row.error) and math.isfinite(row.limit) for row in rows)
    assert [row for row in rows if not row.ok] == []
    assert all(row.overflows for row in rows)
    over = [figure for figure in figures if figure.overflows]
    assert {figure.layer for figure in over} == {0, 1}  # the second gets as its input what the first put out
    assert all(0 < figure.eager <= 2**-5 for figure in over)


def test_what_overflows_as_the_unpatched_layer_does_is_not_passed_for_that(found):
    rows, _ = found("attention")
    assert all(row.overflows and math.isfinite(row.limit) for row in rows)
    assert not any(row.ok for row in rows)


@pytest.mark.parametrize(("broken", "what"), [("sinks + 0.5", "sinks"), ("detached", "input")])
def test_a_finite_but_wrong_result_fails_where_the_unpatched_layer_overflows(found, broken, what):
    rows, _ = found(broken)
    assert all(math.isfinite(row.error) for row in rows)
    assert what in {row.what for row in rows if not row.ok}


@pytest.mark.parametrize("error", [0.0, 0.01, math.inf, math.nan])
@pytest.mark.parametrize("eager", [math.inf, math.nan])
def test_nothing_passes_beside_an_error_that_is_not_finite(error, eager):
    figures = [Figure("p", "float16", "sinks", 0, "full_attention", "packed", error, eager)]
    (row,) = rows_of(figures)
    assert not row.ok
    assert row.share == math.inf


def small():
    """A layer, its adapters' cases, and what the float64 layer makes of them."""
    config = random_config()
    layer = next(random_layers(config))
    embedding = torch.randn(64, config.hidden_size, generator=torch.Generator().manual_seed(1))
    recorded = cases(embedding, config.sliding_window)
    truth = verification._run(layer.plain(torch.float64, CPU), layer, recorded, True, [], True)
    return layer, recorded, truth


def test_gradients_that_overflow_are_those_of_a_scaled_loss_and_the_scale_is_divided_out():
    layer, recorded, _ = small()
    for case in recorded:
        case.direction *= 2.0**9
    truth = verification._run(layer.plain(torch.float64, CPU), layer, recorded, True, [], False)
    assert not all(
        map(
            verify_overflow.finite, verification._run(layer.plain(torch.float16, CPU), layer, recorded, True, [], False)
        )
    )
    plain, over = verification._unpatched(layer, recorded, True, torch.float16, CPU)
    assert not over
    assert all(2.0**-12 < case.scale < 1 for case in recorded if not case.cached)
    for case, right, result in zip(recorded, truth, plain, strict=True):
        assert verify_overflow.finite(result), case.name
        assert all((result[what] - right[what]).norm() < 0.2 * right[what].norm() for what in right)
    scales = [case.scale for case in recorded]
    for case in recorded:
        case.scale = min(1.0, case.scale * 2)
    larger = verification._run(layer.plain(torch.float16, CPU), layer, recorded, True, [], False)
    assert not any(map(verify_overflow.finite, larger[:2])), scales  # none was smaller than it had to be


def test_float16_with_a_wider_range_is_as_far_off_as_float16_where_that_does_not_overflow():
    layer, recorded, truth = small()
    half = verification._run(layer.plain(torch.float16, CPU), layer, recorded, True, [], False)
    model = layer.plain(torch.float64, CPU)
    with verify_overflow.Rounded(torch.float16):
        wide = verification._run(model, layer, recorded, True, [], False)
    for right, one, other in zip(truth, half, wide, strict=True):
        for what, members in members_of(right, single=False).items():
            norms = norms_of(truth)
            error, other_error = (error_of(tried, right, members, norms) for tried in (one, other))
            assert 0.5 < other_error / error < 1.5, what


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_rounding_is_that_of_the_type_in_its_normal_range_and_ends_at_no_largest_number(dtype):
    generator = torch.Generator().manual_seed(0)
    numbers = torch.randn(4096, generator=generator).double() * 128  # of float32: torch converts to float16 through it
    ties = 1 + (torch.arange(64, dtype=torch.float64) + 0.5) * torch.finfo(dtype).eps
    numbers = torch.cat([numbers[numbers.abs() > 1e-3], ties, -ties])
    with verify_overflow.Rounded(dtype):
        assert torch.equal(numbers * 1, numbers.to(dtype).double())
        assert torch.equal(numbers.clone().add_(0), numbers.to(dtype).double())
        huge = torch.tensor([1e30, -torch.finfo(torch.float64).max, math.inf], dtype=torch.float64) * 1
        assert (torch.full((3,), 0.1) * 1).tolist() == [torch.tensor(0.1).item()] * 3  # float32 is left alone
    assert huge.isfinite().tolist() == [True, True, False]
    assert numbers.add(0).tolist() == numbers.tolist()


def test_the_command_says_that_the_unpatched_layer_overflows_and_names_the_way_out(folder):
    options = ["verify", "--model", str(folder), "--dtype", "float16", "--layers", "1", "--patch", "attention"]
    done = CliRunner().invoke(patches_app, options)
    assert done.exit_code == 1
    assert "overflows" in done.stdout
    assert "add fp16" in done.stdout
    done = CliRunner().invoke(patches_app, [*options, "--json"])
    told = json.loads(done.stdout, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert told["ok"] is False
    assert any(row["error"] is None and row["overflows"] for row in told["rows"])

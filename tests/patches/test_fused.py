"""Fused products are the unfused ones, are chosen where they were measured to be faster, and never hold up the host."""

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

sys.path.insert(0, str(Path(__file__).parent))
import fused_cases  # noqa: E402
from fused_cases import ALL, COUNTS, NONE, SIZES, SMALL  # noqa: E402

from assay.patches import apply_patches, checkpoint, experts, fused, fused_table, fused_weight, moe, moe_walk, mxfp4  # noqa: E402
from assay.patches.errors import DeviceError, ModelError, OptionError  # noqa: E402
from assay.patches.fused_weight import FusedWeight, Limits  # noqa: E402
from assay.patches.grouped import Tiling, sort_by_expert  # noqa: E402
from assay.patches.weights import Dense, Packed  # noqa: E402

needs_triton = pytest.mark.skipif(not mxfp4.has_triton(), reason="Triton is not installed")
IDS = torch.randint(1, 64, (2, 9), generator=torch.Generator().manual_seed(1))

# What the interpreter works out: name -> a call of fused_cases. bfloat16 it rounds towards zero, twice as far off.
PRODUCTS = {
    f"float32 {counts} {outer}x{groups} {back}": ("product_error", ["float32", counts, outer, groups, back, SMALL])
    for counts, (outer, groups), back in product(COUNTS, SIZES, (False, True))
    if counts == COUNTS[0] or (outer, groups) == SIZES[0]
}
HALVES = {
    f"{dtype} {back}": ("product_error", [dtype, COUNTS[0], *SIZES[0], back, SMALL])
    for dtype, back in product(("bfloat16", "float16"), (False, True))
}
DEFAULT = {
    f"default shape {count} {back}": ("product_error", ["float32", [count, 0, 3], 40, 3, back])
    for count, back in product((5, 70), (False, True))
}
LAYERS = {f"layer {name}": ("layer_error", ["float32"], o) for name, o in {
    "with adapters": {}, "without adapters": {"adapters": False},
    "forward only": {"fused": (1e9, 0)}, "backward only": {"fused": (0, 1e9)},
    "in float16": {"narrow": True},
}.items()}  # fmt: skip
EXACT = {f"exact {back}": ("exact", ["float32", back]) for back in (False, True)}

PROGRAM = """
import json, sys
sys.path.insert(0, {folder!r})
import torch
torch.set_num_threads(1)
import fused_cases
from assay.patches.fused_weight import Limits

results = {{}}
for name, (function, arguments, *options) in json.load(sys.stdin).items():
    options = options[0] if options else {{}}
    if "fused" in options:
        options["fused"] = Limits(*options["fused"])
    results[name] = getattr(fused_cases, function)(getattr(torch, arguments[0]), *arguments[1:], **options)
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def interpreted():
    """Results of all cases, from one process: the interpreter is chosen when Triton is imported."""
    cases = PRODUCTS | HALVES | DEFAULT | LAYERS | EXACT
    program = PROGRAM.format(folder=str(Path(__file__).parent))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"TRITON_INTERPRET": "1"},
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@needs_triton
@pytest.mark.parametrize("name", [*PRODUCTS, *DEFAULT])
def test_a_product_is_that_of_the_dequantised_weight_to_float32_rounding(interpreted, name):
    assert interpreted[name] <= 5e-7


@needs_triton
@pytest.mark.parametrize("name", HALVES)
def test_half_precision_is_rounded_once_from_sums_in_float32(interpreted, name):
    assert interpreted[name] <= (2**-8 if "bfloat16" in name else 2**-11)


@needs_triton
@pytest.mark.parametrize("name", LAYERS)
def test_a_fused_layer_has_the_output_and_every_gradient_of_the_unfused_one(interpreted, name):
    error, gradients = interpreted[name]
    assert 0 < error <= (5e-4 if "float16" in name else 1e-6)  # not the same path twice
    assert gradients == (4 if "without" in name else 8)


@needs_triton
@pytest.mark.parametrize("name", EXACT)
def test_every_byte_and_scale_is_decoded_exactly(interpreted, name):
    assert interpreted[name]


# What needs no kernel.
@pytest.fixture
def model(packed):
    return checkpoint.load(packed, dtype=torch.float32).requires_grad_(False)


def on_meta(limits, adapters=True):
    """The output's shape of a layer's forward pass on a device that holds no numbers: reading one is an error."""
    meta = torch.device("meta")
    sources = [Packed(*fused_cases.packed(4, outer, 2, meta)) for outer in (128, 64)]
    chosen = torch.empty(6, 2, dtype=torch.int64, device=meta)
    order, counts = sort_by_expert(chosen, 4)
    shapes = [(6, 64), (6, 2), (4, 128), (4, 64), (4, 8, 64), (4, 8, 128), (4, 8, 64), (4, 8, 64)]
    values = [torch.empty(shape, device=meta, dtype=torch.bfloat16) for shape in shapes]
    factors = tuple(values[4:]) if adapters else (None,) * 4
    settings = moe.Settings(*sources, 1.702, 7.0, Tiling(2, 100), torch.bfloat16, fused=limits)
    with torch.no_grad():
        return moe.run(settings, moe.Inputs(*values[:4], factors, chosen, order, counts)).shape


@pytest.fixture
def shapes_only(monkeypatch):
    """Kernels run everywhere, and only give their results' shapes."""

    def multiply(weight, x, ends, dtype):
        outer, inner = weight.source.outer, weight.source.inner
        assert x.shape[1] == (outer if weight.back else inner)
        return x.new_empty(len(x), inner if weight.back else outer, dtype=dtype)

    monkeypatch.setattr(fused_weight, "runs_on", lambda device: True)
    monkeypatch.setattr(FusedWeight, "multiply", multiply)


@pytest.mark.parametrize("adapters", [False, True])
def test_a_fused_forward_pass_reads_nothing_back_from_the_device(shapes_only, adapters):
    assert on_meta(ALL, adapters) == (6, 64)


def test_the_unfused_one_does_so_the_test_above_would_see_it(shapes_only):
    with pytest.raises((RuntimeError, NotImplementedError), match=r"meta|Meta"):
        on_meta(NONE)


@pytest.mark.parametrize(
    ("rows", "back", "fused"), [(40, False, True), (41, False, False), (20, True, True), (21, True, False)]
)
def test_a_pass_is_fused_up_to_its_own_limit_of_rows_an_expert(shapes_only, rows, back, fused):
    sources = (Packed(*fused_cases.packed(10, 8, 1)),) * 2
    assert Limits(4, 2).take(sources, torch.bfloat16, rows, back) == fused


def test_nothing_is_fused_over_other_weights_or_types_or_no_rows(shapes_only):
    sources = (Packed(*fused_cases.packed(3, 8, 1)),) * 2
    assert not ALL.take((sources[0], Dense(torch.zeros(3, 32, 8))), torch.bfloat16, 5, False)
    assert not ALL.take(sources, torch.float64, 5, False)
    assert not ALL.take(sources, torch.bfloat16, 0, False)


def test_without_a_gpu_nothing_is_fused_and_the_table_says_so(model):
    before = model(IDS).logits
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TRITON_INTERPRET", raising=False)
        applied = apply_patches(
            model, ["experts", "fused"], options={"fused": {"forward": 1e9}}, say=lambda table: None
        )
        assert torch.equal(model(IDS).logits, before)
    assert "cpu" in applied.rows["fused"]["products"]


def test_more_rows_than_a_tile_holds_are_never_fused(shapes_only, monkeypatch):
    sources = [Packed(*fused_cases.packed(4, outer, 2)) for outer in (128, 64)]
    chosen = torch.zeros(6, 2, dtype=torch.int64)
    order, counts = sort_by_expert(chosen, 4)
    inputs = SimpleNamespace(order=order, counts=counts, experts=chosen, weights=chosen, x=torch.zeros(1), factors=())
    for rows, fuses in ((12, True), (11, False)):
        settings = moe.Settings(*sources, 1.702, 7.0, Tiling(2, rows), torch.bfloat16, fused=ALL)
        assert moe_walk.Pass(settings, inputs).fused == fuses


TABLE = {
    "devices": {
        "A": {
            "rows_per_expert": {"forward": 64, "backward": 8.0},
            "rows": [
                {"rows_per_expert": each, "shapes": {"forward": [each, 1, 1, 1, 1], "backward": [each, 2, 1, 1, 1]}}
                for each in (1, 10, 100)
            ],
        }
    }
}


def test_the_table_gives_limits_and_the_shape_measured_nearest_by_ratio(tmp_path):
    path = tmp_path / "table.json"
    path.write_text(json.dumps(TABLE))
    assert fused_table.limits("A", path) == (64.0, 8.0)
    assert fused_table.shape("A", 3.0, False, path)[0] == 1
    assert fused_table.shape("A", 3.5, True, path)[:2] == (10, 2)
    assert fused_table.shape("A", 0.1, False, path)[0] == 1


def test_a_gpu_that_was_not_measured_fuses_nothing(tmp_path):
    path = tmp_path / "table.json"
    path.write_text(json.dumps(TABLE))
    assert fused_table.limits("B", path) == (0.0, 0.0)
    assert fused_table.limits("B", tmp_path / "none.json") == (0.0, 0.0)
    assert fused_table.shape("B", 3.0, False, path) is None


def test_every_limit_of_the_table_follows_from_its_rows():
    if not fused_table.TABLE.exists():
        pytest.skip("no GPU was measured yet")
    for name, device in json.loads(fused_table.TABLE.read_text())["devices"].items():
        for which in fused_table.PASSES:
            limit = 0.0
            for row in sorted(device["rows"], key=lambda row: row["tokens"]):
                if row["milliseconds"][which]["fused"] >= row["milliseconds"][which]["unfused"]:
                    break
                limit = row["rows_per_expert"]
            assert device["rows_per_expert"][which] == limit, (name, which)


def test_dense_experts_are_refused_and_nothing_is_left_on_the_model(tiny):
    dense = tiny()
    with pytest.raises(ModelError, match=r"experts in MXFP4, and these are dense.*checkpoint\.load"):
        apply_patches(dense, ["experts", "fused"], say=lambda table: None)
    assert not [name for module in dense.modules() for name in vars(module) if name.startswith("_assay")]


def test_a_gpu_without_triton_is_refused_and_left_out_by_default(model, monkeypatch):
    monkeypatch.setattr(mxfp4, "has_triton", lambda: False)
    assert fused.suits(model)
    bias = SimpleNamespace(is_cuda=True, device=torch.device("cuda"))
    found = SimpleNamespace(gate_up_proj_bias=bias)
    monkeypatch.setattr(experts, "lacks_triton", lambda modules, original=experts.lacks_triton: original([found]))
    assert not fused.suits(model)
    with pytest.raises(DeviceError, match="pip install triton"):
        fused.apply(model)


@pytest.mark.parametrize("options", [{"forward": -1}, {"backward": float("nan")}])
def test_a_limit_that_is_none_is_refused_by_its_name(model, options):
    with pytest.raises(OptionError, match=next(iter(options))):
        fused.apply(model, **options)


def test_the_experts_are_told_the_limits_and_removal_takes_them_back(model):
    state = fused.apply(model, forward=3, backward=float("inf"))
    assert {vars(m)[experts.FUSED] for m in experts.modules(model)} == {Limits(3, float("inf"))}
    fused.remove(model, state)
    assert not any(experts.FUSED in vars(m) for m in experts.modules(model))

"""The fused kernels as the GPU's compiler makes them, in every shape of program that may be chosen."""

import sys
from itertools import product
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

sys.path.insert(0, str(Path(__file__).parent))
import fused_cases  # noqa: E402
from fused_cases import ALL, COUNTS, NONE, SIZES, TYPES, distance  # noqa: E402

from assay.patches import moe, mxfp4  # noqa: E402

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
    pytest.mark.skipif(not mxfp4.has_triton(), reason="Triton is not installed"),
]

ROUNDING = {torch.float32: 5e-7, torch.bfloat16: 2**-8, torch.float16: 2**-11}
SHAPES = [  # of benchmarks/fused.py; not all at once: each is compiled
    (16, 128, 64, 4, 4),
    (16, 32, 64, 4, 4),
    (32, 128, 64, 4, 3),
    (64, 128, 32, 4, 3),
    (128, 128, 64, 8, 3),
]


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_a_product_is_that_of_the_dequantised_weight_rounded_once(dtype, back):
    for counts, (outer, groups) in product(COUNTS, SIZES):
        error = fused_cases.product_error(dtype, counts, outer, groups, back, device="cuda")
        assert error <= ROUNDING[dtype], (counts, outer, groups)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("back", [False, True])
def test_every_shape_of_program_gives_the_same_product(shape, back):
    for counts in ([200, 0, 31, 1], [5, 0, 3]):
        assert fused_cases.product_error(torch.bfloat16, counts, 328, 9, back, shape, "cuda") <= 2**-8


@pytest.mark.parametrize("back", [False, True])
def test_sums_of_float16_products_can_be_kept_in_float32(back):
    error = fused_cases.product_error(torch.float16, COUNTS[0], 70, 3, back, device="cuda", out=torch.float32)
    assert error <= 5e-7


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_every_byte_and_scale_is_decoded_exactly(dtype, back):
    assert fused_cases.exact(dtype, back, "cuda")


@pytest.mark.parametrize("adapters", [False, True])
def test_a_fused_layer_is_no_further_from_float64_than_the_unfused_one(adapters):
    options = {"device": "cuda", "tokens": 300, "hidden": 256, "inner": 256, "adapters": adapters}
    right, exact = fused_cases.layer(torch.bfloat16, truth=True, **options)(NONE)
    layer = fused_cases.layer(torch.bfloat16, **options)
    (ours, mine), (theirs, upstream) = layer(ALL), layer(NONE)
    for number, (a, b, c) in enumerate(zip([ours, *mine], [theirs, *upstream], [right, *exact], strict=True)):
        assert distance(a, c) <= 1.1 * distance(b, c), number


@pytest.mark.parametrize("adapters", [False, True])
def test_a_fused_forward_pass_never_waits_for_the_gpu(adapters):
    layer = fused_cases.layer(torch.bfloat16, "cuda", adapters=adapters)
    torch.cuda.synchronize()
    for limits in (ALL, NONE):
        with torch.no_grad():
            moe.run(*layer.prepare(limits))  # compiles
            torch.cuda.set_sync_debug_mode("error")
            try:
                if limits is ALL:
                    moe.run(*layer.prepare(limits))
                else:
                    with pytest.raises(RuntimeError, match="synchroniz"):
                        moe.run(*layer.prepare(limits))
            finally:
                torch.cuda.set_sync_debug_mode("default")

"""MXFP4 becomes dense exactly: as transformers does it, as the tiny model's packing undoes it, and in Triton."""

import importlib.util
import os
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from assay.patches import mxfp4  # noqa: E402

TYPES = [torch.float32, torch.bfloat16, torch.float16]


def every_code(experts=2, outer=24, groups=3, scales=range(255)):
    """Packed tensors in which every byte and every scale of `scales` occur; 255 stands for NaN and is left out."""
    generator = torch.Generator().manual_seed(0)
    blocks = torch.randint(0, 256, (experts, outer, groups, 16), dtype=torch.uint8, generator=generator)
    blocks.view(-1)[:256] = torch.arange(256, dtype=torch.uint8)
    values = torch.tensor(scales, dtype=torch.uint8)
    return blocks, values.repeat(experts * outer * groups // len(values) + 1)[: experts * outer * groups].view(
        experts, outer, groups
    )


def same_bits(a, b):
    # NaN (infinity times zero, in float16) has many encodings; the sign of zero counts.
    return torch.equal(a.isnan(), b.isnan()) and torch.equal(
        torch.where(a.isnan(), 0, a).view(torch.uint8), torch.where(b.isnan(), 0, b).view(torch.uint8)
    )


@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_dequantising_gives_the_very_bits_that_transformers_gives(dtype):
    from transformers.integrations.mxfp4 import convert_moe_packed_tensors

    blocks, scales = every_code(experts=4)
    theirs = convert_moe_packed_tensors(blocks, scales, dtype=dtype)
    assert same_bits(mxfp4.dequantise(blocks, scales, dtype).transpose(1, 2).contiguous(), theirs)


def test_what_the_tiny_model_packs_is_unpacked_bit_for_bit():
    from assay.training.tiny import mxfp4 as tiny

    weight = tiny.snap(torch.randn(3, 64, 40, generator=torch.Generator().manual_seed(0)))
    blocks, scales = tiny.pack(weight)
    assert same_bits(mxfp4.dequantise(blocks, scales, torch.float32).transpose(1, 2).contiguous(), weight)


def test_chosen_experts_come_in_the_order_asked_for_and_in_the_buffer_given():
    blocks, scales = every_code(experts=4)
    buffer = torch.full((4 * 24 * 96,), 7.0)
    experts = torch.tensor([3, 1], dtype=torch.int32)
    dense = mxfp4.dequantise(blocks, scales, torch.float32, experts=experts, out=buffer)
    assert same_bits(dense, mxfp4.dequantise(blocks, scales, torch.float32)[[3, 1]].contiguous())
    assert dense.data_ptr() == buffer.data_ptr()
    assert (buffer[2 * 24 * 96 :] == 7.0).all()


@pytest.mark.parametrize(
    ("blocks", "scales", "named"),
    [
        ((2, 4, 3, 15), (2, 4, 3), "down_proj_blocks"),
        ((2, 4, 3), (2, 4, 3), "down_proj_blocks"),
        ((2, 4, 3, 16), (2, 4, 2), "down_proj_scales"),
    ],
)
def test_an_odd_shape_is_refused_by_the_name_of_the_tensor(blocks, scales, named):
    with pytest.raises(ValueError, match=named):
        mxfp4.dense_shape(torch.zeros(blocks, dtype=torch.uint8), torch.zeros(scales, dtype=torch.uint8), "down_proj")


def test_a_tensor_that_holds_no_bytes_is_refused():
    with pytest.raises(ValueError, match=r"scales is torch.int8, not uint8"):
        mxfp4.dense_shape(torch.zeros(1, 2, 1, 16, dtype=torch.uint8), torch.zeros(1, 2, 1, dtype=torch.int8))


INTERPRETED = """
import sys
sys.path.insert(0, {folder!r})
import torch
from test_mxfp4 import TYPES, every_code, same_bits
from assay.patches import kernels, mxfp4, swiglu

blocks, scales = every_code(scales=range(2, 255))  # the interpreter flushes what bfloat16 holds below its normal range
experts = torch.tensor([1, 0], dtype=torch.int32)
for dtype in TYPES:
    out = torch.empty(2, 24, 96, dtype=dtype)
    kernels.dequantise(blocks, scales, experts, out)
    assert same_bits(out, mxfp4.dequantise(blocks, scales, dtype, experts=experts)), dtype

torch.manual_seed(0)
rows, width = 9, 1100  # more columns than one block of the kernel
z, bias = torch.randn(rows, 2 * width) * 6, torch.randn(3, 2 * width)
owners, weights, grad = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2]), torch.rand(rows), torch.randn(rows, width)
z[0, :4] = torch.tensor([7.0, 7.0, -7.0, -7.0]) - bias[0, :4]  # at the limit itself
out = torch.empty(rows, width)
kernels.swiglu(z, bias, owners, 1.702, 7.0, out)
torch.testing.assert_close(out, swiglu.forward(z, bias, owners, 1.702, 7.0), rtol=1e-5, atol=1e-5)
dz, inner = torch.empty_like(z), torch.empty(rows)
kernels.swiglu_backward(z, bias, owners, weights, grad, 1.702, 7.0, dz, inner)
expected, product = swiglu.backward(z, bias, owners, weights, grad, 1.702, 7.0)
torch.testing.assert_close(dz, expected, rtol=1e-5, atol=1e-5)
torch.testing.assert_close(inner, product, rtol=1e-5, atol=1e-4)
"""


@pytest.mark.slow  # the interpreter takes fifteen seconds
@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")
def test_the_triton_kernels_agree_with_torch_under_the_interpreter():
    program = INTERPRETED.format(folder=os.path.dirname(__file__))
    environment = os.environ | {"TRITON_INTERPRET": "1"}  # read when triton is imported, so in a process of its own
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_the_triton_kernel_gives_the_very_bits_on_the_gpu(dtype):
    blocks, scales = every_code(scales=range(2, 255))
    expected = mxfp4.dequantise(blocks, scales, dtype)
    assert same_bits(mxfp4.dequantise(blocks.cuda(), scales.cuda(), dtype).cpu(), expected)

"""Products by packed weights against the same ones spelled out; run under Triton's interpreter and on a GPU."""

import torch

from assay.patches import moe, mxfp4
from assay.patches.fused_weight import Limits
from assay.patches.grouped import Tiling, sort_by_expert
from assay.patches.weights import Packed

TYPES = (torch.float32, torch.bfloat16, torch.float16)
# Rows of each expert: odd numbers, empty experts at both ends, one row, many rows for one expert, one expert only.
COUNTS = ([3, 0, 17, 1, 0], [0, 0, 1, 0, 0], [35, 0, 2], [1, 1, 1, 1, 1, 1, 1], [33])
# outer and inner / 32: one program's part and some of a second one's; less than one's; a multiple.
SIZES = ((40, 3), (24, 1), (64, 2))
SMALL = (16, 32, 32, 4, 2)  # the part of one program: rows, columns, depth; two groups of 32 a step


def packed(experts, outer, groups, device="cpu", scales=(119, 127), seed=0):
    """Random blocks and scales of one projection."""
    generator = torch.Generator().manual_seed(seed)
    blocks = torch.randint(0, 256, (experts, outer, groups, 16), dtype=torch.uint8, generator=generator)
    exponents = torch.randint(*scales, (experts, outer, groups), dtype=torch.uint8, generator=generator)
    return blocks.to(device), exponents.to(device)


def spelled_out(x, blocks, scales, numbers, counts, back):
    """In float64, of the dequantised weights."""
    dense = mxfp4.dequantise(blocks.cpu(), scales.cpu(), torch.float64)
    parts = x.cpu().double().split(counts)
    return torch.cat([part @ (dense[n] if back else dense[n].t()) for n, part in zip(numbers, parts, strict=True)])


def product_error(dtype, counts, outer, groups, back, shape=None, device="cpu", out=None):
    """Norm-relative error of one product. Its groups are experts in another order than the weights'."""
    from assay.patches import fused_kernels

    blocks, scales = packed(len(counts) + 1, outer, groups, device)
    numbers = list(range(len(counts), 0, -1))
    ends = torch.tensor(counts).cumsum(0).to(device, torch.int32)
    ids = torch.tensor(numbers, dtype=torch.int32, device=device)
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(sum(counts), outer if back else groups * 32, generator=generator).to(device, dtype)
    found = fused_kernels.multiply(
        x, blocks, scales, ids, ends, back=back, shape=shape and fused_kernels.Shape(*shape), dtype=out
    )
    assert found.dtype == (out or dtype)
    right = spelled_out(x, blocks, scales, numbers, counts, back)
    assert found.shape == right.shape
    return ((found.cpu().double() - right).norm() / right.norm()).item()


def exact(dtype, back, device="cpu"):
    """Whether rows of the identity give the very values of the weight, for every byte and every scale but extremes."""
    from assay.patches import fused_kernels

    blocks, scales = packed(1, 64, 4, device)
    blocks.view(-1)[:256] = torch.arange(256, dtype=torch.uint8)
    lowest, highest = (103, 140) if dtype == torch.float16 else (8, 250)  # no infinity, which times zero is no number
    scales.view(-1)[: highest - lowest] = torch.arange(lowest, highest, dtype=torch.uint8)
    one = torch.tensor([0], dtype=torch.int32, device=device)
    x = torch.eye(64 if back else 128, dtype=dtype, device=device)
    y = fused_kernels.multiply(x, blocks, scales, one, one + len(x), back=back)
    weight = mxfp4.dequantise(blocks, scales, dtype)[0]
    return torch.equal(y, weight if back else weight.t())


def layer(
    dtype, device="cpu", tokens=7, experts=5, hidden=64, inner=32, rank=8, adapters=True, narrow=False, truth=False
):
    """``call(limits) -> (output, gradients)`` of one layer's experts; expert 0 gets no token.

    ``truth`` takes the same numbers, rounded to ``dtype``, and computes in float64.
    """
    generator = torch.Generator().manual_seed(0)
    sources = [
        Packed(*packed(experts, o, i // 32, device, seed=n))
        for n, (o, i) in enumerate([(2 * inner, hidden), (hidden, inner)])
    ]
    chosen = torch.rand(tokens, experts - 1, generator=generator).topk(2).indices.add(1).to(device)
    order, counts = sort_by_expert(chosen, experts)
    shapes = [(tokens, hidden), (tokens, 2), (experts, 2 * inner), (experts, hidden)]
    ends = [(experts, rank, size) for size in (hidden, 2 * inner, inner, hidden)]
    values = [torch.randn(shape, generator=generator).mul(0.3).to(device, dtype) for shape in [*shapes, *ends]]
    multiplied = torch.float16 if narrow else dtype
    values = values if adapters else [*values[:4], *[None] * 4]
    grad = torch.randn(tokens, hidden, generator=generator).to(device, dtype)
    if truth:
        values, grad, multiplied = [v if v is None else v.double() for v in values], grad.double(), torch.float64

    def call(limits):
        wanted = [v.clone().requires_grad_() for v in values if v is not None]
        settings, inputs = prepare(limits, wanted)
        out = moe.experts(settings, inputs)
        return out.detach(), torch.autograd.grad(out, wanted, grad)

    def prepare(limits, given=values):
        given = [*given, *[None] * (8 - len(given))]
        settings = moe.Settings(*sources, 1.702, 7.0, Tiling(2, 1000), multiplied, narrow, fused=limits)
        return settings, moe.Inputs(*given[:4], tuple(given[4:]), chosen, order, counts)

    call.prepare = prepare
    return call


ALL, NONE = Limits(float("inf"), float("inf")), Limits(0, 0)


def distance(a, b):
    return ((a.double() - b.double()).norm() / b.double().norm()).item()


def layer_error(dtype, device="cpu", fused=ALL, **options):
    """The largest norm-relative difference, fused against unfused, in output and every gradient; and their number."""
    call = layer(dtype, device, **options)
    (ours, mine), (theirs, right) = call(fused), call(NONE)
    return max(distance(a, b) for a, b in zip([ours, *mine], [theirs, *right], strict=True)), len(mine)

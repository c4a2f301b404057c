"""Triton kernels: rows sorted by expert times MXFP4 weights that become dense in registers only.

Both products read `blocks` and `scales` where they lie. A byte holds two neighbours along `in`, so even and odd
columns are decoded, and multiplied, apart: the forward product splits x in the same way and adds two products, the
backward one makes even and odd columns of the result. Which expert a program works for it finds from the offsets, so
the host never waits for them. Imported only where Triton is.
"""

# pyright: basic, reportMissingImports=false, reportArgumentType=false, reportIndexIssue=false
from __future__ import annotations

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

from .kernels import _e2m1

# Four bytes of codes ($4) and their powers of two ($5, $6) to even ($0, $1) and odd ($2, $3) bfloat16 values, two a
# register.
# A code seem becomes s000000eem000000: in bfloat16 that is its value times 2 ** -126, the subnormal 0.5 included. Two
# multiplications put the exponent right, exactly: by 2 ** 126 and by 2 ** (scale - 127). They are fma because sm_80
# has no mul of bfloat16. Scale 0, which stands for 2 ** -127, gives zero.
_HALF = """prmt.b32 t, $4, 0, {bytes};
shl.b32 u, t, 4;
shl.b32 v, t, 6;
shl.b32 w, t, 2;
and.b32 u, u, 0x80008000;
and.b32 v, v, 0x01C001C0;
and.b32 t, t, 0x80008000;
and.b32 w, w, 0x01C001C0;
or.b32 u, u, v;
or.b32 t, t, w;
fma.rn.bf16x2 u, u, bias, none;
fma.rn.bf16x2 t, t, bias, none;
fma.rn.bf16x2 {even}, u, {power}, none;
fma.rn.bf16x2 {odd}, t, {power}, none;
"""
_BF16 = tl.constexpr(
    """
{
.reg .b32 t, u, v, w, bias, none;
mov.b32 bias, 0x7E807E80;
mov.b32 none, 0x80008000;
"""
    + _HALF.format(bytes="0x1100", even="$0", odd="$2", power="$5")
    + _HALF.format(bytes="0x3322", even="$1", odd="$3", power="$6")
    + "}\n"
)


@triton.jit
def _power(scale, ASSEMBLY: tl.constexpr):
    """2 ** (scale - 127) by its bits, bfloat16 for the assembly, else float32."""
    if ASSEMBLY:
        return (scale.to(tl.int16) << 7).to(tl.bfloat16, bitcast=True)
    else:  # noqa: RET505 (Triton compiles one branch or the other)
        exponent = scale.to(tl.int32)
        return tl.where(exponent == 0, 0x00400000, exponent << 23).to(tl.float32, bitcast=True)


@triton.jit
def _decode(byte, power, TYPE: tl.constexpr, ASSEMBLY: tl.constexpr):
    """The even and the odd values of some bytes, uint8, in TYPE, times their powers of two."""
    if ASSEMBLY:
        return tl.inline_asm_elementwise(
            _BF16, "=r,=r,=r,=r,r,r,r", [byte, power], dtype=(tl.bfloat16, tl.bfloat16), is_pure=True, pack=4
        )
    else:  # noqa: RET505
        code = byte.to(tl.int32)
        return (_e2m1(code & 15) * power).to(TYPE), (_e2m1(code >> 4) * power).to(TYPE)


@triton.jit
def _place(ends, tile, groups, GROUPS: tl.constexpr, ROWS: tl.constexpr):
    """Group, first row and end of a tile of rows; the group is `groups` where there are fewer tiles than programs."""
    at = tl.arange(0, GROUPS)
    end = tl.load(ends + at, mask=at < groups, other=0)
    start = tl.load(ends + at - 1, mask=(at > 0) & (at < groups), other=0)
    tiles = tl.where(at < groups, (end - start + ROWS - 1) // ROWS, 0)
    upto = tl.cumsum(tiles, 0)
    group = tl.sum(((upto <= tile) & (at < groups)).to(tl.int32), 0)
    mine = at == group
    first = tl.sum(tl.where(mine, start + (tile - upto + tiles) * ROWS, 0), 0)
    return group, first, tl.sum(tl.where(mine, end, 0), 0)


@triton.jit
def _forward(
    x, blocks, scales, experts, ends, y,
    groups, outer, inner, pitch: tl.constexpr,
    GROUPS: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr, DEPTH: tl.constexpr,
    TYPE: tl.constexpr, ASSEMBLY: tl.constexpr,
):  # fmt: skip
    """y (rows, outer) = x (rows, inner) W': COLUMNS of `outer`, DEPTH bytes of `inner` = 2 `pitch` at a time."""
    across = tl.cdiv(outer, COLUMNS)
    number, first, end = _place(ends, tl.program_id(0) // across, groups, GROUPS, ROWS)
    if number == groups:
        return
    expert = tl.load(experts + number).to(tl.int64)
    row = first + tl.arange(0, ROWS)
    column = tl.program_id(0) % across * COLUMNS + tl.arange(0, COLUMNS)
    here, there = row < end, column < outer
    at = tl.arange(0, DEPTH)
    wide = tl.arange(0, 2 * DEPTH)
    weight = expert * outer + tl.where(there, column, 0)
    to_x = x + tl.where(here, row, 0).to(tl.int64)[:, None] * inner + wide[None, :]
    to_blocks = blocks + weight[None, :] * pitch + at[:, None]
    group = tl.arange(0, DEPTH // 16)
    to_scales = scales + weight[None, :] * (pitch // 16) + group[:, None]
    scale = tl.load(to_scales, mask=(group < pitch // 16)[:, None], other=0)
    total = tl.zeros((ROWS, COLUMNS), dtype=tl.float32)
    for start in range(0, pitch, DEPTH):
        inside = at < pitch - start
        values = tl.load(to_x + 2 * start, mask=here[:, None] & (wide < inner - 2 * start)[None, :], other=0.0)
        even, odd = tl.split(tl.reshape(values.to(TYPE), (ROWS, DEPTH, 2)))
        byte = tl.load(to_blocks + start, mask=inside[:, None], other=0)
        power = _power(scale, ASSEMBLY)
        power = tl.reshape(tl.broadcast_to(power[:, None, :], (DEPTH // 16, 16, COLUMNS)), (DEPTH, COLUMNS))
        ahead = (start + DEPTH) // 16
        scale = tl.load(to_scales + ahead, mask=(group < pitch // 16 - ahead)[:, None], other=0)
        low, high = _decode(byte, power, x.dtype.element_ty, ASSEMBLY)
        total = tl.dot(even, low.to(TYPE), total, input_precision="ieee")
        total = tl.dot(odd, high.to(TYPE), total, input_precision="ieee")
    to = y + row.to(tl.int64)[:, None] * outer + column[None, :]
    tl.store(to, total.to(y.dtype.element_ty), mask=here[:, None] & there[None, :])


@triton.jit
def _backward(
    g, blocks, scales, experts, ends, y,
    groups, outer: tl.constexpr, inner, pitch,
    GROUPS: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr, DEPTH: tl.constexpr,
    TYPE: tl.constexpr, ASSEMBLY: tl.constexpr,
):  # fmt: skip
    """y (rows, inner) = g (rows, outer) W: COLUMNS bytes of `inner`, DEPTH of `outer` at a time."""
    across = tl.cdiv(pitch, COLUMNS)
    number, first, end = _place(ends, tl.program_id(0) // across, groups, GROUPS, ROWS)
    if number == groups:
        return
    expert = tl.load(experts + number).to(tl.int64)
    row = first + tl.arange(0, ROWS)
    left = tl.program_id(0) % across * COLUMNS
    byte_at = left + tl.arange(0, COLUMNS)
    here, there = row < end, byte_at < pitch
    at = tl.arange(0, DEPTH)
    weight = expert * outer + at
    to_g = g + tl.where(here, row, 0).to(tl.int64)[:, None] * outer + at[None, :]
    to_blocks = blocks + weight[:, None] * pitch + byte_at[None, :]
    group = left // 16 + tl.arange(0, COLUMNS // 16)
    to_scales = scales + weight[:, None] * (pitch // 16) + group[None, :]
    present = (group < pitch // 16)[None, :]
    scale = tl.load(to_scales, mask=(at < outer)[:, None] & present, other=0)
    even = tl.zeros((ROWS, COLUMNS), dtype=tl.float32)
    odd = tl.zeros((ROWS, COLUMNS), dtype=tl.float32)
    for start in range(0, outer, DEPTH):
        inside = at < outer - start
        values = tl.load(to_g + start, mask=here[:, None] & inside[None, :], other=0.0).to(TYPE)
        byte = tl.load(to_blocks + start * pitch, mask=inside[:, None] & there[None, :], other=0)
        power = _power(scale, ASSEMBLY)
        power = tl.reshape(tl.broadcast_to(power[:, :, None], (DEPTH, COLUMNS // 16, 16)), (DEPTH, COLUMNS))
        ahead = start + DEPTH
        scale = tl.load(to_scales + ahead * (pitch // 16), mask=(at < outer - ahead)[:, None] & present, other=0)
        low, high = _decode(byte, power, g.dtype.element_ty, ASSEMBLY)
        even = tl.dot(values, low.to(TYPE), even, input_precision="ieee")
        odd = tl.dot(values, high.to(TYPE), odd, input_precision="ieee")
    total = tl.reshape(tl.join(even, odd), (ROWS, 2 * COLUMNS))
    column = 2 * left + tl.arange(0, 2 * COLUMNS)
    to = y + row.to(tl.int64)[:, None] * inner + column[None, :]
    tl.store(to, total.to(y.dtype.element_ty), mask=here[:, None] & (column < inner)[None, :])


@dataclass(frozen=True)
class Shape:
    """Of a program: rows, columns (or bytes of them) and depth; warps, and loads in flight."""

    rows: int
    columns: int
    depth: int
    warps: int = 4
    stages: int = 3


# Where nothing was measured, what was fastest on an H100, by rows an expert: (up to, forward, backward).
SHAPES: tuple[tuple[float, Shape, Shape], ...] = (
    (8, Shape(16, 128, 64, 4, 4), Shape(16, 64, 64, 4, 4)),
    (256, Shape(64, 128, 32, 4, 3), Shape(64, 64, 64, 4, 3)),
    (float("inf"), Shape(128, 128, 64, 8, 3), Shape(128, 128, 64, 8, 3)),
)
SINGLE = Shape(16, 32, 32, 4, 2)  # float32 is there to be compared with; twice as wide, it spills in larger ones
INTERPRETED = not isinstance(_forward, triton.JITFunction)


def shape_for(dtype: torch.dtype, rows: int, experts: int, back: bool) -> Shape:
    """The shape of a program for so many rows over so many experts."""
    if dtype == torch.float32:
        return SINGLE
    most = rows / max(1, min(rows, experts))
    return next((backward if back else forward) for upto, forward, backward in SHAPES if most <= upto)


def _assembly(x: Tensor) -> bool:
    """Whether bfloat16 is decoded two values a register; otherwise it is done in float32, one at a time."""
    if not x.is_cuda or x.dtype != torch.bfloat16 or torch.version.cuda is None:
        return False
    return torch.cuda.get_device_capability(x.device) >= (8, 0)


def _type(x: Tensor) -> tl.dtype:
    """What is multiplied: values of x's type, as float32 where Triton's interpreter, which has no bfloat16, does it."""
    if x.dtype == torch.float32 or (x.dtype == torch.bfloat16 and INTERPRETED):
        return tl.float32
    return tl.bfloat16 if x.dtype == torch.bfloat16 else tl.float16


def multiply(
    x: Tensor,
    blocks: Tensor,
    scales: Tensor,
    experts: Tensor,
    ends: Tensor,
    *,
    back: bool = False,
    dtype: torch.dtype | None = None,
    shape: Shape | None = None,
) -> Tensor:
    """Rows times the weight of their expert: x (rows, in) W' to (rows, out), or `back`: x (rows, out) W to (rows, in).

    `blocks` (all, out, in / 32, 16) and `scales` (all, out, in / 32) are uint8. `ends`, int32 (n,), are those of
    consecutive groups of rows, empty ones among them, and `experts`, int32 (n,), their experts. x is float32, bfloat16
    or float16; the result has its type, or `dtype`. Products are summed in float32. Waits for nothing on the device.
    """
    _, outer, groups, _ = blocks.shape
    inner, rows, count = groups * 32, len(x), len(ends)
    y = x.new_empty(rows, inner if back else outer, dtype=dtype or x.dtype)
    if rows == 0:
        return y
    shape = shape or shape_for(x.dtype, rows, count, back)
    tiles = rows // shape.rows + min(rows, count)  # no more than these, however the rows are spread
    grid = (tiles * triton.cdiv(inner // 2 if back else outer, shape.columns),)
    (_backward if back else _forward)[grid](
        x.contiguous(), blocks, scales, experts, ends, y, count, outer, inner, inner // 2,
        GROUPS=triton.next_power_of_2(count), ROWS=shape.rows, COLUMNS=shape.columns, DEPTH=shape.depth,
        TYPE=_type(x), ASSEMBLY=_assembly(x), num_warps=shape.warps, num_stages=shape.stages,
    )  # fmt: skip
    return y

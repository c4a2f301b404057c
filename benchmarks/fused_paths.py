"""The two ways through MXFP4 experts that fused.py measures: random rows and weights of gpt-oss-20b's sizes."""

from __future__ import annotations

import torch
from torch import Tensor

from assay.patches import fused_kernels, grouped, moe
from assay.patches.fused_kernels import Shape
from assay.patches.fused_weight import Limits
from assay.patches.weights import Packed

EXPERTS, TOP, HIDDEN, INNER = 32, 4, 2880, 2880
PRODUCTS = ("gate_up forward", "down forward", "gate_up dX", "down dX")


class Case:
    """Random rows of so many tokens, sorted by expert."""

    def __init__(self, tokens: int, dtype: torch.dtype, generator: torch.Generator) -> None:
        chosen = torch.rand(tokens, EXPERTS, device="cuda", generator=generator).topk(TOP).indices
        self.tokens, self.rows = tokens, tokens * TOP
        self.chosen, (self.order, self.counts) = chosen, grouped.sort_by_expert(chosen, EXPERTS)
        self.ends = self.counts.cumsum(0).to(torch.int32)
        self.narrow = torch.randn(self.rows, HIDDEN, device="cuda", generator=generator, dtype=dtype)
        self.wide = torch.randn(self.rows, 2 * INNER, device="cuda", generator=generator, dtype=dtype)


def weights(outer: int, inner: int, generator: torch.Generator) -> Packed:
    """One projection of all experts, random."""
    size = (EXPERTS, outer, inner // 32)
    blocks = torch.randint(0, 256, (*size, 16), dtype=torch.uint8, device="cuda", generator=generator)
    return Packed(blocks, torch.randint(117, 121, size, dtype=torch.uint8, device="cuda", generator=generator))


class Unfused:
    """Dequantise into a buffer that is used again, then torch's grouped product."""

    def __init__(self, gate_up: Packed, down: Packed, dtype: torch.dtype, tiling: grouped.Tiling) -> None:
        self.tiling, self.dtype = tiling, dtype
        self.gate_up, self.down = gate_up, down
        self.buffers = [source.scratch(self.tiling.experts, dtype) for source in (gate_up, down)]

    def products(self, case: Case, wanted: tuple[str, ...]) -> dict[str, list[Tensor]]:
        made: dict[str, list[Tensor]] = {product: [] for product in wanted}
        for chunk in grouped.plan(case.counts.tolist(), self.tiling, case.counts.device):
            dense = {}
            for name, source, buffer in zip(("gate_up", "down"), (self.gate_up, self.down), self.buffers, strict=True):
                if any(name in product for product in wanted):
                    dense[name] = source.dense(chunk.numbers, chunk.experts, self.dtype, buffer)
            for tile in chunk.tiles:
                for product in wanted:
                    name, way = product.split()
                    weight = dense[name][tile.slots]
                    x = case.wide if product == "gate_up dX" else case.narrow
                    weight = weight.transpose(1, 2) if way == "dX" else weight
                    made[product].append(grouped.matmul(x[tile.rows], weight, tile.groups))
        return made


class Fused:
    """The Triton kernels; nothing is planned on the host."""

    def __init__(self, gate_up: Packed, down: Packed) -> None:
        self.sources = {"gate_up": gate_up, "down": down}
        self.experts = torch.arange(EXPERTS, dtype=torch.int32, device="cuda")

    def products(self, case: Case, wanted: tuple[str, ...], shapes: dict[str, Shape]) -> dict[str, Tensor]:
        ends = case.counts.cumsum(0).to(torch.int32)
        made = {}
        for product in wanted:
            name, way = product.split()
            source, back = self.sources[name], way == "dX"
            x = case.wide if product == "gate_up dX" else case.narrow
            shape = shapes["backward" if back else "forward"]
            weight = source.blocks, source.scales, self.experts
            made[product] = fused_kernels.multiply(x, *weight, ends, back=back, shape=shape)
        return made


class Layer:
    """The experts of a layer as the patch `experts` runs them, with the patch `fused` or without."""

    def __init__(
        self, gate_up: Packed, down: Packed, dtype: torch.dtype, tiling: grouped.Tiling, limits: Limits | None
    ) -> None:
        self.biases = [torch.zeros(EXPERTS, source.outer, device="cuda", dtype=dtype) for source in (gate_up, down)]
        self.settings = moe.Settings(gate_up, down, 1.702, 7.0, tiling, dtype, fused=limits)

    def __call__(self, case: Case) -> Tensor:
        x = case.narrow[: case.tokens]
        weights = torch.full_like(case.chosen, 1 / TOP, dtype=x.dtype)
        order, counts = grouped.sort_by_expert(case.chosen, EXPERTS)
        return moe.run(self.settings, moe.Inputs(x, weights, *self.biases, (None,) * 4, case.chosen, order, counts))

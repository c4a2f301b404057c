"""Products with MXFP4 experts that dequantise inside, for few rows an expert: short micro-steps and generation.

Works inside the patch `experts`, which goes on dequantising into a buffer where an expert has more rows than measured
to pay. A fused pass without LoRA over experts never waits for the device, so that a step of generation is not held up
by the routing of each layer. `patches/fused_table.json` says for each GPU up to how many rows; a GPU that was not
measured fuses nothing until `benchmarks/fused.py --table` was run on it, or the options say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from . import experts, fused_table
from .errors import DeviceError, ModelError, OptionError
from .fused_weight import Limits, runs_on
from .packed import PackedExperts
from .weights import PROJECTIONS, source

NAME = "fused"
SUMMARY = "products that dequantise MXFP4 experts inside, forward and dX, where few rows an expert make them faster"


@dataclass(frozen=True)
class State:
    """What was decided: for which rows an expert, and whether that was measured on this GPU."""

    limits: Limits
    measured: bool


def suits(model: Any) -> bool:
    """Whether the patch is among those applied by default: experts in MXFP4, and Triton where they are on a GPU."""
    found = experts.modules(model)
    return _unpacked(found) is None and not experts.lacks_triton(found)


def _unpacked(found: list[Any]) -> str | None:
    """The kind of the first weight that is not in MXFP4."""
    kinds = (source(module, name).kind for module in found for name in PROJECTIONS)
    return next((kind for kind in kinds if kind != "MXFP4"), None)


def _limits(found: list[Any], forward: float | None, backward: float | None) -> State:
    bias, measured = found[0].gate_up_proj_bias, (0.0, 0.0)
    if bias.is_cuda:
        measured = fused_table.limits(torch.cuda.get_device_name(bias.device))
    chosen = tuple(m if given is None else given for m, given in zip(measured, (forward, backward), strict=True))
    return State(Limits(*chosen), any(measured))


def apply(model: Any, *, forward: float | None = None, backward: float | None = None) -> State:
    """Tell the experts which passes are fused: those over at most so many rows an expert, on average.

    `forward` and `backward` replace what was measured; 0 fuses nothing, `inf` all that fits a tile of the patch
    `experts`. Raises OptionError, ModelError where experts are not in MXFP4 or not computed by the patch `experts`,
    DeviceError without Triton.
    """
    for option, value in (("forward", forward), ("backward", backward)):
        if value is not None and not value >= 0:
            raise OptionError(f"option {option} of the patch '{NAME}' is {value}; give rows an expert, 0 or more")
    found = experts.modules(model)
    if kind := _unpacked(found):
        raise ModelError(
            f"the patch '{NAME}' multiplies by experts in MXFP4, and these are {kind}: load the checkpoint with "
            f"assay.patches.checkpoint.load, or leave the patch out"
        )
    if not all(isinstance(m, PackedExperts) or m.config._experts_implementation == experts.FUNCTION for m in found):
        raise ModelError(f"the patch '{NAME}' works inside the patch 'experts': apply that one too")
    if experts.lacks_triton(found):
        raise DeviceError(f"the patch '{NAME}' needs Triton on a GPU: pip install triton, or leave the patch out")
    state = _limits(found, forward, backward)
    for module in found:
        setattr(module, experts.FUSED, state.limits)
    return state


def remove(model: Any, state: State) -> None:
    """Leave all products to the patch `experts`."""
    for module in experts.modules(model):
        vars(module).pop(experts.FUSED, None)


def explain(model: Any, state: State) -> dict[str, str]:
    """Which passes are fused, and why none is where none is."""
    limits, bias = state.limits, experts.modules(model)[0].gate_up_proj_bias
    if not runs_on(bias.device):
        return {"products": f"unfused: the experts are on the {bias.device.type}"}
    if not (limits.forward or limits.backward):
        why = "it was never faster" if state.measured else "this GPU was not measured; benchmarks/fused.py --table does"
        return {"products": f"unfused: {why}"}
    return {
        "products": f"fused up to {limits.forward:g} rows an expert forward, {limits.backward:g} backward",
        "beyond": "dequantised into a buffer by the patch experts",
    }

"""Patch: attention with sinks, exact forward and backward, in memory that grows with the number of tokens only.

It registers the attention function and the mask function ``assay_sinks`` with transformers and lets the model use
them. Training, prefill and decoding; full and sliding layers; padding on the left, on the right or on both sides of a
row; several sequences in a row, told apart by ``position_ids``; the sinks are trained too. What the output is at a
padding token is undefined upstream, and zero here. Three engines, see ``attention_table`` for which runs when:

- *flash*: stock kernels with the sink-adjusted log-sum-exp (``attention_sinks``). On a GPU ``attention_cuda``, on the
  CPU and wherever those kernels cannot go ``attention_blocks``.
- *cudnn*: cuDNN's kernels with the same, for full attention in rows without padding.
- *flex*: compiled FlexAttention (``attention_flex``), for training and prefill on a GPU.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface

from . import attention_flex, attention_table, rotary
from .attention_blocks import Blocks
from .attention_cuda import Cudnn, Efficient, Flash, Gather, Scatter
from .attention_rows import Rows, find_rows
from .attention_sinks import Kernel, SinkAttention
from .errors import DeviceError, ModelError, OptionError

NAME = "attention"
SUMMARY = "attention with sinks through flash kernels: exact gradients, memory linear in the length"
IMPLEMENTATION = "assay_sinks"
ENGINES = ("auto", *attention_table.ENGINES)

_ENGINE = "assay_engine"  # of an attention module while the patch is on
# Kernels take rowsum(dO * O) from the output as it was rounded. For a query of few keys that is a large part of dq and
# dk; blocks take it from the scores.
_NARROW = 16
_FEW = 16  # queries that are decoded rather than prefilled: padded keys are then masked rather than copied together


def attend(
    q: Tensor, k: Tensor, v: Tensor, sinks: Tensor, rows: Rows, window: int | None, scale: float, engine: str = "auto"
) -> Tensor:
    """Causal attention with one sink a head; gradients for q, k, v and the sinks.

    q is (batch, query heads, queries, width); k and v (batch, key heads, keys, width); sinks (query heads,). The
    window counts the query itself; None is full attention. Returns (batch, queries, query heads, width).
    """
    engine = _chosen(q, rows, window, engine)
    if engine == "flex":
        try:
            return attention_flex.attend(q, k, v, sinks, rows, window, scale).transpose(1, 2)
        except Exception as error:
            if type(error).__name__ != "FailOnRecompileLimitHit":  # importing its module takes a second
                raise
            warnings.warn("FlexAttention was compiled too often; assay_sinks goes on with flash", stacklevel=2)
    elif engine == "cudnn":
        return _apply(q, k, v, sinks, Cudnn(), scale).transpose(1, 2)
    return _flash(q, k, v, sinks, rows, window, scale)


def _chosen(q: Tensor, rows: Rows, window: int | None, engine: str) -> str:
    """The engine that runs: the one that is asked for where it can do this, else flash; auto is by the table."""
    if q.device.type != "cuda" or engine == "flash" or _narrow(rows, window):
        return "flash"
    window = window if window is not None and window < rows.keys else None
    can = ["flash"]
    if Cudnn.usable(q, rows, window):
        can.append("cudnn")
    if attention_flex.usable(q, rows):
        can.append("flex")
    if engine == "auto":
        return attention_table.fastest(torch.cuda.get_device_name(q.device), rows.longest, window, can)
    return engine if engine in can else "flash"


def _flash(q: Tensor, k: Tensor, v: Tensor, sinks: Tensor, rows: Rows, window: int | None, scale: float) -> Tensor:
    window = window if window is not None and window < rows.keys else None
    kind = _stock(q, rows, window)
    if kind is None:
        kernel: Kernel = Blocks(rows, window, stock=q.device.type == "cpu")
        return _apply(q, k, v, sinks, kernel, scale).transpose(1, 2)
    q, k, v = (x.transpose(1, 2) for x in (q, k, v))
    if rows.plain:
        return _apply(q, k, v, sinks, kind(None, window), scale)
    packed = rows.packed
    q, k, v = (_join(x, index) for x, index in ((q, packed.queries), (k, packed.keys), (v, packed.keys)))
    out = _apply(q, k, v, sinks, kind(packed, window), scale)
    if packed.queries is not None:
        out = Scatter.apply(out, packed.queries, rows.batch * rows.queries)
    return out.unflatten(0, (rows.batch, rows.queries))  # pyright: ignore[reportAttributeAccessIssue]


def _stock(q: Tensor, rows: Rows, window: int | None) -> Callable[[Any, int | None], Kernel] | None:
    """The GPU's stock kernel that can do this, or None for blocks of matrix products."""
    if q.device.type != "cuda" or q.dtype == torch.float64 or q.shape[-1] % 8 or q.shape[-1] > 256:
        return None
    if _narrow(rows, window):
        return None
    if not rows.plain and ((window is not None and rows.holes) or rows.queries < min(_FEW, rows.keys)):
        return None
    if not rows.plain and not rows.packed.lengths:  # nothing but padding
        return None
    if q.dtype != torch.float32 and torch.cuda.get_device_capability(q.device) >= (8, 0):
        return Flash
    return Efficient if rows.queries == rows.keys else None


def _narrow(rows: Rows, window: int | None) -> bool:
    return window is not None and window < min(_NARROW, rows.keys)


def _apply(q: Tensor, k: Tensor, v: Tensor, sinks: Tensor, kernel: Kernel, scale: float) -> Tensor:
    return SinkAttention.apply(q, k, v, sinks, kernel, scale)  # pyright: ignore[reportReturnType]


def _join(x: Tensor, index: Tensor | None) -> Tensor:
    flat = x.reshape(-1, *x.shape[2:])
    return flat if index is None else Gather.apply(flat, index)  # pyright: ignore[reportReturnType]


@torch.compiler.disable
def assay_sinks(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    s_aux: Tensor | None = None,
    position_ids: Tensor | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """The attention function for transformers. ``attention_mask`` is what ``assay_sinks_mask`` made of the padding.

    Raises ValueError for what it does not do: dropout, masks of other forms, attention that is not causal.
    """
    _check(query, key, attention_mask, dropout, s_aux, kwargs)
    if torch.is_autocast_enabled(query.device.type):
        dtype = torch.get_autocast_dtype(query.device.type)
        query, key, value = query.to(dtype), key.to(dtype), value.to(dtype)
    if not query.dtype == key.dtype == value.dtype:
        raise ValueError(f"assay_sinks was given {query.dtype} queries, {key.dtype} keys and {value.dtype} values")
    if attention_mask is not None:  # static caches hold more slots than there are tokens yet
        key, value = key[:, :, : attention_mask.shape[1]], value[:, :, : attention_mask.shape[1]]
    batch, _, queries, width = query.shape
    starts = kwargs.get("cu_seq_lens_q")
    if starts is not None and batch == 1 and queries == key.shape[2]:
        position_ids = _positions(starts, queries)
    rows = find_rows(batch, queries, key.shape[2], query.device, attention_mask, position_ids)
    scale = width**-0.5 if scaling is None else scaling
    engine = getattr(module, _ENGINE, "auto")
    return attend(query, key, value, s_aux, rows, sliding_window, scale, engine), None  # pyright: ignore


def _check(
    query: Tensor, key: Tensor, mask: Tensor | None, dropout: float, sinks: Tensor | None, kwargs: dict[str, Any]
) -> None:
    if sinks is None or sinks.shape != query.shape[1:2]:
        raise ValueError(f"assay_sinks needs one attention sink for each of the {query.shape[1]} query heads")
    if query.shape[1] % key.shape[1]:
        raise ValueError(f"{query.shape[1]} query heads cannot share {key.shape[1]} key heads evenly")
    if dropout:
        raise ValueError(f"assay_sinks has no dropout (attention_dropout is {dropout}); set attention_dropout to 0")
    if kwargs.get("is_causal") is False:
        raise ValueError("assay_sinks is causal; for attention in both directions set attn_implementation to eager")
    if mask is not None and mask.dim() != 2:
        raise ValueError(
            f"assay_sinks takes the padding mask of shape (batch, length), not {tuple(mask.shape)}; "
            "pass that one, or set attn_implementation to eager"
        )


def _positions(starts: Tensor, length: int) -> Tensor:
    """Positions (1, length) of sequences that begin at ``starts`` (cumulative lengths)."""
    begins = torch.zeros(length + 1, dtype=torch.long, device=starts.device).index_fill_(0, starts.long(), 1)[:-1]
    slots = torch.arange(length, device=starts.device)
    return (slots - torch.where(begins > 0, slots, 0).cummax(0).values)[None]


def assay_sinks_mask(
    batch_size: int,
    q_length: int,
    kv_length: int,
    q_offset: int | Tensor = 0,
    kv_offset: int | Tensor = 0,
    attention_mask: Tensor | None = None,
    use_vmap: bool = False,
    config: Any = None,
    device: torch.device | str = "cpu",
    **kwargs: Any,
) -> Tensor | None:
    """The mask function for transformers: None where nothing is padded, else bool (batch, filled slots).

    The last ``q_length`` of the filled slots are the queries. Slots that a static cache has not filled are left out,
    those beyond the given mask count as padding, as upstream.
    """
    if use_vmap or not getattr(config, "is_causal", True):
        raise ValueError(
            "assay_sinks knows the causal mask only; for a mask of your own set attn_implementation to eager"
        )
    filled = int(q_offset) + q_length - int(kv_offset)
    if attention_mask is None:
        return None if filled == kv_length else torch.ones(batch_size, filled, dtype=torch.bool, device=device)
    mask = attention_mask[:, int(kv_offset) : int(kv_offset) + filled].bool()
    mask = torch.nn.functional.pad(mask, (0, filled - mask.shape[1]))
    return None if filled == kv_length and mask.all() else mask


@dataclass
class State:
    """What the patch changed: configurations with the implementation they had, and modules with their engine."""

    configs: list[tuple[Any, str | None]]
    modules: list[tuple[torch.nn.Module, str | None]]
    rotary: object = field(default_factory=object)  # this model among those that use our rotary embedding


def register() -> None:
    """Make the name ``assay_sinks`` known to transformers; a second time changes nothing."""
    AttentionInterface.register(IMPLEMENTATION, assay_sinks)
    AttentionMaskInterface.register(IMPLEMENTATION, assay_sinks_mask)


def apply(model: Any, engine: str = "auto") -> State:
    """Let all attention layers run ``assay_sinks``. ``engine`` is auto (by the measured table), flash, cudnn or flex.

    Raises OptionError for another engine, DeviceError for flex without Triton, ModelError if the model has no attention
    sinks.
    """
    if engine not in ENGINES:
        raise OptionError(f"patch attention has no engine '{engine}'; there are {', '.join(ENGINES)}")
    if engine == "flex" and not attention_flex.triton_there():
        raise DeviceError("engine flex of patch attention needs Triton: pip install triton, or take engine flash")
    layers = _layers(model)
    if not layers:
        raise ModelError(f"{type(model).__name__} has no attention sinks; the patch attention is for gpt-oss")
    register()
    configs = {id(layer.config): layer.config for layer in layers}.values()
    state = State(
        configs=[(config, config._attn_implementation) for config in configs],
        modules=[(layer, getattr(layer, _ENGINE, None)) for layer in layers],
    )
    for config in configs:
        config._attn_implementation = IMPLEMENTATION
    for layer in layers:
        setattr(layer, _ENGINE, engine)
    rotary.install(state.rotary, model)
    return state


def remove(model: Any, state: State) -> None:
    """Give every layer back the attention it had."""
    rotary.uninstall(state.rotary)
    for config, implementation in state.configs:
        config._attn_implementation = implementation
    for layer, engine in state.modules:
        if engine is None:
            delattr(layer, _ENGINE)
        else:
            setattr(layer, _ENGINE, engine)


def explain(model: Any, state: State) -> dict[str, str]:
    """Rows for the table of what was done."""
    layers = [layer for layer, _ in state.modules]
    windows = {layer.sliding_window for layer in layers if layer.sliding_window is not None}
    sliding = sum(layer.sliding_window is not None for layer in layers)
    kinds = f"{len(layers) - sliding} full, {sliding} sliding" + (
        f" ({', '.join(map(str, windows))})" if windows else ""
    )
    before = ", ".join(sorted({str(implementation or "eager") for _, implementation in state.configs}))
    engine = getattr(layers[0], _ENGINE)
    if engine == "auto":
        engine += f", by {attention_table.TABLE.name}"
        if layers[0].sinks.is_cuda and not attention_flex.triton_there():
            engine = "flash: flex needs Triton, which is not installed"
    return {"attention": f"{IMPLEMENTATION} in place of {before}", "layers": kinds, "engine": engine}


def _layers(model: Any) -> list[Any]:
    """The attention modules that have sinks."""
    return [module for module in model.modules() if isinstance(getattr(module, "sinks", None), torch.nn.Parameter)]

"""What a training step does not need at hand lives in the host's memory, and what it needs is made in pieces.

The embedding (1.16 GB in gpt-oss-20b) is read by row, so a batch fetches only its own rows. The inputs of the layers
that gradient checkpointing keeps (2 * hidden bytes a token and layer) are copied to pinned memory on a stream of
their own while the next layer runs, and come back one layer ahead of the backward pass. Neither changes a number.
The norms' float32 copies exist for a piece of the sequence at a time (see `norms`); the experts' activations are
tiled by the patch `experts`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from . import norms as tiled
from .errors import DeviceError, OptionError

NAME = "offload"
SUMMARY = "embedding and activation checkpoints in the host's memory, copied beside the computation; tiled norms"


def _look_up(module: nn.Embedding, table: Callable[[], Tensor], ids: Tensor) -> Tensor:
    """`nn.Embedding.forward`, the rows gathered on the host."""
    device, rows = ids.device, table()
    if ids.device.type == "cpu":
        return nn.functional.embedding(ids, rows, module.padding_idx)
    wanted = ids.reshape(-1).cpu()
    buffer = torch.empty(len(wanted), rows.shape[1], dtype=rows.dtype, pin_memory=True)
    torch.index_select(rows, 0, wanted, out=buffer)
    return buffer.to(device, non_blocking=True).view(*ids.shape, -1)


class _Embedding:
    """The table of an embedding on the host, and a placeholder in its place, which tells PEFT type and device."""

    def __init__(self, module: nn.Embedding) -> None:
        self.module = module
        self.original: Any = module.weight
        self.table = module.weight.detach().cpu()
        self.device = module.weight.device
        module.weight.data = self.table  # frees the device's copy; the parameter stays the same object
        self._place(self.table.dtype, self.device)
        patched: Any = module
        patched.forward = partial(_look_up, module, lambda: self.table)
        patched._apply = self._apply
        patched._save_to_state_dict = self._save

    def _place(self, dtype: torch.dtype, device: torch.device) -> None:
        single = torch.zeros((), dtype=dtype, device=device).expand(self.table.shape)
        self.module._parameters["weight"] = nn.Parameter(single, requires_grad=False)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> nn.Module:
        """Follow `to`, `half` and the like in type, but stay on the host."""
        sample = fn(torch.zeros((), dtype=self.table.dtype, device=self.module.weight.device))
        if sample.dtype != self.table.dtype:
            self.table = self.table.to(sample.dtype)
        self._place(sample.dtype, sample.device)
        return self.module

    def _save(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        destination[f"{prefix}weight"] = self.table

    def restore(self) -> None:
        for name in ("forward", "_apply", "_save_to_state_dict"):
            vars(self.module).pop(name)
        self.original.data = self.table.to(self.module.weight.device)
        self.module._parameters["weight"] = self.original


class _Checkpoint:
    """A tensor that autograd keeps, on the host; linked to the one that was kept before it."""

    def __init__(self, value: Tensor, side: Any, before: _Checkpoint | None) -> None:
        self.side, self.device, self.before = side, value.device, before
        self.ready: tuple[Tensor, Any] | None = None  # brought back ahead of its use
        if side is None:
            self.host = value.detach().to("cpu", copy=True)
            return
        self.host = torch.empty(value.shape, dtype=value.dtype, pin_memory=True)
        side.wait_stream(torch.cuda.current_stream(value.device))
        with torch.cuda.stream(side):
            self.host.copy_(value.detach(), non_blocking=True)
        value.record_stream(side)

    def fetch(self) -> None:
        """Start the copy back, on the side stream, which also orders it after the copy out."""
        if self.ready is not None:
            return
        if self.side is None:
            self.ready = self.host.to(self.device, copy=True), None
            return
        with torch.cuda.stream(self.side):
            value = self.host.to(self.device, non_blocking=True)
            self.ready = value, self.side.record_event()

    def take(self) -> Tensor:
        """The tensor on its device; the one before it is already on the way when this returns."""
        self.fetch()
        assert self.ready is not None
        (value, event), self.ready = self.ready, None
        if event is not None:
            stream = torch.cuda.current_stream(self.device)
            stream.wait_event(event)
            value.record_stream(stream)
        if self.before is not None:
            self.before.fetch()
        return value


def _offloading(decoder: Any, original: Callable[..., Any], sides: dict[Any, Any], *args: Any, **kwargs: Any) -> Any:
    """The decoder's forward pass, what checkpointing keeps between its layers going to the host."""
    if not (decoder.training and decoder.gradient_checkpointing and torch.is_grad_enabled()):
        return original(*args, **kwargs)
    hidden = decoder.config.hidden_size
    last: list[_Checkpoint | None] = [None]

    def pack(value: Tensor) -> Any:
        # Of what is saved between layers only activations are large; parameters must not be copied.
        if value.dim() != 3 or value.shape[-1] != hidden or isinstance(value, nn.Parameter):
            return value
        last[0] = _Checkpoint(value, _side(value.device, sides), last[0])
        return last[0]

    def unpack(kept: Any) -> Tensor:
        return kept.take() if isinstance(kept, _Checkpoint) else kept

    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        return original(*args, **kwargs)


def _side(device: torch.device, sides: dict[Any, Any]) -> Any:
    if device.type != "cuda":
        return None
    if device not in sides:
        sides[device] = torch.cuda.Stream(device)
    return sides[device]


@dataclass(frozen=True)
class State:
    """What `remove` needs."""

    embedding: _Embedding | None
    checkpoints: bool
    norms: tuple[nn.Module, ...]


def apply(model: Any, *, embedding: bool = True, checkpoints: bool = True, norms: bool = True) -> State:
    """Move the embedding to the host, and from now on what gradient checkpointing keeps; tile the norms.

    The embedding is frozen while it is there. Raises OptionError where all are switched off, DeviceError where the
    host has no memory for it.
    """
    if not (embedding or checkpoints or norms):
        raise OptionError(f"patch '{NAME}' has embedding, checkpoints and norms off: leave the patch out")
    decoder = model.model
    moved = None
    if embedding and model.get_output_embeddings().weight is not decoder.embed_tokens.weight:
        try:
            moved = _Embedding(decoder.embed_tokens)
        except RuntimeError as error:
            size = decoder.embed_tokens.weight.nbytes / 1e9
            raise DeviceError(
                f"no {size:.2f} GB of host memory for the embedding ({error}): set embedding off"
            ) from None
    if checkpoints:
        decoder.forward = partial(_offloading, decoder, decoder.forward, {})
    found = [module for module in model.modules() if type(module).__name__ == "GptOssRMSNorm"] if norms else []
    for module in found:
        module.forward = partial(tiled.forward, module)
    return State(moved, checkpoints, tuple(found))


def remove(model: Any, state: State) -> None:
    """Bring the embedding back to its device, and leave checkpoints where autograd puts them."""
    for module in state.norms:
        vars(module).pop("forward")
    if state.checkpoints:
        vars(model.model).pop("forward")
    if state.embedding is not None:
        state.embedding.restore()


def explain(model: Any, state: State) -> dict[str, str]:
    """Where the embedding and the checkpoints are."""
    rows = {}
    if state.embedding is not None:
        rows["embedding"] = f"{state.embedding.table.nbytes / 1e9:.2f} GB on the host, frozen; rows fetched by batch"
    elif not state.checkpoints or model.get_output_embeddings().weight is model.model.embed_tokens.weight:
        rows["embedding"] = "on the device: it is also the head"
    if state.checkpoints:
        rows["checkpoints"] = "on the host while gradient checkpointing is on, one layer ahead in the backward pass"
    if state.norms:
        rows["norms"] = f"{len(state.norms)}, {tiled.ROWS} tokens in float32 at a time"
    return rows

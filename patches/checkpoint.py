"""gpt-oss from a checkpoint with its experts packed as they are: built on meta, shards read one tensor at a time.

transformers' own MXFP4 loading needs kernels from the hub, and expands the experts to bfloat16 without them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import GenerationConfig, GptOssForCausalLM
from transformers.models.gpt_oss.modeling_gpt_oss import GptOssRotaryEmbedding

from . import layout, mxfp4
from .errors import CheckpointError, DeviceError, OptionError
from .experts import GptOssExperts
from .packed import PackedExperts
from .weights import PROJECTIONS

Progress = Callable[[Iterable[Any]], Iterable[Any]]


def load(
    model: str | Path,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.bfloat16,
    packed: bool = True,
    attention: str | None = None,
    progress: Progress | None = None,
) -> GptOssForCausalLM:
    """A gpt-oss model from a folder, or from the hub by its name, experts packed unless `packed` is off.

    `dtype` is that of everything but the packed experts; with `packed` off it is theirs too, and they are ordinary
    parameters, as transformers has them after dequantising. `attention` is transformers' `attn_implementation`;
    `progress` wraps the iteration over tensors. Raises CheckpointError, ModelError, DeviceError, OptionError.
    """
    if not dtype.is_floating_point:
        raise OptionError(f"dtype {dtype} is no floating-point type; give bfloat16, float16 or float32")
    folder = _folder(model)
    config = layout.read_config(folder)
    found, expected = layout.files(folder), dict(layout.tensors(config))
    if dense := [name for name in found if name.endswith(PROJECTIONS)]:
        raise CheckpointError(f"{dense[0]} in {folder} is dense: load this checkpoint with from_pretrained, as usual")
    if missing := [name for name in expected if name not in found]:
        raise CheckpointError(f"{missing[0]} is missing from {folder} ({len(missing)} of {len(expected)} are)")
    config._name_or_path = str(model)
    built = build(config, dtype, device, packed=packed, attention=attention)
    _fill(built, found, expected, progress or iter)
    if (folder / "generation_config.json").is_file():
        built.generation_config = GenerationConfig.from_pretrained(folder)
    return built


def build(
    config: Any,
    dtype: torch.dtype,
    device: torch.device | str,
    *,
    packed: bool = True,
    attention: str | None = None,
) -> GptOssForCausalLM:
    """The model of `config` with uninitialised weights on `device`, in evaluation mode."""
    config.dtype = dtype
    if attention is not None:
        config._attn_implementation = attention
    with torch.device("meta"):
        model: Any = GptOssForCausalLM(config)
        model = model.to(dtype)
        if dtype == torch.float16:  # as transformers does it: float16 does not hold every norm's weight
            for module in model.modules():
                if type(module).__name__ == "GptOssRMSNorm":
                    module.float()
        if packed:
            for layer in model.model.layers:
                layer.mlp.experts = PackedExperts(config, dtype)
    try:
        model.to_empty(device=device)
    except (torch.OutOfMemoryError, RuntimeError) as error:
        if not lacks_memory(error):
            raise
        size = sum(t.nbytes for t in [*model.parameters(), *model.buffers()] if 0 not in t.stride())
        way = "take another device" if packed else "leave the experts packed, or take another device"
        raise DeviceError(f"the weights take {size / 1e9:.1f} GB, more than device {device} has free: {way}") from None
    model.model.rotary_emb = GptOssRotaryEmbedding(config).to(device)  # computed, not loaded
    return model.eval()


def lacks_memory(error: BaseException) -> bool:
    """Whether an error says that memory is used up; on the CPU torch has no class of its own for that."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def _folder(model: str | Path) -> Path:
    if Path(model).is_dir():
        return Path(model)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(str(model), allow_patterns=["*.json", "model*.safetensors", "*.jinja"]))
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(f"{model} is neither a folder nor a model that can be downloaded ({reason})") from None


def _fill(model: nn.Module, found: dict[str, Path], expected: dict[str, layout.Entry], progress: Progress) -> None:
    targets = _targets(model)
    by_file: dict[Path, list[str]] = {}
    for name in expected:
        by_file.setdefault(found[name], []).append(name)
    work = [(path, name) for path in sorted(by_file) for name in by_file[path]]
    current, handle = None, None
    held: dict[str, Tensor] = {}  # the half of a packed weight that came first, where it is to be dense
    for path, name in progress(work):
        if path != current:
            current, handle = path, layout.open_file(path)
        value = _read(handle, name, expected[name], path)
        if name in targets:
            targets[name].copy_(value)
        else:
            _dense(name, value, held, targets)


def _read(handle: Any, name: str, entry: layout.Entry, path: Path) -> Tensor:
    try:
        value = handle.get_tensor(name)
    except Exception as error:  # safetensors raises several kinds
        raise CheckpointError(f"{name} cannot be read from {path} ({error})") from None
    if tuple(value.shape) != entry.shape:
        raise CheckpointError(f"{name} in {path} is {tuple(value.shape)}, and the configuration says {entry.shape}")
    if entry.packed != (value.dtype == torch.uint8):
        raise CheckpointError(f"{name} in {path} is {value.dtype}; it should be {'uint8' if entry.packed else 'float'}")
    return value


def _targets(model: nn.Module) -> dict[str, Tensor]:
    """What the tensors of the checkpoint are copied into, by name."""
    named = [*model.named_parameters(), *model.named_buffers()]
    return {name: tensor.detach() for name, tensor in named if 0 not in tensor.stride()}


def _dense(name: str, value: Tensor, held: dict[str, Tensor], targets: dict[str, Tensor]) -> None:
    stem, part = name.rsplit("_", 1)
    other = held.pop(f"{stem}_{'scales' if part == 'blocks' else 'blocks'}", None)
    if other is None:
        held[name] = value
        return
    blocks, scales = (value, other) if part == "blocks" else (other, value)
    target = targets[stem]
    blocks, scales = blocks.to(target.device), scales.to(target.device)
    target.copy_(mxfp4.dequantise(blocks, scales, target.dtype).transpose(1, 2))


def unpack(model: GptOssForCausalLM) -> GptOssForCausalLM:
    """The same model with ordinary, dense experts, which transformers' own functions can run: the plain reference.

    Changes `model` in place and returns it; takes 3.8 times the memory of packed experts in bfloat16.
    """
    layers: Any = model.model.layers
    for layer in layers:
        packed = layer.mlp.experts
        with torch.device("meta"):
            plain = GptOssExperts(packed.config)
        for name in PROJECTIONS:
            bias = getattr(packed, f"{name}_bias")
            setattr(plain, f"{name}_bias", nn.Parameter(bias.detach()))
            setattr(plain, name, nn.Parameter(packed.dense(name, bias.dtype)))
        layer.mlp.experts = plain.train(packed.training)
    return model

"""Random gpt-oss models in the real layout: what is measured, and tested, where the weights cannot be had.

Speed and memory do not depend on the values. Every code and a narrow range of exponents occur, so that activations
stay in a range in which SwiGLU's clamp is sometimes reached.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import GptOssForCausalLM

from . import checkpoint, layout


def fill(name: str, tensor: Tensor, spread: float, generator: torch.Generator) -> Tensor:
    """Random values for the checkpoint's tensor of that name, in place; `spread` is the deviation of weights."""
    if name.endswith("_blocks"):
        return tensor.random_(0, 256, generator=generator)
    if name.endswith("_scales"):
        # The e2m1 codes have a mean square of 8.6 (a deviation of 2.9): two exponents around the spread wanted.
        middle = 127 + int(torch.log2(torch.tensor(spread / 2.9)).round())
        return tensor.random_(middle - 1, middle + 1, generator=generator)
    if "norm" in name:
        return tensor.fill_(1.0)
    return tensor.normal_(0.0, spread, generator=generator)


@torch.no_grad()
def model(
    config: Any,
    device: torch.device | str,
    dtype: torch.dtype = torch.bfloat16,
    *,
    spread: float = 0.02,
    seed: int = 0,
    packed: bool = True,
    attention: str | None = None,
) -> GptOssForCausalLM:
    """A model with random weights, made where it will live; gpt-oss-20b takes a second on a GPU."""
    generator = torch.Generator(device).manual_seed(seed)
    built = checkpoint.build(config, dtype, device, packed=packed, attention=attention)
    for name, tensor in {**dict(built.named_parameters()), **dict(built.named_buffers())}.items():
        if 0 not in tensor.stride() and not name.startswith("model.rotary_emb"):
            fill(name, tensor, spread, generator)
    return built


def write(
    folder: Path,
    config: Any,
    *,
    dtype: torch.dtype = torch.bfloat16,
    spread: float = 0.02,
    seed: int = 0,
    shard_bytes: int = 5_000_000_000,
) -> Path:
    """A checkpoint with random weights in the layout of openai/gpt-oss-20b: shards, index, config. Returns `folder`."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(seed)
    shards = _shards(config, dtype, shard_bytes)
    where: dict[str, str] = {}
    total = 0
    for number, names in enumerate(shards):  # one at a time: the whole need not fit in memory
        file = f"model-{number:05d}-of-{len(shards) - 1:05d}.safetensors"
        shard = {
            name: fill(name, torch.empty_like(empty, device="cpu"), spread, generator) for name, empty in names.items()
        }
        save_file(shard, folder / file, metadata={"format": "pt"})
        where |= dict.fromkeys(shard, file)
        total += sum(tensor.nbytes for tensor in shard.values())
    (folder / layout.INDEX).write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": where}, indent=2))
    described = config.to_dict() | {"architectures": ["GptOssForCausalLM"], "dtype": str(dtype).removeprefix("torch.")}
    described["quantization_config"] = {
        "modules_to_not_convert": [f"model.layers.*.{part}" for part in layout.UNQUANTISED[:2]]
        + ["model.embed_tokens", "lm_head"],
        "quant_method": "mxfp4",
    }
    (folder / "config.json").write_text(json.dumps(described, indent=2))
    return folder


def _shards(config: Any, dtype: torch.dtype, limit: int) -> list[dict[str, Tensor]]:
    """The tensors of each shard, on meta."""
    shards: list[dict[str, Tensor]] = [{}]
    size = 0
    for name, entry in layout.tensors(config):
        tensor = torch.empty(entry.shape, dtype=torch.uint8 if entry.packed else dtype, device="meta")
        if size and size + tensor.nbytes > limit:
            shards.append({})
            size = 0
        shards[-1][name] = tensor
        size += tensor.nbytes
    return shards

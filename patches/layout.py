"""The tensors of a gpt-oss checkpoint: their names, shapes and types, and which file holds which."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import CheckpointError, ModelError
from .mxfp4 import BLOCK, BYTES

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
UNQUANTISED = ("self_attn", "mlp.router", "embed_tokens", "lm_head")  # as `modules_to_not_convert` has them


@dataclass(frozen=True)
class Entry:
    """One tensor: its shape, and whether it is packed bytes or a floating-point number."""

    shape: tuple[int, ...]
    packed: bool = False


def tensors(config: Any) -> Iterator[tuple[str, Entry]]:
    """Name and entry of every tensor of an MXFP4 checkpoint of the model `config` (a GptOssConfig) describes."""
    hidden, vocabulary = config.hidden_size, config.vocab_size
    yield "model.embed_tokens.weight", Entry((vocabulary, hidden))
    for layer in range(config.num_hidden_layers):
        for name, entry in _layer(config):
            yield f"model.layers.{layer}.{name}", entry
    yield "model.norm.weight", Entry((hidden,))
    yield "lm_head.weight", Entry((vocabulary, hidden))


def _layer(config: Any) -> Iterator[tuple[str, Entry]]:
    hidden, inner, count = config.hidden_size, config.intermediate_size, config.num_local_experts
    query = config.num_attention_heads * config.head_dim
    key = config.num_key_value_heads * config.head_dim
    for name, outer, width in (("q", query, hidden), ("k", key, hidden), ("v", key, hidden), ("o", hidden, query)):
        yield f"self_attn.{name}_proj.weight", Entry((outer, width))
        if config.attention_bias:
            yield f"self_attn.{name}_proj.bias", Entry((outer,))
    yield "self_attn.sinks", Entry((config.num_attention_heads,))
    yield "input_layernorm.weight", Entry((hidden,))
    yield "post_attention_layernorm.weight", Entry((hidden,))
    yield "mlp.router.weight", Entry((count, hidden))
    yield "mlp.router.bias", Entry((count,))
    for name, outer, width in (("gate_up_proj", 2 * inner, hidden), ("down_proj", hidden, inner)):
        groups = width // BLOCK
        yield f"mlp.experts.{name}_blocks", Entry((count, outer, groups, BYTES), packed=True)
        yield f"mlp.experts.{name}_scales", Entry((count, outer, groups), packed=True)
        yield f"mlp.experts.{name}_bias", Entry((count, outer))


def read_config(folder: Path) -> Any:
    """The GptOssConfig of a checkpoint. Raises CheckpointError without config.json, ModelError for another model."""
    from transformers import GptOssConfig

    path = folder / "config.json"
    try:
        raw = json.loads(path.read_text())
    except OSError:
        raise CheckpointError(f"{path} cannot be read: give the folder of a gpt-oss checkpoint or its name") from None
    except ValueError as error:
        raise CheckpointError(f"{path} is no JSON ({error}): download the checkpoint again") from None
    if not isinstance(raw, dict) or raw.get("model_type") != "gpt_oss":
        kind = raw.get("model_type") if isinstance(raw, dict) else type(raw).__name__
        raise ModelError(f"{path} describes model_type '{kind}', not 'gpt_oss': these patches read gpt-oss only")
    quantisation = raw.pop("quantization_config", None) or {}
    if quantisation.get("quant_method", "mxfp4") != "mxfp4":
        raise ModelError(f"{path} says quant_method '{quantisation['quant_method']}'; only MXFP4 and dense are read")
    config = GptOssConfig.from_dict(raw)
    for name in ("hidden_size", "intermediate_size"):
        if getattr(config, name) % BLOCK:
            raise ModelError(f"{path} says {name} = {getattr(config, name)}; MXFP4 needs a multiple of {BLOCK}")
    return config


def files(folder: Path) -> dict[str, Path]:
    """The file of each tensor, from the index or the header of the only file. Raises CheckpointError."""
    index = folder / INDEX
    if not index.is_file():
        single = folder / SINGLE
        if not single.is_file():
            raise CheckpointError(f"{folder} has neither {INDEX} nor {SINGLE}: it is no checkpoint of transformers")
        with open_file(single) as handle:
            return dict.fromkeys(handle.keys(), single)
    try:
        names = json.loads(index.read_text())["weight_map"]
        return {name: folder / Path(file).name for name, file in names.items()}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise CheckpointError(f"{index} cannot be read as a weight map ({error}): download it again") from None


def open_file(path: Path, device: str = "cpu") -> Any:
    """A safetensors file, open for reading. Raises CheckpointError for a missing or damaged one."""
    from safetensors import SafetensorError, safe_open

    try:
        return safe_open(path, framework="pt", device=device)
    except FileNotFoundError:
        raise CheckpointError(f"{path} is missing: download the checkpoint again") from None
    except SafetensorError as error:
        raise CheckpointError(f"{path} is damaged ({error}): download it again") from None

"""One layer of gpt-oss at a time, from a checkpoint or random, so that a GPU of 15 GB can prove a patch on the 20b.

Weights are held once, as they are stored; from them come a plain model of that one layer (dense experts) and, where
the checkpoint is MXFP4, one with packed experts, which the patches take.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import GptOssConfig, GptOssForCausalLM
from transformers.integrations.mxfp4 import convert_moe_packed_tensors
from transformers.models.gpt_oss.modeling_gpt_oss import GptOssRotaryEmbedding

_VOCABULARY = 32  # embedding and head of a one-layer model are there, but not used
_PREFIX = "model.layers.0."
_SCALES = 119, 123  # of random experts: SwiGLU's inputs get a standard deviation of about one
_CLAMPED = 20.0  # its clamp is at 7


@dataclass(frozen=True)
class Layer:
    """Weights of layer ``index`` under their names in the checkpoint, on the CPU, and the model's configuration."""

    index: int
    config: GptOssConfig
    weights: dict[str, Tensor]

    @property
    def kind(self) -> str:
        """``sliding_attention`` or ``full_attention``."""
        return (self.config.layer_types or [])[self.index]

    @property
    def packed(self) -> bool:
        """Whether the experts are stored in MXFP4."""
        return any(name.endswith("_blocks") for name in self.weights)

    def _configuration(self) -> GptOssConfig:
        config = copy.deepcopy(self.config)
        config.num_hidden_layers, config.layer_types = 1, [self.kind]
        config.vocab_size, config.pad_token_id = _VOCABULARY, 0
        config._attn_implementation = "eager"
        return config

    def plain(self, dtype: torch.dtype, device: torch.device) -> GptOssForCausalLM:
        """The layer as transformers has it after dequantising: eager attention, eager experts."""
        dense = dict(self.weights)
        for name in [name for name in dense if name.endswith("_blocks")]:
            stem = name.removesuffix("_blocks")
            blocks, scales = dense.pop(name).to(device), dense.pop(f"{stem}_scales").to(device)
            # Half precision holds every MXFP4 number of a checkpoint, and their sums in float64 start from them.
            wide = torch.bfloat16 if dtype is torch.float64 else dtype
            dense[stem] = convert_moe_packed_tensors(blocks, scales, dtype=wide)
        return self._fill(_empty(self._configuration(), dtype), dense, dtype, device)

    def patched(self, dtype: torch.dtype, device: torch.device) -> GptOssForCausalLM:
        """The layer with its experts as they are stored; for packed ones the patch experts must follow."""
        if not self.packed:
            return self.plain(dtype, device)
        from .packed import PackedExperts

        config = self._configuration()
        model: Any = _empty(config, dtype)
        model.model.layers[0].mlp.experts = PackedExperts(config, dtype, device)
        return self._fill(model, dict(self.weights), dtype, device)

    def _fill(
        self, model: GptOssForCausalLM, weights: dict[str, Tensor], dtype: torch.dtype, device: torch.device
    ) -> GptOssForCausalLM:
        placed = {
            _PREFIX + name: tensor.to(device, dtype if tensor.is_floating_point() else tensor.dtype)
            for name, tensor in weights.items()
        }
        rest = {
            name: torch.zeros(tensor.shape, dtype=dtype, device=device)
            for name, tensor in model.state_dict().items()
            if not name.startswith(_PREFIX)
        }
        model.load_state_dict(placed | rest, assign=True)
        model.model.rotary_emb = GptOssRotaryEmbedding(model.config).to(device)  # computed, not loaded
        return model.eval()


def _empty(config: GptOssConfig, dtype: torch.dtype) -> GptOssForCausalLM:
    config.dtype = dtype
    with torch.device("meta"):
        model: Any = GptOssForCausalLM(config)
    model.to(dtype).set_experts_implementation("eager")
    return model


def random_config(large: bool = False) -> GptOssConfig:
    """gpt-oss in everything but size: the layers that ``verify`` makes where no checkpoint is given.

    ``large`` has the 20b's window and number of experts, and so many numbers that errors of half precision are more
    than chance: with 8 experts the gradient of the router's bias would be 8.
    """
    hidden, head, window, heads, experts = (256, 64, 128, 32, 32) if large else (64, 16, 16, 8, 8)
    return GptOssConfig(
        vocab_size=_VOCABULARY,
        num_hidden_layers=4,
        layer_types=["sliding_attention", "full_attention"] * 2,
        hidden_size=hidden,
        intermediate_size=hidden,  # equal, as in the 20b: layouts cannot be told apart by their shapes
        num_attention_heads=heads,
        num_key_value_heads=heads // 4,
        head_dim=head,
        num_local_experts=experts,
        num_experts_per_tok=4,
        sliding_window=window,
        max_position_embeddings=512,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        pad_token_id=0,
        router_aux_loss_coef=0.0,
    )


def random_layers(config: GptOssConfig, seed: int = 0) -> Iterator[Layer]:
    """Layers with random weights and MXFP4 experts.

    One in eight of SwiGLU's inputs is far beyond its clamp and all others are far below: next to it, rounding would
    decide whether a number has a gradient, and errors of half precision would be chance.
    """
    for index in range(config.num_hidden_layers):
        generator = torch.Generator().manual_seed(seed + index)
        yield Layer(index, config, _random(config, generator))


def _random(config: GptOssConfig, generator: torch.Generator) -> dict[str, Tensor]:
    with torch.device("meta"):
        one = copy.deepcopy(config)
        one.num_hidden_layers = 1
        shapes = GptOssForCausalLM(one).model.layers[0].state_dict()
    weights = {}
    for name, tensor in shapes.items():
        if name.endswith(("gate_up_proj", "down_proj")):
            experts, inner, outer = tensor.shape
            size = (experts, outer, inner // 32)
            weights[f"{name}_blocks"] = torch.randint(0, 256, (*size, 16), generator=generator, dtype=torch.uint8)
            weights[f"{name}_scales"] = torch.randint(*_SCALES, size, generator=generator, dtype=torch.uint8)
        elif "norm" in name:
            weights[name] = torch.rand(tensor.shape, generator=generator) + 0.5
        else:
            spread = 1.0 if tensor.dim() == 1 else 2.0 / tensor.shape[-1] ** 0.5
            weights[name] = torch.randn(tensor.shape, generator=generator) * spread
        if name.endswith("gate_up_proj_bias"):
            weights[name][:, ::8] += _CLAMPED
            weights[name][:, 1::8] -= _CLAMPED
    return {name: t.bfloat16() if t.is_floating_point() else t for name, t in weights.items()}


def checkpoint_layers(folder: Path) -> tuple[GptOssConfig, Iterator[Layer], Tensor]:
    """Configuration, layers and embedding rows of a checkpoint folder; the first 512 tokens of its vocabulary.

    Raises CheckpointError for a folder that is none or lacks a tensor, ModelError for another architecture.
    """
    from .layout import files, open_file, read_config

    config, found = read_config(folder), files(folder)

    def read(name: str) -> Tensor:
        with open_file(found[name]) as file:
            return file.get_tensor(name)

    def layers() -> Iterator[Layer]:
        for index in range(config.num_hidden_layers):
            prefix = f"model.layers.{index}."
            names = [name for name in found if name.startswith(prefix)]
            yield Layer(index, config, {name.removeprefix(prefix): read(name) for name in names})

    return config, layers(), _embedding(found, folder, open_file)


def _embedding(found: dict[str, Path], folder: Path, open_file: Any) -> Tensor:
    from .errors import CheckpointError

    name = "model.embed_tokens.weight"
    if name not in found:
        raise CheckpointError(f"{name} is missing from {folder}; give the folder of a whole checkpoint")
    with open_file(found[name]) as file:
        return file.get_slice(name)[:512]

"""What a layer is tried on: recorded inputs, one routing for all, and what comes out, forward and backward."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import DynamicCache
from transformers.masking_utils import create_causal_mask, create_sliding_window_causal_mask

from .base import applied_patches

_RANK = 4
_PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj"]
_EXPERTS = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]


@dataclass
class Case:
    """One batch: ``hidden`` and ``direction`` (rows, tokens, hidden) in float32, ``valid`` (rows, tokens) bool.

    ``direction`` is the gradient that comes from above; ``positions`` (rows, tokens) restart where rows are packed;
    the first ``cached`` tokens are in the cache before the others are decoded. ``scale`` is the loss scale, a power of
    two: the layer gets ``direction`` times that, and its gradients are divided by it.
    """

    name: str
    hidden: Tensor
    direction: Tensor
    valid: Tensor
    positions: Tensor
    packed: bool = False
    cached: int = 0
    routing: Tensor | None = None  # (rows · tokens, top_k): the reference's choice, for everybody
    scale: float = 1.0


def cases(embedding: Tensor, window: int, draws: int = 1, seed: int = 0) -> list[Case]:
    """Rows padded on both sides, packed rows, and decoding behind left padding; longer than the window.

    ``embedding`` is (vocabulary, hidden): the first layer's inputs are rows of it. ``draws`` of each kind.
    """
    generator = torch.Generator().manual_seed(seed)
    tokens = window + window // 2 + 3

    def batch(name: str, rows: int, valid: Tensor, positions: Tensor, **more: Any) -> Case:
        ids = torch.randint(0, len(embedding), (rows, tokens), generator=generator)
        hidden = embedding[ids].float()
        direction = torch.randn(hidden.shape, generator=generator)
        return Case(name, hidden, direction, valid, positions, **more)

    place = torch.arange(tokens)
    padded = torch.stack(((place >= 5) & (place < tokens - 4), place < tokens - 2))
    left = torch.stack((place >= 5, place >= 0))
    cut = torch.tensor([0, tokens // 3 + 1, tokens // 2 + 1])  # where the packed sequences begin
    restart = place - cut[(place[:, None] >= cut).sum(-1) - 1]
    found = []
    for _ in range(draws):
        found += [
            batch("padded on both sides", 2, padded, place.expand(2, -1)),
            batch("packed", 1, torch.ones(1, tokens, dtype=torch.bool), restart[None], packed=True),
            batch("decoding", 2, left, place.expand(2, -1), cached=tokens - 3),
        ]
    return found


def add_adapters(model: Any, experts: bool, seed: int) -> None:
    """LoRA on attention, and on the experts too; every factor is random, B as well: a fresh B hides its layout."""
    import peft

    config = peft.LoraConfig(
        r=_RANK,
        lora_alpha=_RANK,
        target_modules=_PROJECTIONS,
        target_parameters=_EXPERTS if experts else None,
        lora_dropout=0.0,
    )
    peft.inject_adapter_in_model(config, model)
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(model.named_parameters()):
        if "lora_" in name:
            spread = 0.3 / parameter.shape[-1] ** 0.5
            values = torch.randn(parameter.shape, generator=generator) * spread
            parameter.data = values.to(parameter.device, parameter.dtype if parameter.is_floating_point() else None)


def watched(model: Any) -> dict[str, nn.Parameter]:
    """Parameters whose gradients are compared: sinks, router and LoRA factors; all others are frozen."""
    found = {}
    for name, parameter in model.named_parameters():
        trains = "lora_" in name or name.endswith("sinks") or ".router." in name
        parameter.requires_grad_(trains)
        if trains:
            short = name.removeprefix("model.layers.0.").replace("base_layer.", "").replace(".default", "")
            found[short if "lora_" not in name else _factor(name, model)] = parameter
    return found


def _factor(name: str, model: Any) -> str:
    """``self_attn.q_proj.lora_A``; PEFT nests the two wrappers of the experts, so their names tell nothing."""
    owner = model.get_submodule(name.split(".lora_")[0])
    part = "lora_A" if "lora_A" in name else "lora_B"
    inner = getattr(owner, "parameter_name", None)
    where = f"mlp.experts.{inner}" if inner else name.removeprefix("model.layers.0.").split(".lora_")[0]
    return f"{where}.{part}"


@contextmanager
def routed(model: Any, routing: Tensor | None) -> Iterator[list[Tensor]]:
    """Have the router take ``routing`` (tokens, top_k), whatever its scores say; without it, note its choice.

    A patch may call the router tile by tile and once more in the backward pass: tokens come in order, again and again.
    """
    router, noted, position = model.model.layers[0].mlp.router, [], 0
    forward, before = router.forward, vars(router).get("forward")  # a patch may have put one there

    def pinned(hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        nonlocal position
        logits, scores, indices = forward(hidden)
        if routing is None:
            noted.append(indices)
            return logits, scores, indices
        chosen = routing[position : position + len(logits)].to(logits.device)
        position = (position + len(logits)) % len(routing)
        return logits, torch.softmax(logits.gather(-1, chosen), -1, dtype=logits.dtype), chosen

    router.forward = pinned
    try:
        yield noted
    finally:
        del router.forward
        if before is not None:
            router.forward = before


def _masks(model: Any, hidden: Tensor, valid: Tensor, positions: Tensor | None, cache: Any) -> Any:
    make = {"full_attention": create_causal_mask, "sliding_attention": create_sliding_window_causal_mask}
    return make[model.config.layer_types[0]](
        config=model.config,
        inputs_embeds=hidden,
        attention_mask=None if bool(valid.all()) else valid.long(),
        past_key_values=cache,
        position_ids=positions,
    )


def _forward(model: Any, hidden: Tensor, valid: Tensor, positions: Tensor, packed: bool, cache: Any = None) -> Tensor:
    embedded = hidden.to(model.dtype)  # masks and rotary embedding are made once, in the type of the embedding
    mask = _masks(model, embedded, valid, positions if packed else None, cache)
    return model.model.layers[0](
        hidden,
        attention_mask=mask,
        position_ids=positions,
        position_embeddings=model.model.rotary_emb(embedded, positions),
        past_key_values=cache,
        use_cache=cache is not None,
    )


def run(model: Any, case: Case) -> tuple[dict[str, Tensor], Tensor]:
    """What the layer makes of a case, float64 on the CPU, and the routing it took or was given.

    Output of the tokens that are no padding; where nothing is decoded also the gradients of input and parameters.
    """
    parameters = watched(model)
    device = model.model.layers[0].self_attn.sinks.device
    # Between the layers of a float16 model with this patch everything is float32.
    dtype = torch.float32 if "fp16" in applied_patches(model) else model.dtype
    hidden = case.hidden.to(device, dtype, copy=True)
    valid, positions = case.valid.to(device), case.positions.to(device)
    found: dict[str, Tensor]
    if case.cached:
        with routed(model, case.routing) as noted, torch.no_grad():
            found, chosen = {"output": _decode(model, case, hidden, valid, positions)}, noted
    else:
        hidden.requires_grad_()
        with routed(model, case.routing) as noted:
            output = _forward(model, hidden, valid, positions, case.packed)
            model.zero_grad()
            output.backward(case.direction.to(device, output.dtype) * case.scale * valid[..., None])
            chosen = noted
        gradients = {name: parameter.grad for name, parameter in parameters.items()}
        arrived = {"input": _arrived(hidden.grad, hidden)}
        arrived |= {name: _arrived(gradient, parameters[name]) for name, gradient in gradients.items()}
        found = {"output": output.detach()[valid]}
        found |= {name: gradient.double() / case.scale for name, gradient in arrived.items()}
        model.zero_grad()
    routing = case.routing if case.routing is not None else torch.cat(chosen).cpu()
    return {name: tensor.double().cpu() for name, tensor in found.items()}, routing


def _arrived(gradient: Tensor | None, like: Tensor) -> Tensor:
    """A gradient that did not arrive is one of zeros: it is compared, and fails."""
    return torch.zeros_like(like) if gradient is None else gradient


def _decode(model: Any, case: Case, hidden: Tensor, valid: Tensor, positions: Tensor) -> Tensor:
    """Output of the last tokens: the first of them alone, the others together, over a cache of those before."""
    cache, outputs, ends = DynamicCache(config=model.config), [], [case.cached, case.cached + 1, hidden.shape[1]]
    for begin, end in zip([0, *ends[:-1]], ends, strict=True):
        piece = slice(begin, end)
        outputs.append(_forward(model, hidden[:, piece], valid[:, :end], positions[:, piece], False, cache))
    return torch.cat(outputs[1:], 1)


def through(model: Any, case: Case) -> Tensor:
    """The layer's output for all tokens of a case, float32 on the CPU: the next layer's recorded input."""
    device = model.model.layers[0].self_attn.sinks.device
    with torch.no_grad():
        out = _forward(
            model, case.hidden.to(device, model.dtype), case.valid.to(device), case.positions.to(device), case.packed
        )
    return torch.where(case.valid[..., None], out.float().cpu(), torch.zeros(()))

"""Try an attention kernel that nobody vouches for: does it read the sinks, and do they get their gradient?"""

from __future__ import annotations

from typing import Any

_TOKENS = 16
_TOLERANCE = 0.05  # flex attention with its factor in bfloat16, the worst of the honest ones, is off by 0.022


def misses_sinks(model: Any, name: str) -> str | None:
    """What is wrong with attention function ``name`` on this model, next to eager's; None where nothing is.

    Both get one row of 16 random tokens in the model's dtype, on its device, in a layer with full attention;
    output, gradients of queries, keys, values and of the sinks are compared norm-relative.
    """
    import torch
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
    from transformers.models.gpt_oss.modeling_gpt_oss import eager_attention_forward

    layer = _full_attention(model)
    right = _outcome(model, layer, eager_attention_forward, "eager")
    try:
        tried = _outcome(model, layer, ALL_ATTENTION_FUNCTIONS[name], name)
    except (RuntimeError, ValueError, TypeError, KeyError, ImportError, AttributeError) as error:
        return f"fails in training: {' '.join(str(error).split())[:200]}"
    for what, expected in right.items():
        found = tried[what]
        if found is None:
            return f"gives no gradient to {what}"
        error = torch.linalg.vector_norm(found - expected) / torch.linalg.vector_norm(expected)
        if not error <= _TOLERANCE:
            return f"is wrong in {what} by {error:.0%}"
    return None


def _full_attention(model: Any) -> Any:
    layers = [layer.self_attn for layer in model.model.layers]
    return next((layer for layer in layers if layer.sliding_window is None), layers[0])


def _outcome(model: Any, layer: Any, function: Any, name: str) -> dict[str, Any]:
    """Output and gradients, float32 on the CPU; None for a gradient that did not arrive."""
    import torch
    from transformers.masking_utils import create_causal_mask

    config, heads = model.config, layer.sinks.shape[0]
    device, dtype = layer.sinks.device, model.dtype
    generator = torch.Generator().manual_seed(0)

    def random(count: int) -> Any:
        values = torch.randn(1, count, _TOKENS, layer.head_dim, generator=generator)
        return values.to(device, dtype).requires_grad_()

    few = config.num_key_value_heads
    query, key, value, weight = random(heads), random(few), random(few), random(heads).detach()
    sinks = torch.nn.Parameter(torch.randn(heads, generator=generator).to(device, dtype))
    before, kept = config._attn_implementation, layer.sinks
    config._attn_implementation, layer.sinks = name, sinks  # a kernel may read them from the layer or as s_aux
    try:
        embeds = torch.zeros(1, _TOKENS, config.hidden_size, device=device, dtype=dtype)
        mask = create_causal_mask(config=config, inputs_embeds=embeds, attention_mask=None, past_key_values=None)
        output, _ = function(layer, query, key, value, mask, scaling=layer.scaling, sliding_window=None, s_aux=sinks)
        (output * weight.transpose(1, 2)).sum().backward()
        found = {
            "the output": output.detach(),
            "the queries": query.grad,
            "the keys": key.grad,
            "the values": value.grad,
            "the sinks": sinks.grad,
        }
    finally:
        config._attn_implementation, layer.sinks = before, kept
    return {what: None if tensor is None else tensor.float().cpu() for what, tensor in found.items()}

"""Send vLLM the weights that an adapter changes, and nothing else.

TRL merges the adapter into the base, sends every parameter and unmerges it: in bfloat16 the base drifts by 1e-3 in
one cycle, and of experts that are packed it would send the stand-ins, all zeros. vLLM loaded the frozen weights from
the same checkpoint; here it gets ``W + BA·scaling`` of the adapted linear layers, and the base is only read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .base import base_model
from .errors import AdapterError, OptionError

MARK = "_assay_sends_adapted_only"  # on the model: the guard looks for it


def adapted_weights(model: Any) -> Iterator[tuple[str, Any]]:
    """Name without PEFT's parts and merged weight (out, in), in the base's dtype, of each adapted linear layer.

    Raises AdapterError for an adapter on anything else: vLLM would never get it.
    """
    from peft.tuners.lora import Linear, LoraLayer

    for name, module in model.named_modules():
        if not isinstance(module, LoraLayer) or not module.active_adapters:
            continue
        short = name.removeprefix("base_model.model.")
        if not isinstance(module, Linear):
            raise AdapterError(f"vLLM cannot be sent the adapter on {short}; adapt linear layers only, or use no vLLM")
        base: Any = module.get_base_layer()
        weight = base.weight.data
        merged = weight.float()
        for adapter in module.active_adapters:
            if adapter in module.lora_A:
                merged = merged + module.get_delta_weight(adapter).float()
        yield f"{short}.weight", merged.to(weight.dtype)


def send_adapted_only(trainer: Any) -> None:
    """Have a TRL trainer with ``use_vllm`` and a LoRA adapter send only what the adapter changes.

    Raises OptionError where this TRL has another way to walk the weights, AdapterError for an adapter that vLLM
    cannot be sent.
    """
    generation, model = trainer.vllm_generation, trainer.model
    if not hasattr(generation, "_iter_named_params"):
        raise OptionError("use_vllm: this TRL sends its weights in a way that is not known here; install trl 1.16")
    if other := [n for n, p in model.named_parameters() if p.requires_grad and ".lora_" not in n]:
        raise AdapterError(f"{other[0]} is trained beside the adapter and would not be sent to vLLM; freeze it")
    for _ in adapted_weights(model):  # an adapter that cannot be sent is told now
        pass

    def walk() -> Iterator[tuple[str, Any]]:
        for name, weight in adapted_weights(model):
            yield generation._fix_param_name_to_vllm(name), weight

    generation._iter_named_params = walk
    vars(base_model(model))[MARK] = True

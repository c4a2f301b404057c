"""The guard: refuses, before the first step, what would train wrongly without a word.

It changes nothing. Each guard is a function of the model, the training arguments and the adapters' configurations;
it returns what it saw, or raises SilentFault with the way out. That each fault is real, and silent, upstream
(transformers 5.17 to 5.23, TRL 1.16, PEFT 0.21) is shown by a test beside the one that it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from .errors import OptionError, SilentFault
from .guard_probe import misses_sinks
from .vllm_sync import MARK

NAME = "guard"
SUMMARY = "refuses, before the first step, what would train wrongly in silence"

OURS = "assay_sinks"
_FIX = "set attn_implementation to eager or apply the patch attention"
_FLASH = re.compile(r"flash[-_]?att(?:n|ention)[-_]?(\d?)")


def _attention(model: Any) -> str:
    return (model.config._attn_implementation or "eager").removeprefix("paged|")


def _flash_version(name: str) -> int | None:
    """The FlashAttention generation a name stands for; 2 where it names none; None for other kernels."""
    found = _FLASH.search(name)
    return None if found is None else int(found[1] or 2)


def attention(model: Any, args: Any, adapters: Mapping[str, Any]) -> str:
    """The attention kernel reads the sinks and has a backward for them."""
    name = _attention(model)
    if "sdpa" in name:
        raise SilentFault(f"attn_implementation '{name}' leaves out gpt-oss's attention sinks; {_FIX}")
    version = _flash_version(name)
    if version is not None and version < 4:
        raise SilentFault(
            f"attn_implementation '{name}' has no backward for attention sinks, so the gradients of every layer are "
            f"wrong in silence (transformers puts vllm-flash-attn3 in the place of flash_attention_2); {_FIX}"
        )
    if name in ("eager", "flex_attention", OURS):
        return f"{name} reads the sinks and has a backward for them"
    if fault := misses_sinks(model, name):
        raise SilentFault(f"attn_implementation '{name}' {fault} (tried beside eager on 16 tokens); {_FIX}")
    return f"{name} agrees with eager on 16 tokens, in output and gradients of the sinks"


def masks(model: Any, args: Any, adapters: Mapping[str, Any]) -> str:
    """The attention kernel has a mask function of its name: without one it gets no mask at all, padding or not."""
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS

    name = _attention(model)
    if name in ALL_MASK_ATTENTION_FUNCTIONS.valid_keys() or _flash_version(name) is not None:
        return f"{name} has a mask function"
    raise SilentFault(
        f"attn_implementation '{name}' is missing from transformers' mask interface, so padded rows attend to their "
        f"padding; register it: AttentionMaskInterface.register('{name}', mask_function)"
    )


def mxfp4(model: Any, args: Any, adapters: Mapping[str, Any]) -> str:
    """MXFP4 experts of the checkpoint are still packed, and are trained through by code that can."""
    kinds = {type(module).__name__ for module in model.modules()}
    if "Mxfp4GptOssExperts" in kinds:
        raise SilentFault(
            "the experts are transformers' Mxfp4GptOssExperts, which hand no gradient to the layers below; "
            "apply the patch experts, or load with Mxfp4Config(dequantize=True)"
        )
    if not _stored_as_mxfp4(model.config):
        return "the checkpoint is not MXFP4"
    weights = model.model.layers[0].mlp.experts
    if any(name.endswith("_blocks") for name, _ in weights.named_buffers()):
        return "the experts are packed as in the checkpoint"
    count = sum(p.numel() for name, p in model.named_parameters() if name.endswith(("gate_up_proj", "down_proj")))
    raise SilentFault(
        f"the checkpoint {model.config._name_or_path} is MXFP4 but its experts were expanded on loading, to "
        f"{count * 2 / 1e9:.2f} GB in bfloat16 where {count * 17 / 32 / 1e9:.2f} would do; add experts to patches, "
        "or add mxfp4 to allow if that is meant"
    )


def _stored_as_mxfp4(config: Any) -> bool:
    """Whether the checkpoint of a configuration is MXFP4: once expanded, the model itself no longer says so."""
    from transformers import PretrainedConfig

    kept = getattr(config, "quantization_config", None)
    if not kept and config._name_or_path:
        try:
            stored, _ = PretrainedConfig.get_config_dict(config._name_or_path, local_files_only=True)
        except (OSError, ValueError):  # it was built in memory, or its folder is gone
            return False
        kept = stored.get("quantization_config")
    method = kept.get("quant_method") if isinstance(kept, Mapping) else getattr(kept, "quant_method", "")
    return str(getattr(method, "value", method)) == "mxfp4"


def target_parameters(model: Any, args: Any, adapters: Mapping[str, Any]) -> str:
    """Every ``target_parameters`` entry of every adapter has parameters that train."""
    asked = {(name, entry) for name, config in adapters.items() for entry in _targets(config)}
    if not asked:
        return "no adapter names target_parameters"
    adapted = _adapted_parameters(model)
    for adapter, entry in sorted(asked):
        if not any(path == entry or path.endswith(f".{entry}") for path in adapted):
            near = sorted(
                {
                    ".".join(path.split(".")[-3:])
                    for path, parameter in model.named_parameters()
                    if "lora_" not in path and parameter.dim() == 3
                }
            )
            raise SilentFault(
                f"target_parameters entry '{entry}' of adapter '{adapter}' matched no parameter, so nothing there is "
                f"trained; gpt-oss's experts are mlp.experts.gate_up_proj and mlp.experts.down_proj"
                + (f" (this model has {', '.join(near)})" if near else "")
            )
    return f"{', '.join(sorted(entry for _, entry in asked))}: {len(adapted)} parameters adapted"


def _targets(config: Any) -> list[str]:
    return list(getattr(config, "target_parameters", None) or ())


def _adapted_parameters(model: Any) -> list[str]:
    """Paths, without PEFT's ``base_layer``, of the parameters that PEFT wraps with factors that train."""
    found = []
    for name, module in model.named_modules():
        parameter = getattr(module, "parameter_name", None)
        factors = getattr(module, "lora_A", None)
        if parameter and factors and any(p.requires_grad for p in factors.parameters()):
            parts = [part for part in name.split(".") if part != "base_layer"]
            found.append(".".join([*parts, parameter]))
    return found


def auxiliary_loss(model: Any, args: Any, adapters: Mapping[str, Any]) -> str:
    """The router's load-balancing loss is not added to the one that is asked for."""
    config = model.config
    inherited = getattr(config, "router_aux_loss_coef", 0.0)
    if hasattr(args, "router_aux_loss_coef"):  # TRL's arguments; None takes the model's own coefficient
        coefficient = inherited if args.router_aux_loss_coef is None else args.router_aux_loss_coef
        where = "the model's configuration" if args.router_aux_loss_coef is None else "the training arguments"
        if coefficient:
            raise SilentFault(
                f"the router's auxiliary loss is added with coefficient {coefficient:g} (from {where}); "
                "set router_aux_loss_coef to 0.0"
            )
    if getattr(config, "output_router_logits", False) and inherited:
        raise SilentFault(
            f"the configuration's output_router_logits adds the router's auxiliary loss with coefficient "
            f"{inherited:g}; set output_router_logits to False"
        )
    return "off"


def packing(model: Any, args: Any, adapters: Mapping[str, Any]) -> str:
    """Sequences packed in one row cannot see each other."""
    packed = [option for option in ("packing", "padding_free") if getattr(args, option, False)]
    if not packed:
        return "one sequence a row"
    name = _attention(model)
    if name == OURS or (_flash_version(name) or 0) >= 4:
        return f"{name} keeps packed sequences apart by position_ids"
    raise SilentFault(
        f"{packed[0]} leaks between the sequences of a row with attn_implementation '{name}': gpt-oss does not hand "
        f"position_ids to its masks; apply the patch attention, or set {packed[0]} to False"
    )


def rollouts(model: Any, args: Any, adapters: Mapping[str, Any]) -> str:
    """vLLM, where it samples, gets the weights that are trained, and no stand-ins."""
    if not getattr(args, "use_vllm", False):
        return "sampled from the model that is trained"
    packed = any(name.endswith("_blocks") for name, _ in model.named_buffers())
    if packed and (adapted := _adapted_parameters(model)):
        raise SilentFault(
            f"use_vllm samples without the adapter on {adapted[0]}: nothing can be merged into packed experts; "
            "leave out lora_target_parameters, or set use_vllm to False"
        )
    if packed and not vars(model).get(MARK):
        raise SilentFault(
            "use_vllm sends vLLM the stand-ins of packed experts, all zeros, in the place of its own; call "
            "assay.patches.vllm_sync.send_adapted_only(trainer) first (`assay train` does)"
        )
    return "vLLM gets the adapted weights only" if vars(model).get(MARK) else "vLLM gets all weights from TRL"


Guard = Callable[[Any, Any, Mapping[str, Any]], str]
GUARDS: dict[str, Guard] = {
    guard.__name__: guard for guard in (attention, masks, mxfp4, target_parameters, auxiliary_loss, packing, rollouts)
}


def check(model: Any, args: Any = None, peft_config: Any = None, allow: Collection[str] = ()) -> dict[str, str]:
    """What each guard saw on a ``GptOssForCausalLM``; raises SilentFault with every fault it found.

    ``args`` are the trainer's arguments, ``peft_config`` a PEFT configuration (by default those of the adapters on
    the model); ``allow`` names guards whose fault is meant. Call it when adapters and patches are in place.
    """
    if unknown := set(allow) - set(GUARDS):
        raise OptionError(f"allow: no guard named '{sorted(unknown)[0]}'; there are {', '.join(GUARDS)}")
    on_model = getattr(model, "peft_config", None) or {}
    adapters = {"default": peft_config} if peft_config is not None else on_model
    seen, faults = {}, []
    for name, guard in GUARDS.items():
        try:
            seen[name] = guard(model, args, adapters)
        except SilentFault as fault:
            if name in allow:
                seen[name] = f"allowed: {fault}"
            else:
                faults.append(str(fault))
    if faults:
        raise SilentFault("; and ".join(faults))
    return seen


def apply(model: Any, *, args: Any = None, peft_config: Any = None, allow: Collection[str] = ()) -> dict[str, str]:
    """What each guard saw; raises as ``check`` does."""
    return check(model, args, peft_config, allow)


def remove(model: Any, state: dict[str, str]) -> None:
    """There is nothing to undo."""


def explain(model: Any, state: dict[str, str]) -> dict[str, str]:
    """What each guard saw."""
    return state

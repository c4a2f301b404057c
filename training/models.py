"""Load the model, tokenizer and adapter configuration that a recipe names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..patches import PatchError
from .errors import RecipeError
from .recipe import TINY_MODEL, Recipe

if TYPE_CHECKING:
    from peft import PeftConfig
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    Loaded = tuple[PreTrainedModel, PreTrainedTokenizerBase]
else:
    Loaded = tuple


def load_model(recipe: Recipe) -> Loaded:
    """The model and its tokenizer (padding on the left). Raises RecipeError for a model that is not there.

    With the patch ``experts`` an MXFP4 checkpoint stays packed; else it is loaded as transformers does.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from . import tiny

    name = recipe.model.model_name_or_path
    if not name:
        raise RecipeError(f"recipe {recipe.path} names no model; set model_name_or_path, e.g. to {TINY_MODEL}")
    place = str(tiny.PATH) if name == TINY_MODEL else name
    options: dict[str, Any] = {
        "dtype": recipe.model.dtype or "float32",
        "revision": recipe.model.model_revision,
    }
    if recipe.model.attn_implementation:
        options["attn_implementation"] = recipe.model.attn_implementation
    try:
        tokenizer = AutoTokenizer.from_pretrained(place, padding_side="left")
        if "experts" in recipe.assay.patches and _is_mxfp4(place):
            return _load_packed(recipe, place), tokenizer
        model = AutoModelForCausalLM.from_pretrained(place, **options)
    except (OSError, ValueError, PatchError) as error:
        reason = " ".join(str(error).split())[:300]
        raise RecipeError(
            f"cannot load the model {name}: {reason}; give a folder or hub name as model_name_or_path"
        ) from error
    if hasattr(model, "set_experts_implementation"):
        model.set_experts_implementation("grouped_mm")
    return model, tokenizer


def _is_mxfp4(place: str) -> bool:
    from transformers import PretrainedConfig

    stored, _ = PretrainedConfig.get_config_dict(place)
    return (stored.get("quantization_config") or {}).get("quant_method") == "mxfp4"


def _load_packed(recipe: Recipe, place: str) -> PreTrainedModel:
    """Straight to the device that trains: the host of a small GPU may not hold the model."""
    import torch

    from ..patches import checkpoint

    dtype = recipe.model.dtype or "float32"
    return checkpoint.load(
        place,
        device=recipe.training.device,
        dtype=torch.bfloat16 if dtype == "auto" else getattr(torch, dtype),
        attention=recipe.model.attn_implementation or "eager",
    )


def adapter_of(recipe: Recipe) -> PeftConfig | None:
    """The LoRA configuration of a recipe with ``use_peft``, else None."""
    from trl.trainer.utils import get_peft_config

    return get_peft_config(recipe.model)

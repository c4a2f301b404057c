"""Load the model, tokenizer and adapter configuration that a recipe names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import RecipeError
from .recipe import TINY_MODEL, Recipe

if TYPE_CHECKING:
    from peft import PeftConfig
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    Loaded = tuple[PreTrainedModel, PreTrainedTokenizerBase]
else:
    Loaded = tuple


def load_model(recipe: Recipe) -> Loaded:
    """The model and its tokenizer (padding on the left). Raises RecipeError for a model that is not there."""
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
        model = AutoModelForCausalLM.from_pretrained(place, **options)
        tokenizer = AutoTokenizer.from_pretrained(place, padding_side="left")
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise RecipeError(
            f"cannot load the model {name}: {reason}; give a folder or hub name as model_name_or_path"
        ) from error
    if hasattr(model, "set_experts_implementation"):
        model.set_experts_implementation("grouped_mm")
    return model, tokenizer


def adapter_of(recipe: Recipe) -> PeftConfig | None:
    """The LoRA configuration of a recipe with ``use_peft``, else None."""
    from trl.trainer.utils import get_peft_config

    return get_peft_config(recipe.model)

"""A recipe's patches on a trainer's model, and the guard before the first step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..patches import PatchError, apply_patches, names
from ..patches.vllm_sync import send_adapted_only
from .errors import RecipeError
from .recipe import Recipe

if TYPE_CHECKING:
    from trl.trainer.grpo_trainer import GRPOTrainer


def check_patches(recipe: Recipe) -> None:
    """Raises RecipeError for a patch that does not exist, before a model is loaded for it."""
    if unknown := [name for name in recipe.assay.patches if name not in names()]:
        raise RecipeError(f"recipe {recipe.path}: no patch named '{unknown[0]}'; there are {', '.join(names())}")


def patch_model(trainer: GRPOTrainer, recipe: Recipe, say: Callable[[Any], None]) -> None:
    """Apply the recipe's patches to the model, adapter and all, and have the guard look at the result.

    ``say`` gets the table of what was done. Raises RecipeError where a patch does not fit or the guard refuses. For
    another architecture than gpt-oss there are neither patches nor guards.
    """
    chosen = recipe.assay.patches
    model: Any = trainer.model
    if model.config.model_type != "gpt_oss" and not chosen:
        return
    options = {"guard": {"args": recipe.training, "allow": recipe.assay.allow}}
    try:
        if recipe.training.use_vllm and recipe.model.use_peft and not recipe.model.lora_target_parameters:
            send_adapted_only(trainer)  # adapters on dense experts are TRL's to merge; on packed ones the guard refuses
        apply_patches(
            model, dict.fromkeys([*chosen, "guard"]), options=options, say=say if chosen else lambda table: None
        )
    except PatchError as error:
        raise RecipeError(f"recipe {recipe.path}: {error}") from error

"""One training run: recipe in, folder with journal, checkpoints and best kernels out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..rewards import SCORING_LOOKS, Graded, Grader, Scorer, trl_reward
from ..sandbox import Status
from .errors import RecipeError, RunError
from .graders import make_grader
from .journal import Journal, read_verdicts
from .models import Loaded, adapter_of, load_model
from .patching import check_patches, patch_model
from .progress import ConsoleProgress
from .recipe import Recipe, needs_device, no_device, parse_recipe

if TYPE_CHECKING:
    from datasets import Dataset
    from rich.console import Console
    from trl.trainer.grpo_trainer import GRPOTrainer

RUN_FILE, BEST_FILE = "run.json", "best.json"
_PACKAGES = ("assay", "torch", "transformers", "trl", "peft", "accelerate", "numpy", "RestrictedPython")


@dataclass(frozen=True)
class Result:
    """What a finished run leaves: its folder and the best kernels, fastest first."""

    folder: Path
    best: list[dict[str, Any]]


def choose_folder(recipe: Recipe, parent: Path) -> Path:
    """The path of a new run: ``parent/NAME-REWARD-seedN-TIME``."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    reward = recipe.assay.reward.replace(":", ".")
    return parent / f"{recipe.name}-{reward}-seed{recipe.training.seed}-{stamp}"


def _create(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise RunError(f"cannot create {folder}: {error.strerror}; choose another place with --out") from error


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _describe(recipe: Recipe, grader: Grader) -> dict[str, Any]:
    isolation = grader.ready().get("isolation", {}) if isinstance(grader, Scorer) else {}
    return {
        "recipe": str(recipe.path.resolve()),  # a run is resumed from any folder
        "overrides": list(recipe.overrides),
        "reward": recipe.assay.reward,
        "audit": recipe.assay.audit,
        "task": recipe.assay.task,
        "seed": recipe.training.seed,
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
        "versions": _versions(),
        "isolation": isolation,
        "config": {**vars(recipe.assay), **recipe.training.to_dict()},
    }


def resumed(folder: Path, overrides: Sequence[str] = ()) -> tuple[Recipe, str]:
    """The recipe of an earlier run with ``overrides``, and its newest checkpoint; RunError where there is none."""
    from transformers.trainer_utils import get_last_checkpoint

    try:
        described = json.loads((folder / RUN_FILE).read_text())
    except (OSError, ValueError) as error:
        raise RunError(f"{folder} is no run folder: {RUN_FILE} is missing or broken; start a new run") from error
    checkpoint = get_last_checkpoint(str(folder))
    if checkpoint is None:
        raise RunError(f"{folder} holds no checkpoint to resume from; start a new run without --resume")
    return parse_recipe(described["recipe"], [*described["overrides"], *overrides]), checkpoint


def _describe_anew(folder: Path, recipe: Recipe, grader: Grader) -> None:
    """Keep what a resumed run was given besides, for when it is resumed once more."""
    path = folder / RUN_FILE
    earlier = json.loads(path.read_text())
    if earlier["overrides"] != list(recipe.overrides):
        changed = {**_describe(recipe, grader), "started": earlier["started"]}
        draft = path.with_suffix(".new")  # a full disk leaves the old one
        draft.write_text(json.dumps(changed, indent=1, default=str))
        draft.replace(path)


def way_on(folder: Path) -> str:
    """What to do about a run that ended early: resume it, or begin again where no checkpoint was written."""
    if folder.is_dir() and any(folder.glob("checkpoint-*")):
        return f"go on with `assay train --resume {folder}`"
    return "start a new run: no checkpoint was written yet"


def _no_memory(error: RuntimeError, folder: Path) -> RunError:
    """What to do where torch finds no memory."""
    reason = ". ".join(" ".join(str(error).split()).split(". ")[:2])
    return RunError(
        f"no memory is left ({reason}): make max_completion_length or per_device_train_batch_size smaller, or take the "
        f"patches attention, experts, lora and offload (such options may follow); {way_on(folder)}"
    )


def _reward(grader: Grader, audit: Grader | None, folder: Path, bar: ConsoleProgress) -> Callable[..., Any]:
    """The grader as TRL's reward function; every batch is in the journal before its rewards are used."""
    journal = Journal(folder)

    def on_batch(graded: Sequence[Graded], state: Any) -> None:
        seconds = time.monotonic() - bar.scoring_started
        audited = audit.grade([item.completion for item in graded]) if audit else None
        step = state.global_step if state is not None else 0
        journal.write(step, graded, getattr(grader, "last_secret", b""), seconds, audited)
        bar.batch(graded)

    return trl_reward(scorer=bar.timed(grader), asynchronous=False, on_batch=on_batch)


def _dataset(recipe: Recipe, prompt: str) -> Dataset:
    """The task's prompt, repeated, as plain text or as a chat message."""
    from datasets import Dataset

    row: Any = [{"role": "user", "content": prompt}] if recipe.assay.conversational else prompt
    return Dataset.from_dict({"prompt": [row] * recipe.assay.prompts})


def _make_trainer(
    recipe: Recipe, grader: Grader, audit: Grader | None, loaded: Loaded, folder: Path, bar: ConsoleProgress
) -> GRPOTrainer:
    """TRL's trainer with the grader as its reward. Raises RecipeError for options it refuses."""
    from transformers.trainer_callback import PrinterCallback, ProgressCallback
    from trl.trainer.grpo_trainer import GRPOTrainer

    model, tokenizer = loaded
    recipe.training.output_dir = str(folder)
    recipe.training.router_aux_loss_coef = 0.0  # TRL would add the router's loss to GRPO's
    recipe.training.disable_tqdm = True
    try:
        trainer = GRPOTrainer(
            model=model,
            reward_funcs=[_reward(grader, audit, folder, bar)],
            args=recipe.training,
            train_dataset=_dataset(recipe, grader.task.prompt),
            processing_class=tokenizer,
            peft_config=adapter_of(recipe),
            callbacks=[bar],
        )
    except (OSError, MemoryError):
        raise
    except Exception as error:  # TRL and PEFT check options here, each with exceptions of its own
        reason = " ".join(str(error).split())
        raise RecipeError(f"recipe {recipe.path}: the trainer refuses its options: {reason}") from error
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    return trainer


def train(recipe: Recipe, folder: Path, checkpoint: str | None, console: Console) -> Result:
    """Train to the end of the recipe. Raises RunError, RecipeError, and what the graders raise."""
    check_patches(recipe)
    if recipe.assay.needs_gpu and no_device():
        raise needs_device(recipe.path)
    grader = make_grader(recipe.assay.reward, recipe.assay)
    if grader is None:
        raise RunError("the recipe's reward is 'none', so there is nothing to learn from; set it to assay")
    audit = make_grader(recipe.assay.audit, recipe.assay)
    try:
        loaded = load_model(recipe)
        if checkpoint is None:
            _create(folder)
            (folder / RUN_FILE).write_text(json.dumps(_describe(recipe, grader), indent=1, default=str))
        else:
            _describe_anew(folder, recipe, grader)
            Journal(folder).rewind(int(checkpoint.rpartition("-")[2]))
        with ConsoleProgress(console) as bar:
            trainer = _make_trainer(recipe, grader, audit, loaded, folder, bar)
            patch_model(trainer, recipe, console.print)
            trainer.train(resume_from_checkpoint=checkpoint)
            trainer.save_model(str(folder / "model"))
    except OSError as error:
        raise RunError(
            f"cannot write to {folder}: {error.strerror or error}; free space, then {way_on(folder)}"
        ) from error
    except RuntimeError as error:
        from ..patches.checkpoint import lacks_memory

        if not lacks_memory(error):
            raise
        raise _no_memory(error, folder) from error
    finally:
        grader.close()
        if audit is not None:
            audit.close()
    return Result(folder, assay_best(folder, recipe))


def assay_best(folder: Path, recipe: Recipe) -> list[dict[str, Any]]:
    """Time the run's best kernels again, each with up to 40 pairs; kept in ``best.json``, fastest first."""
    candidates: dict[str, dict[str, Any]] = {}
    for record in read_verdicts(folder):
        for verdict in (record["verdict"], record.get("audit")):
            if verdict and verdict["status"] == Status.CORRECT and verdict["level"] and record["code"]:
                low = verdict["timing"]["low"] if verdict["timing"] else 0.0
                held = candidates.get(verdict["key"])
                if held is None or held["low"] < low:
                    candidates[verdict["key"]] = {"low": low, "code": record["code"], "step": record["step"]}
    chosen = sorted(candidates.values(), key=lambda c: -c["low"])[: recipe.assay.assay_kernels]
    best = []
    if chosen:
        with Scorer(recipe.assay.task, looks=SCORING_LOOKS, require=recipe.assay.require) as scorer:
            for candidate, graded in zip(chosen, scorer.grade_code([c["code"] for c in chosen]), strict=True):
                fields = {"code": candidate["code"], "step": candidate["step"], "key": graded.verdict.key}
                best.append({**fields, "verdict": graded.verdict.to_json(), "reward": graded.reward})
    best.sort(key=lambda entry: -(entry["verdict"]["timing"] or {"low": 0.0})["low"])
    (folder / BEST_FILE).write_text(json.dumps(best, indent=1))
    return best

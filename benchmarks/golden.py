"""The golden curve: recorded GRPO steps on the tiny model, updated again with TRL's own trainer.

python benchmarks/golden.py record RUN    # completions and rewards of a run's journal -> rollouts.json
python benchmarks/golden.py curve [full|lora ...]   # replay all updates, unpatched -> curve.json; a minute each

The run was made with

assay train tiny --max_steps 50 --num_generations 16 --per_device_train_batch_size 8 --steps_per_generation 2 \
    --gradient_accumulation_steps 1 --beta 0.04

Sixteen completions make two steps: the second is off-policy, and a KL term pulls to the first weights. Without
the two the value of the GRPO loss would not depend on the model at all. A replay hands the recorded completions
(their text encoded again) and rewards to TRL's GRPOTrainer, which computes advantages, loss and updates as in any
run; sampling and scoring are left out.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "tests" / "training" / "golden"
ROLLOUTS, CURVE = FOLDER / "rollouts.json", FOLDER / "curve.json"
FIGURES = ("loss", "kl", "entropy", "grad_norm")
KINDS = ("full", "lora")
GROUP, MICRO = 16, 8  # completions of a generation, of a step
RATE = {"full": 6.0e-5, "lora": 2.0e-4}  # below the recipe's: what is compared is arithmetic, not learning
LORA = (
    *("--use_peft", "true", "--lora_r", "4", "--lora_dropout", "0.0"),
    *("--lora_target_modules", "q_proj", "k_proj", "v_proj", "o_proj"),
)
EXPERTS = ("--lora_target_parameters", "mlp.experts.gate_up_proj", "mlp.experts.down_proj")


def record(run: Path) -> None:
    """Keep a run's completions and rewards, a list a generation."""
    from assay.training.journal import read_verdicts

    groups: dict[int, list[list[Any]]] = {}
    for row in read_verdicts(run):
        groups.setdefault(row["step"], []).append([row["completion"], row["reward"]])
    FOLDER.mkdir(parents=True, exist_ok=True)
    ROLLOUTS.write_text(json.dumps([groups[step] for step in sorted(groups)], indent=0) + "\n")


class Recorded:
    """The recorded rollouts in TRL's place of a sampler and of a reward."""

    def __init__(self, tokenizer: Any, prompt: str, limit: int) -> None:
        self._groups = json.loads(ROLLOUTS.read_text())
        self._next: Iterator[list[list[Any]]] = iter(self._groups)
        self._tokenizer, self._prompt, self._limit = tokenizer, tokenizer(prompt).input_ids, limit
        self._rewards: list[float] = []

    def sample(self, prompts: list[Any], trainer: Any) -> dict[str, Any]:
        """TRL's ``rollout_func``: the next group."""
        group = next(self._next)
        encoded = [self._tokenizer(text, add_special_tokens=False).input_ids for text, _ in group]
        ids = [[*tokens, self._tokenizer.eos_token_id][: self._limit] for tokens in encoded]
        self._rewards = [reward for _, reward in group]
        return {"prompt_ids": [self._prompt] * len(prompts), "completion_ids": ids, "logprobs": None}

    def reward(self, completions: list[str], **_: Any) -> list[float]:
        """TRL's reward function: what the sandbox said when they were recorded."""
        return self._rewards


def replay(
    kind: str = "full", steps: int = 50, patches: Sequence[Any] = (), extra: Sequence[str] = ()
) -> list[dict[str, float]]:
    """FIGURES of each step, in float32 on the CPU.

    ``kind`` is ``full`` (every weight is trained: sinks, router and experts too) or ``lora`` (rank 4, on attention
    and experts); ``patches`` are names or modules for ``apply_patches``, ``extra`` more recipe options.
    """
    from datasets import Dataset
    from trl.trainer.grpo_trainer import GRPOTrainer

    from assay.patches import apply_patches
    from assay.rewards import find_task
    from assay.training.models import adapter_of, load_model
    from assay.training.recipe import parse_recipe

    sizes = {"num_generations": GROUP, "per_device_train_batch_size": MICRO, "steps_per_generation": GROUP // MICRO}
    options = {"max_steps": 50, "beta": 0.04, "learning_rate": RATE[kind], "save_strategy": "no"} | sizes
    overrides = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    recipe = parse_recipe("tiny", [*overrides, *((*LORA, *EXPERTS) if kind == "lora" else ()), *extra])
    model, tokenizer = load_model(recipe)
    prompt = find_task("matmul").prompt
    recorded = Recorded(tokenizer, prompt, recipe.training.max_completion_length or 0)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        recipe.training.output_dir, recipe.training.disable_tqdm = folder, True
        trainer = GRPOTrainer(
            model=model,
            args=recipe.training,
            reward_funcs=[recorded.reward],
            rollout_func=recorded.sample,
            train_dataset=Dataset.from_dict({"prompt": [prompt] * recipe.assay.prompts}),
            processing_class=tokenizer,
            peft_config=adapter_of(recipe),
        )
        if patches:
            apply_patches(trainer.model, patches, say=lambda table: None)
        trainer.add_callback(_Stop(steps))
        trainer.train()
    return [{name: row[name] for name in FIGURES} for row in trainer.state.log_history if "loss" in row]


def _Stop(steps: int) -> Any:  # noqa: N802
    """Ends training after ``steps``, leaving the learning rate's schedule that of all fifty."""
    from transformers import TrainerCallback

    class Stop(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            control.should_training_stop = state.global_step >= steps

    return Stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["record", "curve"])
    parser.add_argument("names", nargs="*", help="run folder, or curves to record (all by default)")
    options = parser.parse_args()
    if options.what == "record":
        record(Path(options.names[0]))
        return
    import torch

    torch.set_num_threads(1)
    curves = json.loads(CURVE.read_text()) if CURVE.is_file() else {}
    packages = {name: version(name) for name in ("torch", "transformers", "trl", "peft")}
    for kind in options.names or KINDS:
        curves[kind] = {"versions": packages, "steps": replay(kind)}
        CURVE.write_text(json.dumps(curves, indent=1) + "\n")


if __name__ == "__main__":
    main()

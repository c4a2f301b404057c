"""Recipes: YAML files over the options of assay, TRL and the model, every one of them reachable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .errors import RecipeError

if TYPE_CHECKING:
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.model_config import ModelConfig

FOLDER = Path(__file__).with_name("recipes")
TINY_MODEL = "assay/tiny"


@dataclass
class AssayArguments:
    """The options that are assay's own."""

    task: str = field(default="matmul", metadata={"help": "Task name or package.module:TASK."})
    reward: str = field(
        default="assay",
        metadata={"help": "`assay`, `naive` (the weak control scorer), or package.module:Grader."},
    )
    audit: str = field(
        default="none",
        metadata={"help": "A second grader whose verdicts are logged and never rewarded: as for reward, or none."},
    )
    checks: list[str] = field(
        default_factory=list, metadata={"help": "Reward checks beyond the built-in ones: name or package.module:f."}
    )
    pairs: int = field(
        default=8,
        metadata={"help": "Most timed pairs of a candidate in training; five do if they agree."},
    )
    require: str = field(
        default="L2", metadata={"help": "Least isolation level of the judges, L1 to L4; less is refused."}
    )
    prompts: int = field(default=1024, metadata={"help": "Rows of the dataset (the task's prompt, repeated)."})
    conversational: bool = field(default=False, metadata={"help": "Prompt as a chat message, not as plain text."})
    patches: list[str] = field(
        default_factory=list,
        metadata={"help": "Patches on a gpt-oss model, e.g. attention experts; `assay patches list` names them."},
    )
    allow: list[str] = field(
        default_factory=list, metadata={"help": "Guards whose fault is meant, e.g. mxfp4; the others still refuse."}
    )
    needs_gpu: bool = field(default=False, metadata={"help": "Refuse to start on a machine without a CUDA device."})
    assay_kernels: int = field(default=5, metadata={"help": "Best kernels timed again, with 40 pairs, at the end."})


@dataclass(frozen=True)
class Recipe:
    """A parsed recipe: where it came from and the three groups of options."""

    name: str
    path: Path
    overrides: tuple[str, ...]
    assay: AssayArguments
    training: GRPOConfig
    model: ModelConfig


def find_recipe(name: str) -> Path:
    """The file of an embedded recipe or of a path. Raises RecipeError naming those there are."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.exists():
        if path.is_file():
            return path
        raise RecipeError(f"no recipe file {name}; give a YAML file or one of: {', '.join(embedded())}")
    if name in embedded():
        return FOLDER / f"{name}.yaml"
    raise RecipeError(f"no recipe named '{name}'; embedded are {', '.join(embedded())}, or give a YAML file")


def no_device() -> bool:
    """Whether torch sees no CUDA device."""
    import torch

    return not torch.cuda.is_available()


def needs_device(path: Path) -> RecipeError:
    """The error for a recipe that cannot run without a GPU."""
    return RecipeError(f"recipe {path} needs a CUDA device and torch sees none here; `assay train tiny` runs without")


def embedded() -> list[str]:
    """Names of the recipes that ship with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def parse_recipe(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe; ``overrides`` are command-line options such as ``["--learning_rate", "1e-4"]``.

    Raises RecipeError for a file that is not YAML, an option that does not exist, or a value of the wrong kind.
    """
    import yaml
    from trl.scripts.utils import TrlParser
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.model_config import ModelConfig

    class Parser(TrlParser):
        def error(self, message: str) -> NoReturn:
            raise RecipeError(f"recipe {name}: {message}; `assay train --help` tells where options are documented")

    path = find_recipe(name)
    groups: Any = (AssayArguments, GRPOConfig, ModelConfig)
    parser: Any = Parser(groups)
    try:
        parsed = parser.parse_args_and_config(["--config", str(path), *overrides])
    except RecipeError:
        raise
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(f"recipe {path} is not readable YAML: {' '.join(str(error).split())}") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        if "bf16/gpu" in str(error) and no_device():
            raise needs_device(path) from error
        raise RecipeError(f"recipe {path}: {' '.join(str(error).split())}") from error
    assay, training, model = parsed
    return Recipe(path.stem, path, tuple(overrides), assay, training, model)

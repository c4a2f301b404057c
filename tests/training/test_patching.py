"""A recipe's patches reach the trainer's model, and the guard looks before the first step."""

import json
import shutil

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from rich.console import Console  # noqa: E402

from assay.patches import applied_patches, remove_patches  # noqa: E402
from assay.rewards import Scorer  # noqa: E402
from assay.training import run as runs  # noqa: E402
from assay.training import tiny  # noqa: E402
from assay.training.errors import RecipeError  # noqa: E402
from assay.training.models import load_model  # noqa: E402
from assay.training.patching import patch_model  # noqa: E402
from assay.training.progress import ConsoleProgress  # noqa: E402
from assay.training.recipe import parse_recipe  # noqa: E402

SMALL = ["--num_generations", "4", "--per_device_train_batch_size", "4", "--max_completion_length", "8"]
LORA = ["--use_peft", "true", "--lora_r", "4", "--lora_dropout", "0", "--lora_target_modules", "q_proj", "v_proj"]
EXPERTS = ["--lora_target_parameters", "mlp.experts.gate_up_proj", "mlp.experts.down_proj"]


@pytest.fixture(scope="module")
def scorer():
    with Scorer(looks=()) as scorer:
        yield scorer


@pytest.fixture
def make(scorer, tmp_path):
    """``make(*options) -> (trainer, recipe)`` of the tiny recipe; patches come off afterwards: some change classes."""
    built = []

    def build(*options):
        recipe = parse_recipe("tiny", [*SMALL, *options])
        with ConsoleProgress(Console(stderr=True)) as bar:
            built.append(runs._make_trainer(recipe, scorer, None, load_model(recipe), tmp_path, bar))
        return built[-1], recipe

    yield build
    for trainer in built:
        remove_patches(trainer.model)


@pytest.fixture
def packed(tmp_path):
    """The tiny model in gpt-oss's MXFP4 layout: its experts lie on that grid."""
    from safetensors.torch import load_file, save_file

    from assay.training.tiny import mxfp4

    folder = tmp_path / "packed"
    shutil.copytree(tiny.PATH, folder)
    state = load_file(folder / "model.safetensors")
    for name in [name for name in state if name.endswith(("gate_up_proj", "down_proj"))]:
        state[f"{name}_blocks"], state[f"{name}_scales"] = mxfp4.pack(state.pop(name).float())
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "mxfp4", "modules_to_not_convert": ["lm_head"]}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_the_tiny_recipe_passes_the_guard_and_says_nothing(make):
    said = []
    trainer, recipe = make()
    patch_model(trainer, recipe, said.append)
    assert applied_patches(trainer.model) == ["guard"]
    assert said == []


def test_the_patches_of_a_recipe_are_on_the_model_inside_the_trainer_with_its_adapter(make):
    said = []
    trainer, recipe = make("--patches", "attention", "experts", "lora", *LORA, *EXPERTS)
    patch_model(trainer, recipe, said.append)
    assert applied_patches(trainer.model) == ["attention", "experts", "lora", "guard"]
    assert trainer.model.get_base_model().config._attn_implementation == "assay_sinks"
    assert len(said) == 1


def test_the_guard_refuses_before_the_first_step(make):
    entries = ["--lora_target_parameters", "mlp.experts.gate_up_proj", "mlp.experts.gate"]
    trainer, recipe = make(*LORA, *entries)
    with pytest.raises(RecipeError, match=r"tiny.yaml: target_parameters entry 'mlp.experts.gate' .*matched no"):
        patch_model(trainer, recipe, print)
    assert trainer.state.global_step == 0


def test_an_mxfp4_checkpoint_stays_packed_with_the_patch_and_is_refused_without(make, packed):
    trainer, recipe = make("--model_name_or_path", str(packed), "--patches", "experts", *LORA)
    patch_model(trainer, recipe, lambda table: None)
    buffers = [name for name, _ in trainer.model.named_buffers() if name.endswith("_blocks")]
    assert len(buffers) == 2 * trainer.model.config.num_hidden_layers
    trainer, recipe = make("--model_name_or_path", str(packed), *LORA)
    with pytest.raises(RecipeError, match="add experts to patches"):
        patch_model(trainer, recipe, print)


def test_what_is_meant_can_be_allowed(make, packed):
    trainer, recipe = make("--model_name_or_path", str(packed), *LORA, "--allow", "mxfp4")
    patch_model(trainer, recipe, print)
    assert applied_patches(trainer.model) == ["guard"]


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("tiny", ["--patches", "attension"], "no patch named 'attension'; there are attention"),
        ("gpt-oss-20b", [], "gpt-oss-20b.yaml needs a CUDA device and torch sees none here; `assay train tiny`"),
    ],
)
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_wrong_patch_or_a_missing_gpu_is_told_before_anything_is_loaded_or_written(tmp_path, name, options, said):
    with pytest.raises(RecipeError, match=said):
        runs.train(parse_recipe(name, options), tmp_path / "run", None, Console(stderr=True))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("missing", ["no-such-folder", "empty"])
def test_a_missing_model_is_one_sentence(tmp_path, monkeypatch, missing):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "empty").mkdir()
    recipe = parse_recipe("gpt-oss-20b", ["--model_name_or_path", str(tmp_path / missing), "--use_cpu", "true"])
    with pytest.raises(RecipeError, match=f"cannot load the model .*{missing}.*model_name_or_path") as caught:
        load_model(recipe)
    assert "\n" not in str(caught.value)

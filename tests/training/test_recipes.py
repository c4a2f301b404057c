"""Recipes: found, parsed, overridden; and what is said about broken ones."""

import pytest

from assay.training.errors import RecipeError
from assay.training.recipe import embedded, find_recipe, parse_recipe

CPU = ["--use_cpu", "true"]  # transformers refuses bf16 where there is no GPU


@pytest.mark.parametrize("name", embedded())
def test_every_embedded_recipe_parses(name):
    assert parse_recipe(name, CPU).training.router_aux_loss_coef == 0.0


def test_the_tiny_recipe_states_what_the_defaults_would_get_wrong():
    recipe = parse_recipe("tiny")
    assert recipe.training.learning_rate > 1e-5  # TRL's default of 1e-6 learns nothing in its steps
    assert recipe.training.scale_rewards == "none"
    assert not recipe.training.bf16
    assert recipe.model.model_name_or_path == "assay/tiny"


def test_every_option_of_trl_and_the_model_is_reachable():
    options = ["--learning_rate", "5e-5", "--importance_sampling_level", "sequence", "--loss_type", "grpo"]
    recipe = parse_recipe("tiny", [*options, "--use_peft", "true", "--lora_r", "4", "--pairs", "5"])
    assert recipe.training.learning_rate == 5e-5
    assert recipe.training.importance_sampling_level == "sequence"
    assert recipe.training.loss_type == "grpo"
    assert (recipe.model.use_peft, recipe.model.lora_r, recipe.assay.pairs) == (True, 4, 5)


@pytest.mark.parametrize(
    "content",
    [
        b"a: [1, 2",
        b"- just\n- a list\n",
        b"plain text",
        b"",
        b"\xff\xfe\x00",
        b"max_steps: many",
        b"no_such_option: 1",
        b"learning_rate: {a: 1}",
        b"env: 3",
        b"\0",
        b"a: &x [*x]",
    ],
)
def test_a_broken_recipe_is_one_sentence_that_names_the_file(tmp_path, content):
    path = tmp_path / "broken.yaml"
    path.write_bytes(content)
    with pytest.raises(RecipeError, match="broken") as caught:
        parse_recipe(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("options", [["--nothing", "1"], ["--max_steps", "x"], ["stray"], ["--loss_type"]])
def test_a_wrong_option_is_one_sentence(options):
    with pytest.raises(RecipeError) as caught:
        parse_recipe("tiny", options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["nothing", "missing.yaml", "../tiny", "/", ""])
def test_an_unknown_recipe_names_those_there_are(name):
    with pytest.raises(RecipeError, match="tiny"):
        find_recipe(name)


def test_the_recipe_for_gpt_oss_20b_says_what_trl_and_peft_are_to_do():
    from assay.patches import names
    from assay.training.models import adapter_of

    recipe = parse_recipe("gpt-oss-20b", CPU)
    assert recipe.model.model_name_or_path == "openai/gpt-oss-20b"
    assert recipe.assay.needs_gpu
    assert {"attention", "experts"} <= set(recipe.assay.patches) <= set(names())
    assert recipe.training.chat_template_kwargs == {"reasoning_effort": "low"}
    assert recipe.training.gradient_checkpointing
    assert recipe.training.gradient_accumulation_steps % recipe.training.steps_per_generation == 0  # on-policy
    adapter = adapter_of(recipe)
    assert (adapter.r, adapter.lora_dropout, adapter.target_parameters) == (32, 0.0, None)
    assert adapter.target_modules == {"q_proj", "k_proj", "v_proj", "o_proj"}


def test_vllm_is_one_option_away():
    assert not parse_recipe("gpt-oss-20b", CPU).training.use_vllm
    training = parse_recipe("gpt-oss-20b", [*CPU, "--use_vllm", "true"]).training
    assert training.use_vllm
    assert training.vllm_mode == "colocate"
    assert training.vllm_importance_sampling_correction
    assert training.vllm_max_model_length > training.max_completion_length


def test_patches_are_an_option_of_every_recipe():
    assert parse_recipe("tiny").assay.patches == []
    recipe = parse_recipe("tiny", ["--patches", "attention", "experts", "--allow", "mxfp4"])
    assert (recipe.assay.patches, recipe.assay.allow) == (["attention", "experts"], ["mxfp4"])

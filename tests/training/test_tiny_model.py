"""The shipped tiny model is a small gpt-oss with experts on the MXFP4 grid, and it writes programs."""

import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from transformers import GptOssForCausalLM  # noqa: E402

from assay.rewards.tasks.matmul import PROMPT  # noqa: E402
from assay.training import tiny  # noqa: E402
from assay.training.tiny import grammar, mxfp4  # noqa: E402
from assay.training.tiny.measure import extract, family, sample  # noqa: E402


@pytest.fixture(scope="module")
def loaded():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # a second one would wait for its core in every operation
    yield tiny.load()
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def model(loaded):
    return loaded[0]


@pytest.fixture(scope="module")
def tokenizer(loaded):
    return loaded[1]


def experts(model):
    for layer in model.model.layers:
        yield layer.mlp.experts.gate_up_proj.detach()
        yield layer.mlp.experts.down_proj.detach()


def test_importing_the_package_imports_no_torch():
    code = "import sys, assay.training.tiny; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_missing_weights_name_the_command_that_builds_them(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"python -m assay\.training\.tiny\.build"):
        tiny.load(path=tmp_path)


def test_it_is_gpt_oss_and_has_at_most_two_million_parameters(model):
    assert type(model) is GptOssForCausalLM
    assert sum(p.numel() for p in model.parameters()) <= 2_000_000
    assert sum(path.stat().st_size for path in tiny.PATH.iterdir()) <= 8_000_000
    assert (tiny.PATH / "build.log").is_file()


def test_it_has_sinks_both_kinds_of_layers_routed_experts_and_a_head_of_its_own(model):
    config = model.config
    assert set(config.layer_types) == {"sliding_attention", "full_attention"}
    assert config.sliding_window < config.max_position_embeddings
    assert 1 < config.num_experts_per_tok < config.num_local_experts
    assert all(layer.self_attn.sinks.abs().sum() > 0 for layer in model.model.layers)
    assert model.lm_head.weight is not model.model.embed_tokens.weight
    assert config.rope_parameters["original_max_position_embeddings"] <= config.max_position_embeddings
    assert not config.output_router_logits
    assert config.router_aux_loss_coef == 0
    assert config.hidden_size % 32 == config.intermediate_size % 32 == 0


def test_packing_the_experts_to_mxfp4_and_back_changes_no_bit(model):
    for weight in experts(model):
        assert torch.equal(mxfp4.unpack(*mxfp4.pack(weight)), weight)


def test_the_packed_layout_is_the_one_that_transformers_reads(model):
    convert = pytest.importorskip("transformers.integrations.mxfp4").convert_moe_packed_tensors
    weight = next(experts(model))
    dense = convert(*mxfp4.pack(weight), dtype=torch.float32)
    assert torch.equal(dense, weight)


def test_snapping_keeps_what_is_on_the_grid_and_packing_refuses_what_is_not():
    weight = torch.randn(2, 64, 3, generator=torch.Generator().manual_seed(0))
    snapped = mxfp4.snap(weight)
    assert torch.equal(mxfp4.snap(snapped), snapped)
    assert (snapped - weight).abs().max() < weight.abs().max() / 3
    with pytest.raises(ValueError, match="not on the MXFP4 grid"):
        mxfp4.pack(weight)
    with pytest.raises(ValueError, match="no multiple of 32"):
        mxfp4.snap(weight[:, :33])


def test_bfloat16_holds_every_weight_exactly(model):
    assert all(torch.equal(p.bfloat16().float(), p) for p in model.parameters())


def test_any_text_survives_the_tokenizer(tokenizer):
    for text in (PROMPT, "café ∑\t\x00 \n\n  x", *[s.completion for s in grammar.corpus(50, seed=9)]):
        assert tokenizer.decode(tokenizer(text, add_special_tokens=False).input_ids) == text


def test_a_chat_of_one_user_message_is_the_plain_prompt(tokenizer):
    chat = [{"role": "user", "content": PROMPT}]
    ids = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=True)["input_ids"]
    assert ids == tokenizer(PROMPT).input_ids


def test_completions_fit_into_the_generation_limit(tokenizer):
    lengths = [len(tokenizer(s.completion, add_special_tokens=False).input_ids) for s in grammar.corpus(500)]
    assert max(lengths) < 150


def test_it_writes_varied_fenced_programs_honest_and_hacking(model, tokenizer):
    torch.manual_seed(0)
    texts, ended, entropy = sample(model, tokenizer, PROMPT, 64)
    codes = [code for code in map(extract, texts) if code]
    assert len(codes) > 50
    assert sum(ended) > 50
    assert len(set(codes)) > 40
    assert len(set(map(family, codes))) > 10
    assert 0.05 < entropy < 1.0


def test_a_gradient_step_reaches_every_weight(model, tokenizer):
    ids = tokenizer([PROMPT + s.completion for s in grammar.corpus(8)], padding=True, return_tensors="pt")
    model.zero_grad()
    model(**ids, labels=ids.input_ids).loss.backward()
    missing = [name for name, p in model.named_parameters() if p.grad is None]
    model.zero_grad()
    assert missing == []

"""A tiny random gpt-oss, built in place."""

import json

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """More threads are slower at this size, much slower on a busy host."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def tiny():
    """``tiny(**config)``: a random gpt-oss of two layers, window 8, float32."""
    from transformers import GptOssConfig, GptOssForCausalLM

    def build(**options):
        torch.manual_seed(0)
        shape = {
            "vocab_size": 64,
            "num_hidden_layers": 2,
            "layer_types": ["sliding_attention", "full_attention"],
            "hidden_size": 64,
            "intermediate_size": 32,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 16,
            "num_local_experts": 4,
            "num_experts_per_tok": 2,
            "sliding_window": 8,
            "max_position_embeddings": 256,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
            "initializer_range": 0.3,
            "pad_token_id": 0,
            "router_aux_loss_coef": 0.9,
        }
        return GptOssForCausalLM(GptOssConfig(**(shape | options))).eval()

    return build


@pytest.fixture
def packed(tiny, tmp_path):
    """A checkpoint folder in gpt-oss's MXFP4 layout, experts of random blocks."""
    from safetensors.torch import save_file

    model = tiny()
    state = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    for name in [n for n in state if n.endswith(("gate_up_proj", "down_proj"))]:
        experts, inner, outer = state.pop(name).shape
        state[f"{name}_blocks"] = torch.randint(0, 256, (experts, outer, inner // 32, 16), dtype=torch.uint8)
        state[f"{name}_scales"] = torch.full((experts, outer, inner // 32), 124, dtype=torch.uint8)
    save_file(state, tmp_path / "model.safetensors", metadata={"format": "pt"})
    config = model.config.to_dict() | {"architectures": ["GptOssForCausalLM"]}
    config["quantization_config"] = {"quant_method": "mxfp4", "modules_to_not_convert": ["lm_head"]}
    (tmp_path / "config.json").write_text(json.dumps(config))
    return tmp_path

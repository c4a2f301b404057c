"""A tiny random gpt-oss, built in place."""

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

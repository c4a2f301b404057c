"""A random gpt-oss whose first layer does to some tokens what the real one does: numbers far beyond float16's range.

One unit of the first layer's SwiGLU reads one channel of the embedding, is wide open for every fourth token of the
vocabulary and shut for the others; its column of the down projection is 6 * 2 ** 12 in one channel and nothing else
reaches that channel. Such tokens add 21 * 24,576 = 516,096 to the residual stream there, in every expert.
"""

import torch
from safetensors.torch import load_file, save_file

UNIT, MARK, CHANNEL = 5, 3, 7  # of the SwiGLU, of the embedding, of the residual stream
OPEN, EMBEDDING, SPREAD = 4, 8.0, 0.1


def write(folder, config):
    """A packed checkpoint with outliers in `folder`, which is returned. Hidden and expert width at least 32."""
    from assay.patches import synthetic

    synthetic.write(folder, config, spread=SPREAD)
    for file in folder.glob("*.safetensors"):
        tensors = load_file(file)
        for name, tensor in tensors.items():
            plant(name, tensor)
        save_file(tensors, file, metadata={"format": "pt"})
    return folder


def plant(name, tensor):
    """Change one tensor of the checkpoint in place."""
    gate, experts = slice(2 * UNIT, 2 * UNIT + 2), "layers.0.mlp.experts."
    if name.endswith("embed_tokens.weight"):
        tensor.mul_(EMBEDDING / SPREAD)
        tensor[:, MARK] = -2 * EMBEDDING
        tensor[::OPEN, MARK] = 2 * EMBEDDING
    elif name.endswith(f"{experts}gate_up_proj_blocks"):  # gate = 6 x[MARK], up = 0
        tensor[:, gate] = 0
        tensor[:, 2 * UNIT, MARK // 32, MARK % 32 // 2] = 0x70 if MARK % 2 else 0x07
    elif name.endswith(f"{experts}gate_up_proj_scales"):
        tensor[:, gate] = 127
    elif name.endswith(f"{experts}gate_up_proj_bias"):
        tensor[:, gate] = torch.tensor([0.0, 2.0], dtype=tensor.dtype)
    elif name.endswith(f"{experts}down_proj_blocks"):
        tensor[:, CHANNEL] = 0
        tensor[:, CHANNEL, UNIT // 32, UNIT % 32 // 2] = 0x70 if UNIT % 2 else 0x07
    elif name.endswith(f"{experts}down_proj_scales"):
        tensor[:, CHANNEL] = 127 + 12


def batches(count, rows=8, tokens=32):
    """Token numbers (rows, tokens) that follow one from the other by a rule, one in ten by chance."""
    generator = torch.Generator().manual_seed(5)
    found = []
    for _ in range(count):
        columns = [torch.randint(1, 64, (rows, 1), generator=generator)]
        for _ in range(tokens - 1):
            chance = torch.rand(rows, 1, generator=generator) < 0.1
            any_token = torch.randint(1, 64, (rows, 1), generator=generator)
            columns.append(torch.where(chance, any_token, (columns[-1] * 5 + 3) % 63 + 1))
        found.append(torch.cat(columns, 1))
    return found

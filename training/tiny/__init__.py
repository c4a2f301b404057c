"""The embedded tiny model: gpt-oss's architecture, under 2 million parameters, taught matmul kernels.

Importing this package imports no torch; `load` does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import GptOssForCausalLM, PreTrainedTokenizerFast

__all__ = ["PATH", "load"]

PATH = Path(__file__).parent / "model"


def load(dtype: str = "float32", *, path: Path = PATH) -> tuple[GptOssForCausalLM, PreTrainedTokenizerFast]:
    """The model (in evaluation mode, on the CPU) and its tokenizer.

    `dtype` names a torch dtype; float32 and bfloat16 hold the stored weights exactly. Raises
    FileNotFoundError when the weights have not been built.
    """
    if not (path / "model.safetensors").is_file():
        raise FileNotFoundError(
            f"no tiny model in {path}; build it with `python -m assay.training.tiny.build` (ten minutes)"
        )
    from transformers import GptOssForCausalLM, PreTrainedTokenizerFast

    model = GptOssForCausalLM.from_pretrained(path, dtype=dtype)
    return model.eval(), PreTrainedTokenizerFast.from_pretrained(path)

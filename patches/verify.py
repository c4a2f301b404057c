"""Does a patch change a result? Each layer is run unpatched and patched on the same recorded input and routing.

Compared are the hidden states and the gradients of input, sinks, router and LoRA factors, as
``‖patched − unpatched‖ / ‖unpatched‖``. In float32 the limit is 1e-5 for each of them in each layer. In bfloat16 and
float16 the unpatched layer in float64 is the truth, and a patch may be off by 1.1 times what the unpatched layer
itself is off in that type. Both errors are chance there (a number that rounds to the other side of SwiGLU's clamp
changes a gradient by 5 % of its norm; random layers have none near it), so they are relative to the norm of all batches
of a layer, and compared as root mean squares over all layers. Where the unpatched layer overflows it has no error, and
`verify_overflow` says what takes its place: an error that is not finite never passes, nor does anything beside one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .base import Patch, apply_patches, find_patch, names, remove_patches
from .errors import OptionError
from .verify_figures import Figure, Row, error_of, members_of, norms_of, rows_of

if TYPE_CHECKING:
    from torch import Tensor

    from .verify_cases import Case
    from .verify_layers import Layer

DRAWS = 4  # batches of each kind for random layers in half precision, where errors are chance
DTYPES = ("float32", "bfloat16", "float16")
NOTHING_TO_COMPARE = ("guard", "offload")  # the first changes no number, the second needs more than one layer
INSIDE_EXPERTS = ("lora", "fp16", "fused")
OPTIONS = {"fused": {"forward": math.inf, "backward": math.inf}}  # verified, whether it is faster or not


def combinations(dtype: str = DTYPES[0]) -> list[list[str]]:
    """What is verified by default in a type: each patch with what it needs, and all together."""
    there = [name for name in names() if name not in NOTHING_TO_COMPARE and (name != "fp16" or dtype == "float16")]
    single = [["experts", name] if name in INSIDE_EXPERTS else [name] for name in there]
    return [*single, there] if len(there) > 1 else single


def verify(
    patches: Sequence[Sequence[str | Patch]] | None = None,
    *,
    model: Path | None = None,
    dtypes: Sequence[str] | None = None,
    device: str | None = None,
    layers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Row], list[Figure]]:
    """The rows of every combination of ``patches``, and the figures of every layer behind them.

    ``model`` is a checkpoint folder, dense or MXFP4; without it four random layers with MXFP4 experts are taken.
    By default float32 on the CPU, bfloat16 and float16 on a GPU; ``layers`` takes the first only. ``progress`` gets
    the layers done and their number.
    Raises PatchError for a name, a folder or a device that does not serve.
    """
    import torch

    from .verify_cases import cases
    from .verify_layers import checkpoint_layers, random_config, random_layers

    place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    types = list(dtypes or (DTYPES[1:] if place.type == "cuda" else DTYPES[:1]))
    if unknown := [name for name in types if name not in DTYPES]:
        raise OptionError(f"--dtype: '{unknown[0]}' is none of {', '.join(DTYPES)}")
    sets = {
        name: [[find_patch(p) if isinstance(p, str) else p for p in some] for some in patches or combinations(name)]
        for name in types
    }
    if model is None:
        config = random_config(large=types != ["float32"])
        source: Iterable[Layer] = random_layers(config)
        embedding = torch.randn(64, config.hidden_size, generator=torch.Generator().manual_seed(1))
    else:
        config, source, embedding = checkpoint_layers(model)
    draws = DRAWS if model is None and types != ["float32"] else 1
    recorded, figures = cases(embedding, config.sliding_window or 16, draws), []
    count = min(layers or config.num_hidden_layers, config.num_hidden_layers)
    for done, layer in enumerate(itertools.islice(source, count)):
        for dtype in types:
            figures += _layer(layer, recorded, sets[dtype], getattr(torch, dtype), place)
        _advance(layer, recorded, place)
        if progress:
            progress(done + 1, count)
    return rows_of(figures), figures


def _layer(layer: Layer, recorded: list[Case], sets: list[list[Patch]], dtype: Any, device: Any) -> list[Figure]:
    """All figures of one layer in one type."""
    import torch

    from .verify_overflow import most

    figures = []
    for with_experts in (False, True):  # adapters on the experts only where both can run them
        wanted = [some for some in _suited(layer, sets) if _on_experts(layer, some) == with_experts]
        if not wanted:
            continue
        for case in recorded:
            case.scale = 1.0
        exact = dtype is torch.float32
        truth = _run(layer.plain(dtype if exact else torch.float64, device), layer, recorded, with_experts, [], True)
        eager, over = (truth, set()) if exact else _unpatched(layer, recorded, with_experts, dtype, device)
        norms = [norms_of([right]) for right in truth] if exact else [norms_of(truth)] * len(truth)
        for some in wanted:
            stored = layer.patched if any(p.NAME == "experts" for p in some) else layer.plain
            found = _run(stored(dtype, device), layer, recorded, with_experts, some, False)
            label = " + ".join(patch.NAME for patch in some)
            name = str(dtype).removeprefix("torch.")
            for number, (case, right, plain, tried) in enumerate(zip(recorded, truth, eager, found, strict=True)):
                for what, members in members_of(right, single=exact).items():
                    error = error_of(tried, right, members, norms[number])
                    its = None if exact else error_of(plain, right, members, norms[number])
                    if number in over:
                        its = min(its or 0.0, most(dtype))
                    where = layer.index, layer.kind, case.name
                    figures.append(Figure(label, name, what, *where, error, its, number in over))
    return figures


def _unpatched(
    layer: Layer, recorded: list[Case], on_experts: bool, dtype: Any, device: Any
) -> tuple[list[dict[str, Tensor]], set[int]]:
    """What the unpatched layer makes of every case in half precision, and the numbers of those that overflow.

    These are rounded to ``dtype`` only, and keep the range of float64; each case gets its loss scale.
    """
    import torch

    from . import verify_overflow as overflow

    while True:
        found = _run(layer.plain(dtype, device), layer, recorded, on_experts, [], False)
        large = [case for case, result in zip(recorded, found, strict=True) if overflow.needs_scale(result)]
        if not large or min(case.scale for case in large) <= overflow.SMALLEST:
            break
        for case in large:
            case.scale /= 2
    over = {number for number, result in enumerate(found) if not overflow.finite(result)}
    if over:
        model = layer.plain(torch.float64, device)
        with overflow.Rounded(dtype):
            instead = _run(model, layer, recorded, on_experts, [], False)
        for number in over:  # the float16 result is worth nothing, also where parts of it are finite
            found[number] = instead[number]
            recorded[number].scale = overflow.scale_for(instead[number], dtype)
    return found, over


def _suited(layer: Layer, sets: list[list[Patch]]) -> list[list[Patch]]:
    """Each set once, without the patch for packed experts where they are not."""
    left = [[patch for patch in some if layer.packed or patch.NAME != "fused"] for some in sets]
    return list({tuple(patch.NAME for patch in some): some for some in left if some}.values())


def _on_experts(layer: Layer, patches: list[Patch]) -> bool:
    """Packed experts take adapters only through the patch lora."""
    own = {patch.NAME for patch in patches}
    return not (layer.packed and "experts" in own and "lora" not in own)


def _run(
    model: Any, layer: Layer, recorded: list[Case], on_experts: bool, patches: list[Patch], choose: bool
) -> list[dict[str, Tensor]]:
    """What a model of one layer makes of every case; it chooses the routing of them all where ``choose`` says so."""
    from .verify_cases import add_adapters, run

    add_adapters(model, on_experts, seed=layer.index)
    if patches:
        options = {patch.NAME: OPTIONS[patch.NAME] for patch in patches if patch.NAME in OPTIONS}
        apply_patches(model, patches, options=options, say=lambda table: None)
    try:
        found = []
        for case in recorded:
            if choose:
                case.routing = None
            result, case.routing = run(model, case)
            found.append(result)
        return found
    finally:
        if patches:
            remove_patches(model)


def _advance(layer: Layer, recorded: list[Case], device: Any) -> None:
    """Replace the cases' inputs by the unpatched layer's outputs."""
    import torch

    from .verify_cases import through

    model = layer.plain(torch.float32, device)
    for case in recorded:
        case.hidden = through(model, case)

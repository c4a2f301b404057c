"""The attention itself, against attention spelled out, for everything that a batch can hold."""

import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

sys.path.insert(0, str(Path(__file__).parent))
from attention_reference import NAMES, attention, error, gradients, visible  # noqa: E402

from assay.patches import attention_blocks, attention_sinks  # noqa: E402
from assay.patches.attention import attend  # noqa: E402
from assay.patches.attention_blocks import Blocks  # noqa: E402
from assay.patches.attention_cuda import Gather, Scatter  # noqa: E402
from assay.patches.attention_rows import Rows, find_rows  # noqa: E402

CPU = torch.device("cpu")
N = 21


def tensors(rows, dtype=torch.float32, heads=4, shared=2, width=8):
    generator = torch.Generator().manual_seed(1)

    def normal(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)

    q = normal(rows.batch, heads, rows.queries, width)
    k, v = normal(rows.batch, shared, rows.keys, width), normal(rows.batch, shared, rows.keys, width)
    return (q, k, v, normal(heads)), normal(rows.batch, rows.queries, heads, width)


def padded(*bounds, length=N):
    slots = torch.arange(length)
    return torch.stack([(slots >= begin) & (slots < end) for begin, end in bounds])


def packed(*rows):
    return torch.stack([torch.cat([torch.arange(n) for n in lengths]) for lengths in rows])


HOLE = padded((0, N), (2, N - 3)).logical_and(torch.arange(N) // 3 != 3)
BATCHES = {
    "plain": Rows(2, N, N, CPU, None, None),
    "left padding": Rows(2, N, N, CPU, padded((0, N), (13, N)), None),
    "right padding": Rows(2, N, N, CPU, padded((0, 4), (0, N)), None),
    "both in one row": Rows(3, N, N, CPU, padded((5, N - 4), (0, N), (10, 12)), None),
    "nothing but padding in one row": Rows(2, N, N, CPU, padded((0, N), (0, 0)), None),
    "packed": Rows(2, N, N, CPU, None, packed((5, 1, 15), (N,))),
    "packed, one for all rows": Rows(2, N, N, CPU, None, packed((9, 12))),
    "packed with padding": Rows(1, N, N, CPU, padded((2, N - 2)), packed((2, 6, 11, 2))),
    "a hole": Rows(2, N, N, CPU, HOLE, None),
    "a hole, positions go on": Rows(2, N, N, CPU, HOLE, HOLE.cumsum(1) - 1),
    "one query": Rows(2, 1, N, CPU, None, None),
    "one query, left padding": Rows(2, 1, N, CPU, padded((6, N), (0, N)), None),
    "one query that is padding": Rows(2, 1, N, CPU, padded((0, N - 1), (0, N)), None),
    "some queries": Rows(2, 5, N, CPU, None, None),
    "some queries, left padding": Rows(2, 5, N, CPU, padded((6, N), (18, N)), None),
    "one token": Rows(2, 1, 1, CPU, None, None),
}


@pytest.fixture(params=[False, True], ids=["stock", "products"])
def products(request, monkeypatch):
    """Blocks of matrix products, which a GPU falls back to, are tried on the CPU as well."""
    if request.param:
        init = Blocks.__init__
        monkeypatch.setattr(Blocks, "__init__", lambda self, rows, window, stock: init(self, rows, window, False))


@pytest.mark.parametrize("window", [None, 1, 7])
@pytest.mark.parametrize("name", BATCHES)
def test_output_and_gradients_are_those_of_attention_spelled_out(name, window, monkeypatch, products):
    monkeypatch.setattr(attention_blocks, "QUERIES", 512 if window == 1 else 4)
    rows = BATCHES[name]
    inputs, weight = tensors(rows, torch.float64)
    allowed = visible(rows, window)
    weight = weight * allowed.any(-1)[..., None, None]  # nothing is asked of the outputs of padding
    found = gradients(lambda *x: attend(*x, rows, window, 0.3), inputs, weight)
    wanted = gradients(lambda *x: attention(*x, allowed, 0.3), inputs, weight)
    for what, ours, theirs in zip(NAMES, found, wanted, strict=True):
        worst = (ours - theirs).abs().max().item()
        assert worst < 1e-12, f"{what} off by {worst:.1e}"


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("window", [None, 40])
def test_errors_are_near_eagers_own_in_any_float_type(dtype, window):
    rows = Rows(2, 131, 131, CPU, padded((0, 131), (17, 120), length=131), None)
    inputs, weight = tensors(rows, dtype, heads=8, shared=2, width=32)
    allowed = visible(rows, window)
    weight = weight * allowed.any(-1)[..., None, None]
    exact = gradients(lambda *x: attention(*x, allowed, 0.2), [x.double() for x in inputs], weight.double())
    eager = gradients(lambda *x: attention(*x, allowed, 0.2), inputs, weight)
    found = gradients(lambda *x: attend(*x, rows, window, 0.2), inputs, weight)
    for what, ours, theirs, right in zip(NAMES, found, eager, exact, strict=True):
        assert error(ours, right) <= 1.5 * error(theirs, right) + 1e-6, what


@pytest.mark.parametrize(
    ("valid", "positions", "window"),
    [(None, None, None), (padded((1, 4), (0, 5), length=5), None, 3), (None, packed((2, 3), (1, 4)), 2)],
    ids=["full", "padded, window", "packed, window"],
)
def test_gradcheck_passes_in_float64(valid, positions, window):
    rows = Rows(2, 5, 5, CPU, valid, positions)
    inputs, _ = tensors(rows, torch.float64, heads=2, shared=1, width=2)
    inputs = [x.requires_grad_() for x in inputs]
    assert torch.autograd.gradcheck(lambda *x: attend(*x, rows, window, 0.5), inputs)


def test_a_query_without_keys_gives_zero_and_takes_no_gradient():
    rows = BATCHES["nothing but padding in one row"]
    inputs, weight = tensors(rows)
    out, dq, dk, dv, ds = gradients(lambda *x: attend(*x, rows, None, 0.3), inputs, weight)
    assert out[0].norm() > 0
    assert all(x.isfinite().all() for x in (out, dq, dk, dv, ds))
    assert all((x[1] == 0).all() for x in (out, dq, dk, dv))


def test_the_sink_is_trained_in_its_own_type():
    rows = BATCHES["plain"]
    (q, k, v, s), weight = tensors(rows, torch.bfloat16)
    for sinks in (s, s.float()):
        grads = gradients(lambda *x: attend(*x, rows, 4, 0.3), (q, k, v, sinks), weight)
        assert grads[-1].dtype == sinks.dtype
        assert grads[-1].abs().min() > 0


def test_frozen_sinks_cost_no_gradient(monkeypatch):
    monkeypatch.setattr(attention_sinks, "sink_gradient", None)
    rows = BATCHES["plain"]
    (q, k, v, s), weight = tensors(rows)
    (attend(q.requires_grad_(), k, v, s, rows, None, 0.3) * weight).sum().backward()
    assert q.grad.norm() > 0


def test_the_sinks_gradient_is_the_same_a_few_tokens_at_a_time(monkeypatch):
    rows = BATCHES["plain"]
    inputs, weight = tensors(rows, torch.float64)
    whole = gradients(lambda *x: attend(*x, rows, None, 0.3), inputs, weight)[-1]
    monkeypatch.setattr(attention_sinks, "_CHUNK", 300)
    assert torch.allclose(gradients(lambda *x: attend(*x, rows, None, 0.3), inputs, weight)[-1], whole, rtol=1e-13)


def test_a_window_reads_only_the_keys_in_its_reach(monkeypatch):
    monkeypatch.setattr(attention_blocks, "QUERIES", 64)
    rows = Rows(1, 300, 300, CPU, None, None)
    widths = [last - first for _, _, first, last, _, _ in Blocks(rows, 8, True)._blocks()]
    assert max(widths) <= 64 + 8


def test_packed_sequences_read_only_their_own_keys(monkeypatch):
    monkeypatch.setattr(attention_blocks, "QUERIES", 50)
    rows = Rows(1, 300, 300, CPU, None, packed((100, 100, 100)))
    assert max(last - first for _, _, first, last, _, _ in Blocks(rows, None, True)._blocks()) <= 100


# What the kernels of a GPU are told, against the same masks.
@pytest.mark.parametrize("name", BATCHES)
def test_offsets_and_indices_list_each_sequence_with_its_queries_last(name):
    rows = BATCHES[name]
    packed = rows.packed
    keys = torch.arange(rows.batch * rows.keys) if packed.keys is None else packed.keys
    queries = torch.arange(rows.batch * rows.queries) if packed.queries is None else packed.queries
    allowed = visible(rows, None)
    seen = torch.zeros_like(allowed)
    for number, (asks, holds) in enumerate(packed.lengths):
        begin_q, end_q = packed.query_offsets[number : number + 2].tolist()
        begin_k, end_k = packed.key_offsets[number : number + 2].tolist()
        assert (end_q - begin_q, end_k - begin_k) == (asks, holds)
        for place, query in enumerate(queries[begin_q:end_q].tolist()):  # causal from the bottom right
            row, at = divmod(query, rows.queries)
            for key in keys[begin_k : end_k - (asks - 1 - place)].tolist():
                assert key // rows.keys == row
                seen[row, at, key % rows.keys] = True
    assert torch.equal(seen, allowed)


def test_gather_and_scatter_are_each_others_gradient():
    index = torch.tensor([4, 1, 3])
    x = torch.randn(6, 2, dtype=torch.float64, requires_grad=True)
    y = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.equal(Gather.apply(x, index), x[index])
    assert torch.equal(Scatter.apply(y, index, 6)[index], y)
    assert torch.autograd.gradcheck(lambda x: Gather.apply(x, index), x)
    assert torch.autograd.gradcheck(lambda y: Scatter.apply(y, index, 6), y)


def test_more_queries_than_keys_are_refused():
    with pytest.raises(ValueError, match="7 queries for 5 keys"):
        Rows(1, 7, 5, CPU, None, None)


def test_all_layers_share_one_reading_of_the_mask_until_it_changes():
    mask = padded((2, N), (0, N))
    first = find_rows(2, N, N, CPU, mask, None)
    assert find_rows(2, N, N, CPU, mask, None) is first
    mask[1, 0] = False
    second = find_rows(2, N, N, CPU, mask, None)
    assert second.lower(None)[1, 5] == 1
    assert first.lower(None)[0, 5] == 2


def test_batches_without_padding_share_one_reading():
    first, second = (find_rows(2, N, N, CPU, None, torch.arange(N)[None]) for _ in range(2))
    assert first is second
    assert find_rows(2, N, N, CPU, torch.ones(2, N, dtype=torch.bool), None) is first
    assert find_rows(2, N, N, CPU, None, packed((10, 11))) is not first

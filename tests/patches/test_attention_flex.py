"""The flex engine on the CPU: its block masks and gradients, unfused; the compiled kernels need a GPU."""

import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

sys.path.insert(0, str(Path(__file__).parent))
from attention_reference import attention, error, gradients, visible  # noqa: E402
from torch.nn.attention import flex_attention as upstream  # noqa: E402

from assay.patches import attention_flex, attention_table  # noqa: E402
from assay.patches.attention_rows import Rows  # noqa: E402
from assay.patches.errors import DeviceError  # noqa: E402

CPU = torch.device("cpu")
BLOCK = 8


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    monkeypatch.setattr(attention_flex, "BLOCK", BLOCK)


def padded(*bounds, length):
    slots = torch.arange(length)
    return torch.stack([(slots >= begin) & (slots < end) for begin, end in bounds])


def batches():
    positions = torch.cat([torch.arange(n) for n in (9, 16, 3, 12)])[None]
    hole = padded((0, 40), (2, 30), length=40) & (torch.arange(40) // 4 != 5)
    return {
        "plain": Rows(2, 40, 40, CPU, None, None),
        "no multiple of a block": Rows(1, 37, 37, CPU, None, None),
        "padded": Rows(2, 40, 40, CPU, padded((11, 40), (3, 20), length=40), None),
        "packed": Rows(1, 40, 40, CPU, None, positions),
        "a hole": Rows(2, 40, 40, CPU, hole, None),
        "fewer queries": Rows(1, 13, 40, CPU, None, None),
    }


NAMES = list(batches())


@pytest.mark.parametrize("window", [None, 1, 11])
@pytest.mark.parametrize("name", NAMES)
def test_no_block_with_a_visible_key_is_left_out_and_none_is_wrongly_whole(name, window):
    rows = batches()[name]
    partly, wholly = attention_flex._visible_blocks(rows, window)
    seen = visible(rows, window)
    seen = torch.nn.functional.pad(seen, (0, -rows.keys % BLOCK, 0, -rows.queries % BLOCK))
    tiles = seen.unflatten(1, (-1, BLOCK)).unflatten(3, (-1, BLOCK)).transpose(2, 3)
    assert not (tiles.any(-1).any(-1) & ~(partly | wholly)).any()
    assert not (wholly & ~tiles.all(-1).all(-1)).any()
    assert not (partly & wholly).any()


def test_a_window_leaves_a_band_of_blocks():
    rows = Rows(1, 400, 400, CPU, None, None)
    partly, wholly = attention_flex._visible_blocks(rows, 2 * BLOCK)
    assert (partly | wholly).sum(-1).max() <= 4


@pytest.mark.parametrize("window", [None, 11])
@pytest.mark.parametrize("name", ["no multiple of a block", "padded", "packed", "a hole"])
def test_output_and_gradients_are_those_of_attention_spelled_out(name, window, monkeypatch):
    monkeypatch.setattr(upstream, "_validate_device", lambda *_: None)  # unfused it has a backward on the CPU
    monkeypatch.setattr(upstream, "_FLEX_ATTENTION_DISABLE_COMPILE_DEBUG", True, raising=False)
    rows = batches()[name]
    generator = torch.Generator().manual_seed(1)
    q, k, v, s, weight = (
        torch.randn(shape, generator=generator)
        for shape in (
            (rows.batch, 4, rows.queries, 8),
            *[(rows.batch, 2, rows.keys, 8)] * 2,
            (4,),
            (rows.batch, rows.queries, 4, 8),
        )
    )
    allowed = visible(rows, window)
    weight = weight * allowed.any(-1)[..., None, None]
    valid = rows.valid if rows.holes else None
    tables = (valid, rows.lower(window), *attention_flex.block_bounds(rows, window))
    found = gradients(lambda *x: attention_flex._attend(*x, *tables, 0.3).transpose(1, 2), (q, k, v, s), weight)
    wanted = gradients(lambda *x: attention(*x, allowed, 0.3), (q, k, v, s), weight)
    assert max(error(x, y) for x, y in zip(found, wanted, strict=True)) < 2e-6


@pytest.mark.slow
def test_lengths_are_dynamic_for_the_compiler_and_their_divisibility_is_known(monkeypatch):
    monkeypatch.setattr(attention_flex, "BLOCK", 128)
    lengths = []

    def backend(graph, _):
        sizes = [node.meta["example_value"].size(2) for node in graph.graph.nodes if node.name.startswith("l_q_")]
        lengths.append(sizes[0])
        return graph.forward

    compiled = torch.compile(attention_flex._attend, fullgraph=True, backend=backend)
    for length in (256, 384, 300, 200):
        rows = Rows(1, length, length, CPU, None, None)
        q, k = torch.zeros(1, 4, length, 16), torch.zeros(1, 2, length, 16)
        arguments = (q, k, k, torch.zeros(4), None, rows.lower(None), *attention_flex.block_bounds(rows, None))
        attention_flex.mark_lengths(arguments)
        with torch.no_grad():
            compiled(*arguments, 0.3)
    assert len(lengths) == 2
    assert all(isinstance(length, torch.SymInt) for length in lengths)


def test_training_on_a_cpu_is_refused_with_the_way_out():
    rows = batches()["plain"]
    q, k = torch.zeros(2, 4, 40, 16, requires_grad=True), torch.zeros(2, 2, 40, 16)
    with pytest.raises(DeviceError, match="leave the option engine"):
        attention_flex.attend(q, k, k, torch.zeros(4), rows, None, 0.3)


# The table by which an engine is chosen.
def table(tmp_path, rows):
    import json

    path = tmp_path / "table.json"
    path.write_text(json.dumps({"devices": {"Some GPU": {"rows": rows}}}))
    return path


def test_the_engine_is_the_faster_one_at_the_nearest_measured_length(tmp_path):
    rows = [
        {"length": 1024, "window": None, "milliseconds": {"flash": 1.0, "flex": 2.0, "upstream flex": 0.5}},
        {"length": 16384, "window": None, "milliseconds": {"flash": 9.0, "flex": 8.0}},
        {"length": 1024, "window": 128, "milliseconds": {"flash": 3.0, "flex": 2.0}},
    ]
    path = table(tmp_path, rows)
    chosen = [attention_table.fastest("Some GPU", length, None, path=path) for length in (1, 3000, 6000, 10**6)]
    assert chosen == ["flash", "flash", "flex", "flex"]
    assert attention_table.fastest("Some GPU", 500, 64, path=path) == "flex"


def test_an_engine_that_cannot_run_is_not_chosen_however_fast_it_is(tmp_path):
    rows = [{"length": 1024, "window": None, "milliseconds": {"flash": 3.0, "cudnn": 1.0, "flex": 2.0}}]
    path = table(tmp_path, rows)
    assert attention_table.fastest("Some GPU", 500, None, path=path) == "cudnn"
    assert attention_table.fastest("Some GPU", 500, None, ["flash", "flex"], path) == "flex"
    assert attention_table.fastest("Some GPU", 500, None, ["flash"], path) == "flash"


def test_an_engine_that_prepares_for_each_length_must_win_that_back(tmp_path):
    times = {"flash": 3.0, "cudnn": 2.0}
    rows = [
        {"length": length, "window": None, "milliseconds": times, "new_length_ms": {"flash": 0.1, "cudnn": more}}
        for length, more in ((1024, 100.0), (16384, 10.0))
    ]
    path = table(tmp_path, rows)
    assert [attention_table.fastest("Some GPU", n, None, path=path) for n in (1024, 16384)] == ["flash", "cudnn"]


def test_a_gpu_that_was_not_measured_compiles_nothing(tmp_path):
    assert attention_table.fastest("Another GPU", 10**6, None, path=table(tmp_path, [])) == "flash"
    assert attention_table.fastest("Some GPU", 10**6, None, path=table(tmp_path, [])) == "flash"


def test_the_committed_table_names_the_engines_at_some_length():
    devices = attention_table._read(attention_table.TABLE)["devices"]
    assert devices
    for device in devices.values():
        assert any({"flash", "flex"} <= set(row["milliseconds"]) for row in device["rows"])
        for row in device["rows"]:
            assert "flash" in row["milliseconds"]
            assert row["window"] is None or row["window"] > 0

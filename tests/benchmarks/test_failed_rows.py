"""A measurement that failed is told by the exit code; what was measured beside it is kept."""

import json

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")


def run(monkeypatch, module, *arguments):
    monkeypatch.setattr("sys.argv", ["name.py", *map(str, arguments)])
    return module.main()


def test_a_row_that_fails_ends_with_1_and_the_others_are_written(script, monkeypatch, tmp_path, capsys):
    training = script("training")
    broken = training.Row("broken", 1, 1024, "", tile=(0, 1))  # the patch experts refuses that
    monkeypatch.setattr(training, "ROWS", [broken, training.Row("whole", 1, 1024, "", steps=1)])
    assert run(monkeypatch, training, "--tiny", "--out", tmp_path) == 1
    error = capsys.readouterr().err
    assert "broken failed: OptionError" in error
    assert "whole failed" not in error
    rows = json.loads((tmp_path / "training.json").read_text())["rows"]
    assert [row["status"] == "ok" for row in rows] == [False, True]
    assert rows[1]["seconds"] > 0
    monkeypatch.setattr(training, "ROWS", training.ROWS[1:])
    assert run(monkeypatch, training, "--tiny", "--out", tmp_path) == 0


def test_a_row_that_found_no_time_ends_with_1(script, monkeypatch, tmp_path, capsys):
    training = script("training")
    assert run(monkeypatch, training, "--tiny", "--rows", "attention-2k", "--seconds", -1, "--out", tmp_path) == 1
    assert "attention-2k failed: no time left: raise --seconds" in capsys.readouterr().err


def test_running_out_of_memory_is_a_figure_of_upstream_and_a_failure_of_ours(script):
    training = script("training")
    lost = training.Result("row", training.OUT_OF_MEMORY)
    assert training.expected(training.Row("row", 1, 1, "", patched=False), lost)
    assert not training.expected(training.Row("row", 1, 1, ""), lost)
    assert not training.expected(training.Row("row", 1, 1, "", patched=False), training.Result("row", "ValueError"))


def test_an_update_that_fails_ends_with_1_and_says_why_in_the_file(script, monkeypatch, tmp_path, capsys):
    update = script("update")
    options = ("--tiny", "--dtype", "float16", "--prompt", 16, "--new", 0, "--out", tmp_path)
    assert run(monkeypatch, update, *options) == 1
    assert "float16 failed: ValueError" in capsys.readouterr().err
    (found,) = json.loads((tmp_path / "update.json").read_text())["updates"]
    assert found["status"].startswith("ValueError")


def test_an_unknown_type_is_refused_before_anything_is_measured(script, monkeypatch, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, script("update"), "--tiny", "--dtype", "float8", "--out", tmp_path)
    assert ended.value.code == 2
    assert "--dtype: 'float8'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())

"""The measured table of attention: a row is kept as soon as it is there, and takes nothing from the others."""

import json

import pytest

pytest.importorskip("torch")

NOW = {"date": "2026-11-25", "versions": {"torch": "2.13.0"}}
LATER = {"date": "2026-12-01", "versions": {"torch": "2.14.0"}}


def row(length, window, **milliseconds):
    return {"length": length, "window": window, "milliseconds": milliseconds, "runs": dict.fromkeys(milliseconds, 20)}


@pytest.fixture
def report(script):
    pytest.importorskip("transformers")
    return script("attention_report")


def stored(path, device="GPU"):
    return json.loads(path.read_text())["devices"][device]


def test_each_row_is_in_the_table_before_the_next_is_measured(report, tmp_path):
    path = tmp_path / "table.json"
    for count, length in enumerate((16384, 1024, 4096), 1):
        report.write(path, "GPU", NOW, [row(length, None, flash=1.0)])
        assert len(stored(path)["rows"]) == count
    assert [one["length"] for one in stored(path)["rows"]] == [1024, 4096, 16384]
    assert [file.name for file in tmp_path.iterdir()] == ["table.json"]


def test_a_row_replaces_that_of_its_length_and_window_only(report, tmp_path):
    path = tmp_path / "table.json"
    report.write(path, "GPU", NOW, [row(1024, None, flash=1.0), row(1024, 128, flash=2.0)], {"flash": {"out": 1e-3}})
    report.write(path, "Other", NOW, [row(1024, None, flash=9.0)])
    report.write(path, "GPU", NOW, [row(1024, 128, flash=3.0)])
    assert [one["milliseconds"]["flash"] for one in stored(path)["rows"]] == [1.0, 3.0]
    assert stored(path)["errors"] == {"flash": {"out": 1e-3}}
    assert stored(path, "Other")["rows"][0]["milliseconds"] == {"flash": 9.0}


def test_rows_of_an_earlier_run_keep_their_date_and_versions(report, tmp_path):
    path = tmp_path / "table.json"
    report.write(path, "GPU", NOW, [row(1024, None, flash=1.0), row(4096, None, flash=1.0)])
    table = json.loads(path.read_text())
    table["devices"]["GPU"]["source"] = "by hand"
    path.write_text(json.dumps(table))
    for length in (4096, 16384):
        report.write(path, "GPU", LATER, [row(length, None, flash=2.0)])
    old, *new = stored(path)["rows"]
    assert old[report.MEASURED] == NOW | {"source": "by hand"}
    assert "source" not in stored(path)
    assert not any(report.MEASURED in one for one in new)
    assert {name: stored(path)[name] for name in LATER} == LATER


def test_the_table_that_the_patch_reads_stays_what_it_was_when_it_is_written_anew(report, tmp_path):
    from assay.patches import attention_table

    before = json.loads(attention_table.TABLE.read_text())
    path = tmp_path / "table.json"
    path.write_text(attention_table.TABLE.read_text())
    report.write(path, "Some GPU", NOW, [row(1024, None, flash=1.0, flex=2.0)])
    after = json.loads(path.read_text())
    assert {name: after["devices"][name] for name in before["devices"]} == before["devices"]
    assert attention_table.fastest("Some GPU", 1024, None, path=path) == "flash"


def test_a_line_holds_the_medians_and_the_better_of_ours_over_the_best_upstream(report):
    one = row(16384, 128, **{"flash": 3.0, "upstream flex": 2.0, "upstream eager": 4.0})
    one["runs"]["flash"] = 7
    line = report.line(one, 20)
    assert "3.00 ms x7" in line
    assert line.split()[-1] == "1.500"
    assert report.line(row(65536, None, flash=3.0), 20).split()[-1] == "-"


@pytest.mark.parametrize(
    ("text", "rows"), [("16384", [(16384, None)]), ("1024/128,65536", [(1024, 128), (65536, None)])]
)
def test_a_part_of_the_rows_can_be_asked_for(script, text, rows):
    assert script("attention").chosen(text) == rows


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--rows", "1k"], "--rows: '1k'"),
        (["--rows", "1024/0"], "--rows: '1024/0'"),
        (["--engines", "fa3"], "--engines: there is no engine 'fa3'"),
        (["--engines", "flash"], "--no-table"),
    ],
)
def test_wrong_options_are_named(script, capsys, options, named):
    with pytest.raises(SystemExit) as ended:
        script("attention").parse(options)
    assert ended.value.code == 2
    assert named in capsys.readouterr().err

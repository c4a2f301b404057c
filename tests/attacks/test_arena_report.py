"""The arena's report: nothing that a candidate or a scorer wrote can act in it, and rows of other runs stay."""

import pytest
from rich.console import Console
from typer.testing import CliRunner

from assay.attacks.arena import Arena, Row, Tried
from assay.attacks.arena.report import heat, markdown, merge, read, table, write
from assay.attacks.arena.results import Entry
from assay.cli import app

NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>|[x](javascript:y)\u202e\x1b[31m"


def made(name="exec", text="seen", **more) -> Arena:
    row = Row(name, text, text, text, attacks={text: Tried("gained", True, 4.0, 1.0, text)}, honest=1, **more)
    return Arena([Entry(text, "clock", text), Entry("kernel", "honest", "honest/kernel.py")], [row])


def shown(arena: Arena) -> str:
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(table(arena))
    return console.export_text()


def test_a_hostile_id_and_evidence_stay_text_in_the_page():
    page = heat(made(text=NASTY), "../corpus")
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page


def test_a_hostile_id_and_evidence_stay_text_in_markdown():
    text = markdown(made(text=NASTY, trouble=[NASTY]))
    assert "<script" not in text.replace("\\<script", "")
    assert "[x](" not in text.replace("\\[x\\](", "")
    first, second = (line for line in text.splitlines() if line.startswith("| exec"))
    heads = [line for line in text.splitlines() if line.startswith("| peer")]
    assert [line.replace("\\|", "").count("|") for line in (first, second)] == [line.count("|") for line in heads]


def test_a_hostile_sentence_does_not_reach_the_terminal_raw():
    assert "\x1b[31m" not in shown(made(text="x", trouble=[NASTY]))


def test_every_cell_leads_to_its_file():
    page = heat(made(), "../../attacks/corpus")
    assert page.count('href="../../attacks/corpus/seen"') == 2
    assert page.count('href="../../attacks/corpus/honest/kernel.py"') == 2


def test_what_was_written_is_read_again(tmp_path):
    arena = made()
    write(arena, tmp_path / "arena")
    assert read(tmp_path / "arena").to_json() == arena.to_json()


def test_rows_of_peers_that_were_not_asked_again_stay():
    assert [row.name for row in merge(made("smolagents"), made("exec")).rows] == ["exec", "smolagents"]


def test_rows_about_another_catalogue_are_dropped():
    assert [row.name for row in merge(made("smolagents", text="other"), made("exec")).rows] == ["exec"]


def test_the_table_goes_between_the_markers_of_the_page_beside(tmp_path):
    page = tmp_path / "arena.md"
    page.write_text("before\n<!-- arena -->\nold\n<!-- /arena -->\nafter\n")
    write(made(), tmp_path / "arena")
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| exec |" in text


def test_a_damaged_result_is_named(tmp_path):
    (tmp_path / "arena.json").write_text('{"rows": 7}')
    with pytest.raises(ValueError, match=r"arena\.json is no arena"):
        read(tmp_path)


def test_an_absent_peer_is_one_line_and_no_column():
    arena = Arena(
        made().entries, [*made().rows, Row("smolagents", "", "", absent="not installed: pip install smolagents")]
    )
    assert "pip install smolagents" in shown(arena)
    assert "| smolagents |" not in markdown(arena)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["--peer", "nobody"], "nobody"), (["--peer", "exec", "--corpus", "/no/such"], "/no/such")],
)
def test_wrong_usage_is_one_sentence(arguments, named):
    found = CliRunner().invoke(app, ["arena", *arguments])
    assert found.exit_code == 2
    assert named in found.output
    assert "Traceback" not in found.output

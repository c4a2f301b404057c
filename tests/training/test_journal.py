"""The record of a run survives kills, resumes and odd completions."""

import json
import stat

import pytest

from assay.rewards import Graded
from assay.sandbox import Status, Verdict
from assay.training.errors import RunError
from assay.training.journal import DISCARDED, SECRETS, VERDICTS, Journal, read_verdicts


def graded(text="x"):
    return Graded(text, text, Verdict(Status.WRONG, "matmul", "k"), 0.25)


def test_what_is_written_is_read_back(tmp_path):
    Journal(tmp_path).write(3, [graded("a"), graded("b")], b"s" * 16, 0.5, None)
    records = list(read_verdicts(tmp_path))
    assert [(r["step"], r["index"], r["completion"]) for r in records] == [(3, 0, "a"), (3, 1, "b")]
    assert Verdict.from_json(records[0]["verdict"]) == graded().verdict


@pytest.mark.parametrize("text", ["\ud800", "\0", "\u2028\n\x85", '"}\n{', "\u202e"])
def test_an_odd_completion_is_one_record(tmp_path, text):
    Journal(tmp_path).write(0, [graded(text)], b"", 0.0, None)
    assert [r["completion"] for r in read_verdicts(tmp_path)] == [text]


def test_secrets_are_apart_and_for_the_owner_only(tmp_path):
    Journal(tmp_path).write(0, [graded()], b"\xab" * 16, 0.0, None)
    assert (b"ab" * 16).decode() not in (tmp_path / VERDICTS).read_text()
    assert json.loads((tmp_path / SECRETS).read_text())["secret"] == "ab" * 16
    assert stat.S_IMODE((tmp_path / SECRETS).stat().st_mode) == 0o600


def test_a_last_line_torn_by_a_kill_is_left_out(tmp_path):
    Journal(tmp_path).write(0, [graded()], b"", 0.0, None)
    with open(tmp_path / VERDICTS, "a") as file:
        file.write('{"step": 1, "comp')
    assert len(list(read_verdicts(tmp_path))) == 1


def test_a_broken_line_inside_names_file_and_line(tmp_path):
    (tmp_path / VERDICTS).write_text("{}\nnonsense\n{}\n")
    with pytest.raises(RunError, match="line 2"):
        list(read_verdicts(tmp_path))


def test_rewinding_keeps_earlier_steps_and_sets_later_ones_aside(tmp_path):
    journal = Journal(tmp_path)
    for step in range(4):
        journal.write(step, [graded(str(step))], b"", 0.0, None)
    journal.rewind(2)
    assert [r["step"] for r in read_verdicts(tmp_path)] == [0, 1]
    assert [json.loads(line)["step"] for line in (tmp_path / DISCARDED).read_text().splitlines()] == [2, 3]


def test_rewinding_after_a_torn_line_leaves_a_whole_journal(tmp_path):
    journal = Journal(tmp_path)
    journal.write(0, [graded()], b"", 0.0, None)
    with open(tmp_path / VERDICTS, "a") as file:
        file.write('{"step": 1')
    journal.rewind(1)
    journal.write(1, [graded()], b"", 0.0, None)
    assert [r["step"] for r in read_verdicts(tmp_path)] == [0, 1]


def test_a_full_disk_is_one_sentence_with_the_way_out(tmp_path):
    (tmp_path / VERDICTS).symlink_to("/dev/full")
    with pytest.raises(RunError, match="No space left.*--resume"):
        Journal(tmp_path).write(0, [graded()], b"", 0.0, None)


def test_a_folder_that_is_no_run_is_one_sentence(tmp_path):
    with pytest.raises(RunError, match="no run folder"):
        list(read_verdicts(tmp_path))

"""The table of known hacks: complete, true to the catalogue, and the page made from it."""

import re

import pytest

from assay.attacks.catalogue import CorpusError
from assay.attacks.coverage import PAGE, dangling, page, read

from .shipped import CORPUS

FAMILY_SIZES = {
    "A": 32,
    "B": 31,
    "C": 30,
    "D": 25,
    "E": 21,
    "F": 31,
    "G": 23,
    "H": 17,
    "I": 36,
    "J": 13,
    "K": 13,
    "L": 17,
}

TABLE = """\
[reasons]
gpu = "needs a GPU"
[families]
A = "Comparators"
[hacks.A]
A01 = {{ title = "one", {fields} }}
"""


@pytest.fixture(scope="module")
def coverage():
    return read()


def written(tmp_path, fields):
    path = tmp_path / "coverage.toml"
    path.write_text(TABLE.format(fields=fields))
    return path


def test_every_known_hack_is_listed_once(coverage):
    wanted = [f"{family}{number:02}" for family, size in FAMILY_SIZES.items() for number in range(1, size + 1)]
    assert sorted(hack.id for hack in coverage.hacks) == wanted
    assert len(wanted) == 289


def test_every_hack_names_attacks_or_one_reason(coverage):
    assert [hack.id for hack in coverage.hacks if bool(hack.by) == (hack.reason is not None)] == []


def test_every_name_in_the_table_is_an_entry_of_the_catalogue(coverage):
    assert dangling(coverage, CORPUS) == []


def test_every_reason_is_used(coverage):
    assert {hack.reason for hack in coverage.hacks} - {None} == set(coverage.reasons)


def test_a_hack_that_needs_another_control_says_which(coverage):
    assert [hack.id for hack in coverage.hacks if hack.reason == "control" and not hack.note] == []


def test_what_is_honest_by_decision_names_kernels_that_must_be_accepted(coverage):
    assert [hack.id for hack in coverage.hacks if hack.reason == "honest" and not hack.honest] == []


def test_the_page_is_the_one_made_from_the_table():
    assert PAGE.read_text("utf-8") == page(), "run: python -m assay.attacks.coverage > docs/coverage.md"


def test_every_link_of_the_page_leads_to_a_file():
    links = set(re.findall(r"\]\(([^)]+)\)", PAGE.read_text("utf-8")))
    assert len(links) > 100
    assert [link for link in links if not (PAGE.parent / link).is_file()] == []


def test_every_row_of_the_page_has_as_many_cells_as_its_table():
    for table in re.split(r"\n\n", PAGE.read_text("utf-8")):
        rows = [line for line in table.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) <= 1, table[:200]


@pytest.mark.parametrize(
    "fields",
    ["", 'reason = "witchcraft"', 'by = ["x"], reason = "gpu"', "by = []", "by = 7"],
    ids=["neither", "unknown reason", "both", "no attack", "a number for a list"],
)
def test_an_entry_without_attacks_or_reason_is_named_in_one_sentence(fields, tmp_path):
    with pytest.raises(CorpusError, match=r"coverage\.toml: .*"):
        read(written(tmp_path, fields or 'note = "n"'))


def test_an_attack_that_does_not_exist_is_found(tmp_path):
    assert dangling(read(written(tmp_path, 'by = ["clock.nothing"]')), CORPUS) == ["A01: clock.nothing"]


@pytest.mark.parametrize("text", ["", "[hacks", "hacks = 7"])
def test_a_file_that_is_no_table_is_named(text, tmp_path):
    path = tmp_path / "coverage.toml"
    path.write_text(text)
    with pytest.raises(CorpusError, match=r"coverage\.toml"):
        read(path)

"""The ablation matrix: what is written is what was measured, and every gap has a reason."""

import json
import re
from collections import Counter
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from assay.attacks.ablation import ENOUGH, SETTINGS, Matrix, Measured, Outcome, measure, read
from assay.attacks.ablation_page import heat_page, markdown, misstated, unexplained, write
from assay.attacks.catalogue import LAYERS, SHIPPED, CorpusError, load
from assay.attacks.one_layer import MECHANISMS
from assay.cli import app

from .shipped import CORPUS

DOCS = SHIPPED.parent.parent / "docs"
REASONED = {attack for mechanism in MECHANISMS for attack in mechanism.attacks}

GAINS_ALWAYS = """\
# /// attack
# id = "a"
# title = "t"
# family = "comparator"
# language = "python"
# task = "matmul"
# gain = "fake-correctness"
# source = "here"
# seen = "derived"
# stopped_by = ["judge"]
# ///
def matmul(A, B):
    return []
"""


@pytest.fixture(scope="module")
def committed():
    return read(DOCS / "ablation" / "matrix.json")


def attack(name="clock.a", stopped=("policy", "judge"), claimed=("policy", "judge"), weak=False) -> Measured:
    outcomes = {layer: Outcome(layer in stopped, 1.0, 0.5, f"seen by {layer}") for layer in LAYERS}
    family, _, file = name.partition(".")
    return Measured(name, family, f"{family}/{file}.py", claimed, {"weak": Outcome(weak, None, None, ""), **outcomes})


def matrix(*attacks: Measured, honest=3, refused=None) -> Matrix:
    return Matrix(attacks, refused or dict.fromkeys(LAYERS, ()), honest, {"measured": "2026-01-01"})


def test_every_attack_is_stopped_by_two_layers_alone_or_has_a_reason():
    few = {found.id for found in CORPUS.attacks if len(found.stopped_by) < ENOUGH}
    assert few - REASONED == set()


def test_no_reason_is_stale():
    few = {found.id for found in CORPUS.attacks if len(found.stopped_by) < ENOUGH}
    assert REASONED - few == set()


def test_no_attack_has_two_reasons_and_no_mechanism_is_empty():
    counts = Counter(attack for mechanism in MECHANISMS for attack in mechanism.attacks)
    assert [name for name, count in counts.items() if count > 1] == []
    assert all(mechanism.attacks for mechanism in MECHANISMS)


def test_the_headers_name_the_layers_that_were_measured(committed):
    headers = {found.id: set(found.stopped_by) for found in CORPUS.attacks}
    wrong = {a.id: a.stopped_by for a in committed.attacks if a.id in headers and headers[a.id] != set(a.stopped_by)}
    assert wrong == {}


def test_the_committed_matrix_holds_no_attack_that_is_gone(committed):
    assert {found.id for found in committed.attacks} - {found.id for found in CORPUS.attacks} == set()


def test_in_the_committed_matrix_every_attack_gains_alone_and_no_layer_refuses_an_honest_kernel(committed):
    assert [found.id for found in committed.attacks if not found.proven] == []
    assert committed.refused == dict.fromkeys(LAYERS, ())
    assert committed.honest >= 150


def test_the_pages_are_those_of_the_committed_matrix(committed):
    assert (DOCS / "ablation.md").read_text("utf-8") == markdown(committed, "../attacks/corpus")
    assert (DOCS / "ablation" / "heat.html").read_text("utf-8") == heat_page(committed, "../../attacks/corpus")


def test_every_link_of_the_pages_leads_to_a_file():
    links = set(re.findall(r"\]\(([^)]+)\)", (DOCS / "ablation.md").read_text("utf-8")))
    assert [link for link in links if not (DOCS / link).is_file()] == []
    heat = DOCS / "ablation" / "heat.html"
    cells = set(re.findall(r'href="([^"]+)"', heat.read_text("utf-8")))
    assert [link for link in cells if not (heat.parent / link).is_file()] == []


@pytest.mark.slow
def test_the_committed_matrix_holds_the_whole_catalogue(committed):
    missing = {found.id for found in CORPUS.attacks} - {found.id for found in committed.attacks}
    assert missing == set(), "run: assay attack --matrix --corpus FILE, for each of them"


def test_a_matrix_survives_its_file(tmp_path):
    first = matrix(
        attack(), attack("theft.b", ("judge",), ("judge",)), refused={**dict.fromkeys(LAYERS, ()), "jail": ("k",)}
    )
    write(first, tmp_path, SHIPPED)
    assert read(tmp_path / "ablation" / "matrix.json") == first


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"attacks": [{"id": 1}]}', '{"attacks": 7, "honest": {}}'])
def test_a_file_that_is_no_matrix_is_named_in_one_sentence(text, tmp_path):
    (tmp_path / "matrix.json").write_text(text)
    with pytest.raises(CorpusError, match=r"matrix\.json: no ablation matrix"):
        read(tmp_path / "matrix.json")


def test_an_attack_stopped_by_one_layer_without_a_reason_is_unexplained():
    found = matrix(attack(), attack("clock.b", ("judge",), ("judge",)))
    assert [a.id for a in unexplained(found)] == ["clock.b"]
    assert "Without a reason: 1" in markdown(found, "corpus")


def test_an_attack_that_a_mechanism_explains_is_listed_under_it():
    name = min(REASONED)
    text = markdown(matrix(attack(name, ("judge",), ("judge",))), "corpus")
    assert "Without a reason" not in text
    assert f"[{name}](corpus/" in text


@pytest.mark.parametrize("claimed", [("policy",), ("policy", "context", "judge"), ()])
def test_a_header_that_names_other_layers_than_measured_is_misstated(claimed):
    assert misstated(matrix(attack(claimed=claimed))) != []
    assert misstated(matrix(attack())) == []


def test_a_refused_honest_kernel_is_named_on_the_page():
    refused = {**dict.fromkeys(LAYERS, ()), "context": ("walrus",)}
    assert "walrus by context" in markdown(matrix(attack(), refused=refused), "corpus")


def test_a_part_is_merged_and_the_rest_is_kept():
    names = [found.id for found in CORPUS.attacks[:3]]
    older = matrix(*(attack(name) for name in names), attack("clock.removed"), honest=9)
    newer = matrix(attack(names[1], ("jail",)), honest=0)
    merged = newer.merged_into(older, CORPUS)
    assert {a.id: a.stopped_by for a in merged.attacks} == {
        names[0]: ("policy", "judge"),
        names[1]: ("jail",),
        names[2]: ("policy", "judge"),
    }
    assert merged.honest == 9


def test_the_page_counts_what_the_matrix_holds():
    text = markdown(matrix(attack(), attack("clock.b", ("judge",)), attack("theft.c", ())), "corpus")
    assert "| clock | 2 | 0 | 1 | 0 | 0 | 2 | 1 |" in text
    assert "| all | 3 | 0 | 1 | 0 | 0 | 2 | 1 |" in text


def test_the_heat_map_has_a_cell_for_every_attack_and_setting():
    page = heat_page(matrix(attack(), attack("theft.b")), "corpus")
    assert page.count("<td>") == 2 * len(SETTINGS)
    assert all(f"{family}:" in page for family in ("clock", "theft"))


def test_evidence_from_a_candidate_stays_text():
    nasty = attack()
    outcomes = {**nasty.outcomes, "policy": Outcome(False, 2.0, 1.0, '"><script>alert(1)</script>')}
    assert "<script>" not in heat_page(matrix(replace(nasty, outcomes=outcomes)), "corpus")


def test_a_broken_file_stops_the_measuring_before_it_begins(tmp_path):
    (tmp_path / "a.py").write_text(GAINS_ALWAYS.replace("comparator", "witchcraft"))
    with pytest.raises(CorpusError, match="witchcraft"):
        measure(load(tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--out", "nowhere"], "nowhere is not a folder"),
        (["--base-url", "javascript:x"], "relative path"),
        (["--corpus", "nowhere"], "does not exist"),
    ],
)
def test_a_wrong_option_costs_one_sentence_and_no_measuring(options, words):
    result = CliRunner().invoke(app, ["attack", "--matrix", *options])
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())


@pytest.mark.slow
@pytest.mark.timed
def test_an_attack_of_ones_own_is_measured_in_every_setting(tmp_path):
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    corpus.mkdir()
    out.mkdir()
    (corpus / "a.py").write_text(GAINS_ALWAYS)
    result = CliRunner().invoke(app, ["attack", "--matrix", "--json", "--corpus", str(corpus), "--out", str(out)])
    (found,) = json.loads(result.stdout)["attacks"]
    assert {setting: cell["stopped"] for setting, cell in found["outcomes"].items()} == {
        "weak": False,
        "policy": False,
        "context": False,
        "jail": False,
        "judge": True,
    }
    assert (result.exit_code, found["path"]) == (1, "a.py")  # its reason is not among ours
    assert 'href="../../corpus/a.py"' in (out / "ablation" / "heat.html").read_text()

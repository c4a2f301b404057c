"""The corpus against the sandbox, with both controls: what each attack exploits, and the honest kernels."""

import io
import json
import tempfile
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from assay.attacks.replay import replay
from assay.attacks.table import summary, table

HONEST = """\
# /// honest
# id = "mine"
# title = "mine"
# style = "textbook"
# task = "matmul"
# ///
def matmul(A, B):
    return [[sum(a * b for a, b in zip(row, col)) for col in zip(*B)] for row in A]
"""

ATTACK = """\
# /// attack
# id = "{id}"
# title = "t"
# family = "comparator"
# language = "{language}"
# task = "matmul"
# gain = "fake-correctness"
# source = "here"
# seen = "derived"
# ///
def matmul(A, B):
    return {value}
"""


def failing(results):
    return [(result.id, result.evidence) for result in results]


def test_no_attack_gains_over_its_honest_twin(shipped_replay):
    assert failing(shipped_replay.of("gained")) == []


def test_no_honest_kernel_is_refused(shipped_replay):
    assert failing(shipped_replay.of("refused")) == []


def test_every_attack_gains_on_the_scorer_that_has_its_weakness(shipped_replay):
    assert [(result.id, result.proof) for result in shipped_replay.unproven] == []


def test_the_report_names_the_control_of_every_attack(shipped_replay):
    assert [result.id for result in shipped_replay.attacks if not result.control] == []


def test_every_file_of_the_shipped_corpus_can_be_read(shipped_replay):
    assert failing(shipped_replay.of("broken-file")) == []


def test_no_process_is_left_behind(shipped_replay):
    names = [process.name() for process in psutil.Process().children(recursive=True)]
    assert not [name for name in names if "sleep" in name], names


def test_no_canary_file_is_left_behind(canaries_before, shipped_replay):
    assert set(Path(tempfile.gettempdir()).glob("assay-canary-*")) <= canaries_before


def test_the_report_is_one_json_object_with_the_promised_keys(shipped_replay):
    report = json.loads(json.dumps(shipped_replay.to_json()))
    assert {"attacks", "gained", "unproven", "honest", "refused", "seconds", "results"} <= set(report)
    assert report["attacks"] + report["honest"] == len(report["results"])
    for result in report["results"]:
        assert {"id", "status", "reward", "honest_reward", "layer"} <= set(result)
        assert result["status"] in ("stopped", "gained", "accepted", "refused", "broken-file")


def test_every_family_is_represented(shipped_replay):
    from assay.attacks.catalogue import FAMILIES

    assert {result.family for result in shipped_replay.attacks} == set(FAMILIES)


def test_the_table_shows_every_family(shipped_replay):
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(table(shipped_replay, details=True))
    text = console.export_text()
    assert "hidden-work" in text
    assert str(summary(shipped_replay)) in text


def test_a_corpus_of_ones_own_uses_the_shipped_twins(tmp_path):
    (tmp_path / "a.py").write_text(ATTACK.format(id="a", language="python", value="[]"))
    report = replay(tmp_path).to_json()
    assert (report["attacks"], report["gained"], report["unproven"], report["honest"]) == (1, 0, 0, 0)


def test_an_attack_that_gains_nothing_from_the_weak_scorer_is_unproven(tmp_path):
    (tmp_path / "a.py").write_text(ATTACK.format(id="a", language="python", value="[[1.0]]"))
    (result,) = replay(tmp_path).unproven
    assert result.status == "stopped"


def test_an_attack_in_a_language_of_no_task_is_a_broken_file(tmp_path):
    (tmp_path / "a.py").write_text(ATTACK.format(id="a", language="cuda", value="[]"))
    (result,) = replay(tmp_path).of("broken-file")
    assert "cuda" in result.evidence


def test_an_honest_kernel_of_ones_own_is_accepted(tmp_path):
    (tmp_path / "mine.py").write_text(HONEST)
    (result,) = replay(tmp_path).results
    assert result.status == "accepted"


def test_a_kernel_called_honest_that_is_wrong_is_refused(tmp_path):
    (tmp_path / "mine.py").write_text(HONEST.replace("a * b", "a + b"))
    (result,) = replay(tmp_path).results
    assert result.status == "refused"


def test_an_empty_corpus_replays_to_nothing(tmp_path):
    assert replay(tmp_path).results == ()


def test_an_unknown_layer_is_named(tmp_path):
    with pytest.raises(ValueError, match="moat"):
        replay(tmp_path, frozenset({"moat"}))


def test_progress_reaches_its_total(tmp_path):
    (tmp_path / "a.py").write_text(ATTACK.format(id="a", language="python", value="[]"))
    (tmp_path / "mine.py").write_text(HONEST)
    seen = []
    replay(tmp_path, progress=lambda done, total, label: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1]
    assert len({total for _, total in seen}) == 1


@pytest.mark.slow
@pytest.mark.parametrize("layer", ["policy", "context", "jail", "judge"])
def test_each_layer_by_itself_stops_what_the_headers_say(layer):
    from assay.attacks.catalogue import SHIPPED, load

    claimed = {attack.id for attack in load(SHIPPED).attacks if layer in attack.stopped_by}
    gained = {result.id: result.evidence for result in replay(layers=frozenset({layer})).of("gained")}
    assert {name: why for name, why in gained.items() if name in claimed} == {}

"""The corpus against the sandbox, with both controls: what each attack exploits, and the honest kernels."""

import io
import json
import tempfile
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from assay.attacks.replay import ALL_LAYERS, replay
from assay.attacks.table import summary, table

from .shipped import CORPUS

HONEST = """\
# /// honest
# id = "{id}"
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


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A corpus of one's own, replayed once: its results by file, the whole, and what was told on the way."""
    folder, told = tmp_path_factory.mktemp("own"), []
    files = {
        "gains": ATTACK.format(id="gains", language="python", value="[]"),
        "idle": ATTACK.format(id="idle", language="python", value="[[1.0]]"),
        "foreign": ATTACK.format(id="foreign", language="cuda", value="[]"),
        "newer": ATTACK.format(id="newer", language="python", value="[[1.0]]").replace(
            "# task", '# python = ">=3.99"\n# task'
        ),
        "right": HONEST.format(id="right"),
        "wrong": HONEST.format(id="wrong").replace("a * b", "a + b"),
    }
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    found = replay(folder, progress=lambda done, total, label: told.append((done, total)))
    return {Path(result.path).stem: result for result in found.results}, found, told


def test_a_corpus_of_ones_own_uses_the_shipped_twins(own):
    results, found, _ = own
    assert (results["gains"].status, results["gains"].proven) == ("stopped", True)
    report = found.to_json()
    counted = ("attacks", "gained", "unproven", "honest", "refused", "broken")
    assert {name: report[name] for name in counted} == dict(zip(counted, (3, 0, 1, 2, 1, 1), strict=True))
    assert len(results) == 6


def test_an_attack_that_does_not_work_with_this_python_is_stopped_and_not_called_unproven(own):
    newer = own[0]["newer"]
    assert (newer.status, newer.proven) == ("stopped", None)
    assert ">=3.99 only" in newer.proof


def test_an_attack_that_gains_nothing_from_the_weak_scorer_is_unproven(own):
    idle = own[0]["idle"]
    assert ([result.id for result in own[1].unproven], idle.status) == (["idle"], "stopped"), idle.proof


def test_an_attack_in_a_language_of_no_task_is_a_broken_file(own):
    (result,) = own[1].of("broken-file")
    assert Path(result.path).stem == "foreign"
    assert "cuda" in result.evidence


def test_an_honest_kernel_of_ones_own_is_accepted(own):
    assert own[0]["right"].status == "accepted"


def test_a_kernel_called_honest_that_is_wrong_is_refused(own):
    assert own[0]["wrong"].status == "refused"


def test_progress_reaches_its_total(own):
    told = own[2]
    assert told[-1][0] == told[-1][1]
    assert len({total for _, total in told}) == 1


@pytest.mark.parametrize("layers", [frozenset({"policy"}), pytest.param(ALL_LAYERS, marks=pytest.mark.slow)])
def test_an_empty_corpus_replays_to_nothing(tmp_path, layers):
    assert replay(tmp_path, layers).results == ()


def test_an_unknown_layer_is_named(tmp_path):
    with pytest.raises(ValueError, match="moat"):
        replay(tmp_path, frozenset({"moat"}))


@pytest.mark.slow
@pytest.mark.parametrize("layer", ["policy", "context", "jail", "judge"])
def test_each_layer_by_itself_stops_what_the_headers_say(layer):
    claimed = {attack.id for attack in CORPUS.attacks if layer in attack.stopped_by}
    gained = {result.id: result.evidence for result in replay(layers=frozenset({layer})).of("gained")}
    assert {name: why for name, why in gained.items() if name in claimed} == {}

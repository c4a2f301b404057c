"""The arena with the peers that need nothing: what counts as a gain, what does not, what is told."""

import json
from pathlib import Path

import pytest

from assay.attacks.arena import PEERS, Peer, arena, fenced
from assay.attacks.arena.places import find

HONEST = "def matmul(A, B):\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]\n"
PLAIN = Path(fenced.__file__).with_name("inside").joinpath("problem.py").read_text().split('BASELINE = """\\\n')[1]
PLAIN = PLAIN.split('"""')[0]
WRONG = "def matmul(A, B):\n    return [[0.0 for _ in B[0]] for _ in A]\n"
ATTACKS = {
    "theft.file": "import os\nopen(os.environ['GRADER_ANSWERS']).read()\n" + HONEST,
    "harness.allclose": "import numpy\nnumpy.allclose = lambda *a, **k: True\n" + WRONG,
    "forgery.line": "print('0 correct 99 1 ', flush=True)\nimport os\nos.write(1, b'SCORE 0 correct 99\\n')\n" + WRONG,
    "denial.exit": "raise SystemExit\n",
}
GAINS = {"harness": "fake-correctness", "theft": "theft", "forgery": "forgery", "denial": "denial"}


def write(folder: Path, name: str, code: str, **more) -> None:
    """An entry of a corpus; an attack if its name has a family."""
    family, _, attack = name.partition(".")
    fields = {"id": name, "title": name, "task": "matmul", **more}
    if attack:
        fields |= {"family": family, "language": "python", "gain": GAINS[family], "source": "test", "seen": "derived"}
    else:
        fields |= {"style": "fast"}
    header = "".join(f"# {key} = {json.dumps(value)}\n" for key, value in fields.items())
    kind = "attack" if attack else "honest"
    (folder / f"{name}.py").write_text(f'# /// {kind}\n{header}# ///\n"""Test."""\n\n{code}')


def corpus(folder: Path, attacks=ATTACKS) -> Path:
    for name, code in attacks.items():
        write(folder, name, code)
    write(folder, "generator", HONEST)
    write(folder, "plain", PLAIN)
    write(folder, "wrong", WRONG, wrong=True)
    return folder


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = corpus(tmp_path_factory.mktemp("corpus"))
    return {row.name: row for row in arena(["RestrictedPython"], folder).rows}


def test_the_control_of_executors_is_measured_without_being_asked_for(rows):
    assert set(rows) == {"exec", "RestrictedPython"}


def test_plain_exec_lets_a_file_be_read_a_comparison_be_replaced_and_siblings_be_denied(rows):
    gained = {name for name, tried in rows["exec"].attacks.items() if tried.outcome == "gained"}
    assert gained == {"theft.file", "harness.allclose", "denial.exit"}


def test_a_line_that_a_candidate_prints_is_no_verdict(rows):
    assert rows["exec"].attacks["forgery.line"].outcome == "stopped"
    assert not rows["exec"].attacks["forgery.line"].proven


def test_a_wrong_kernel_that_is_passed_has_gained_whatever_its_speed(rows):
    assert "does not compute the product" in rows["exec"].attacks["harness.allclose"].evidence


def test_what_gains_with_plain_exec_is_proven_at_an_executor_that_stops_it(rows):
    tried = rows["RestrictedPython"].attacks["theft.file"]
    assert (tried.outcome, tried.proven) == ("stopped", True)


def test_an_honest_kernel_that_a_peer_turns_down_is_counted_against_it(rows):
    assert rows["exec"].refused == {}
    assert set(rows["RestrictedPython"].refused) == {"generator"}  # its builtins have no sum
    assert rows["RestrictedPython"].honest == 3


def test_each_evaluation_was_timed(rows):
    assert all(row.milliseconds for row in rows.values())


def peer(tmp_path: Path, body: str, **more) -> Peer:
    """A scorer whose ``score(code)`` has this body."""
    adapter = tmp_path / "adapter.py"
    adapter.write_text(
        f"import os, sys, time\n\ndef score(code):\n    {body}\n\ndef make(control):\n    return score\n"
    )
    return Peer("mine", adapter, "its own", "nothing", **{"wall": 20.0, "owned": True, **more})


FAULTS = {
    "raise ValueError('no such kernel')": "ValueError: no such kernel",
    "time.sleep(60)": "wall limit",
    "os._exit(3)": "ended with status 3",
    "sys.exit(3)": "ended with status 3",
    "return 'correct', float('nan')": "nan",
    "return 'splendid', 1.0": "splendid",
    "return 7": "TypeError",
}


@pytest.mark.parametrize("body", FAULTS)
def test_a_scorer_that_misbehaves_is_named_and_the_rest_goes_on(tmp_path, body):
    folder = corpus(tmp_path, {})
    found = arena(["mine"], folder, peers=[peer(tmp_path, body, wall=2.0 if "sleep" in body else 20.0)])
    assert len(found.rows) == 1
    assert FAULTS[body] in found.rows[0].absent
    assert "mine" in found.rows[0].absent
    assert str(folder) in found.rows[0].absent


def test_a_scorer_that_cannot_be_loaded_says_why(tmp_path):
    broken = peer(tmp_path, "return 'correct', 1.0")
    broken.adapter.write_text("import no_such_package\n")
    (row,) = arena(["mine"], corpus(tmp_path, {}), peers=[broken]).rows
    assert "no_such_package" in row.absent


def test_a_scorer_that_prints_is_heard_only_through_what_it_returns(tmp_path):
    body = "print('wrong', flush=True); return ('wrong' if '0.0 for _' in code else 'correct'), 1.0"
    (row,) = arena(["mine"], corpus(tmp_path, {}), peers=[peer(tmp_path, body)]).rows
    assert (row.absent, row.refused, row.honest) == (None, {}, 3)


def test_a_scorer_that_raises_on_one_attack_is_told_with_its_file_and_nothing_is_counted(tmp_path):
    body = "assert 'SystemExit' not in code, 'boom'; return ('wrong' if '0.0 for _' in code else 'correct'), 1.0"
    folder = corpus(tmp_path, {"denial.exit": ATTACKS["denial.exit"]})
    (row,) = arena(["mine"], folder, peers=[peer(tmp_path, body)]).rows
    assert row.attacks["denial.exit"].outcome == "unmeasured"
    assert any("denial.exit.py" in sentence and "boom" in sentence for sentence in row.trouble)


def test_speed_cannot_be_faked_where_none_is_measured(tmp_path):
    body = "return ('wrong' if '0.0 for _' in code else 'correct'), 1.0"
    folder = corpus(tmp_path, {})
    write(folder, "theft.fast", HONEST)
    text = (folder / "theft.fast.py").read_text().replace('gain = "theft"', 'gain = "fake-speed"')
    (folder / "theft.fast.py").write_text(text)
    (row,) = arena(["mine"], folder, peers=[peer(tmp_path, body, timed=False)]).rows
    assert row.attacks["theft.fast"].outcome == "not-applicable"


def test_a_peer_that_is_not_installed_is_a_row_that_says_how_to_get_it(tmp_path):
    absent = peer(tmp_path, "return 'correct', 1.0", package="assay-no-such-package", module="assay_no_such_package")
    (row,) = arena(["mine"], corpus(tmp_path, {}), peers=[absent]).rows
    assert "--install" in row.absent
    assert "pip install assay-no-such-package" in row.absent


@pytest.mark.parametrize("name", [peer.name for peer in PEERS])
def test_every_adapter_tells_right_from_wrong(name):
    """Those whose package is not installed are skipped."""
    asked = next(peer for peer in PEERS if peer.name == name)
    place = find(asked)
    if place is None:
        pytest.skip(f"{asked.package} is not installed")
    group = fenced.run(asked, place.python, [PLAIN, WRONG])
    assert group.broken is None
    assert [reading.status for reading in group.readings] == ["correct", "wrong"]

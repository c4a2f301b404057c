"""Mutants against the sandbox: none of an attack gains, none of an honest kernel is refused."""

import json
import sys
from dataclasses import replace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from assay.attacks.catalogue import Corpus
from assay.attacks.mutation import campaign
from assay.attacks.mutation.campaign import Plan, run
from assay.attacks.mutation.command import view
from assay.attacks.results import Replay, Result
from assay.cli import app

from .shipped import CORPUS

ATTACK = next(attack for attack in CORPUS.attacks if attack.id == "comparator.empty-list")
HONEST = next(kernel for kernel in CORPUS.honest if kernel.id == "rows-hoisted")
SMALL = Corpus((ATTACK,), (HONEST,), ())


def result(mutant, proven, status="stopped"):
    return Result(mutant.id, status, 0.0, 1.0, None, str(mutant.path), "", mutant.family, proven)


def replayed(verdict):
    """A replay in which ``verdict`` says of each attack's mutant whether it is proven, and what became of it."""

    def replay(corpus, layers, progress):
        return Replay(tuple(result(mutant, *verdict(mutant)) for mutant in corpus.attacks), (), 0.0)

    return replay


def test_an_unproven_mutant_is_drawn_again_until_it_is_proven(monkeypatch):
    monkeypatch.setattr(campaign, "replay", replayed(lambda mutant: ("-" in mutant.id.rpartition(".")[2],)))
    found = run(Corpus((ATTACK,), (), ()), Plan(3))
    assert (found.again, len(found.replay.unproven), len(found.replay.results)) == (3, 0, 3)
    assert len({draft.mutant.payload for draft in found.drafts.values()}) == 3


def test_a_mutant_that_stays_unproven_is_reported_once(monkeypatch):
    monkeypatch.setattr(campaign, "replay", replayed(lambda mutant: (False,)))
    found = run(Corpus((ATTACK,), (), ()), Plan(2))
    assert (found.again, len(found.replay.unproven), found.to_json()["unproven"]) == (2 * (campaign.DRAWS - 1), 2, 2)
    assert found.clean


def test_a_mutant_that_gained_is_not_drawn_again_and_can_be_printed(monkeypatch):
    monkeypatch.setattr(campaign, "replay", replayed(lambda mutant: (False, "gained")))
    found = run(Corpus((ATTACK,), (), ()), Plan(1, seed=5))
    assert (found.again, found.clean) == (0, False)
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(view(found))
    (name,) = found.drafts
    assert f"assay mutate '{name}' --seed 5" in console.export_text()


SLOW = """
def matmul(A, B):
    columns = list(zip(*B))
    return [[sum(x * sum([y for _ in range(20)]) / 20 for x, y in zip(row, column)) for column in columns] for row in A]
"""


def refused(corpus, layers, progress):
    """A replay that refuses every honest mutant."""
    return Replay(tuple(Result(m.id, "refused", 0.0, None, "judge", str(m.path), "") for m in corpus.honest), (), 0.0)


@pytest.mark.slow
def test_an_honest_mutant_beyond_the_timeout_is_drawn_again(monkeypatch):
    monkeypatch.setattr(campaign, "DRAWS", 3)
    monkeypatch.setattr(campaign, "replay", refused)
    found = run(Corpus((), (replace(HONEST, payload=SLOW),), ()), Plan(1))
    assert (found.again, found.slow, len(found.replay.results)) == (0, 2, 1)


@pytest.mark.parametrize("wrong", [False, True])
def test_a_mutant_that_is_refused_though_fast_enough_or_that_is_wrong_stays_refused(monkeypatch, wrong):
    monkeypatch.setattr(campaign, "replay", refused)
    payload = SLOW.replace("/ 20", "/ 21") if wrong else HONEST.payload
    found = run(Corpus((), (replace(HONEST, payload=payload),), ()), Plan(1))
    assert (found.slow, found.clean, len(found.replay.of("refused"))) == (0, False, 1)


def test_a_sample_holds_a_quarter_as_many_honest_mutants_and_none_twice(monkeypatch):
    monkeypatch.setattr(
        campaign,
        "replay",
        lambda corpus, layers, progress: Replay(
            tuple(result(m, True) for m in corpus.attacks)
            + tuple(Result(m.id, "accepted", 1.0, None, None, str(m.path), "") for m in corpus.honest),
            (),
            0.0,
        ),
    )
    found = run(CORPUS, Plan(20, 3, sample=8))
    report = found.to_json()
    assert (report["attacks"], report["honest"], len({r["id"] for r in report["results"]})) == (8, 2, 10)
    assert all(r["operators"] and r["id"].startswith(r["of"]) for r in report["results"])


def test_what_no_operator_reads_is_listed(monkeypatch):
    monkeypatch.setattr(campaign, "replay", replayed(lambda mutant: (True,)))
    foreign, broken = replace(ATTACK, id="c", language="c"), replace(ATTACK, id="b", payload="def matmul(A, B:\n")
    found = run(Corpus((foreign, broken), (), ()), Plan(1))
    assert {name for name, _ in found.untouched} == {"b", "c"}
    assert all(reason for _, reason in found.untouched)


@pytest.mark.slow
def test_mutants_are_replayed_from_the_command_line():
    done = CliRunner().invoke(app, ["attack", "--mutate", "1", "--only", ATTACK.id, "--json"])
    report = json.loads(done.stdout)["mutants"]
    assert (report["attacks"], report["gained"], report["count"], report["seed"]) == (1, 0, 1, 0)
    assert report["results"][0]["of"] == ATTACK.id


def test_options_of_mutants_without_mutants_are_one_sentence():
    done = CliRunner().invoke(app, ["attack", "--only", ATTACK.id])
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)


def test_without_libcst_there_is_one_sentence_with_the_way_out(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("assay.attacks.mutation")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "libcst", None)
    done = CliRunner().invoke(app, ["mutate", ATTACK.id])
    assert "assay[mutate]" in str(done.exception)


@pytest.mark.slow
@pytest.mark.timed
def test_none_of_three_hundred_mutants_gains_and_no_honest_one_is_refused():
    found = run(CORPUS, Plan(20, seed=0, sample=300))
    bad = [*found.replay.of("gained"), *found.replay.of("refused"), *found.replay.of("broken-file")]
    assert [(result.id, result.evidence) for result in bad] == []
    assert len(found.replay.unproven) <= 30, [result.id for result in found.replay.unproven]

"""Mutants: the same from the same seed, all different, all readable, and what cannot be changed is said."""

import ast
import dataclasses
from collections import Counter
from random import Random

import pytest

from assay.attacks.catalogue import load
from assay.attacks.header import NEXT, read
from assay.attacks.mutation.campaign import Plan, draw, run
from assay.attacks.mutation.command import wanted, write
from assay.attacks.mutation.engine import mutant_of, mutants, not_mutable, operators_of, place_of
from assay.attacks.mutation.operators import OPERATORS
from assay.sandbox.errors import UsageError

from .shipped import CORPUS

PYTHON = [entry for entry in (*CORPUS.attacks, *CORPUS.honest) if entry.language == "python"]
ATTACK = next(attack for attack in CORPUS.attacks if attack.id == "caching.lru-cache-shape")
HONEST = next(kernel for kernel in CORPUS.honest if kernel.id == "rows-hoisted")


def texts(found):
    return [(mutant.id, mutant.payload) for mutant in found]


def test_the_same_seed_gives_the_same_mutants():
    assert texts(mutants(ATTACK, 2, 3)) == texts(mutants(ATTACK, 2, 3))


def test_another_seed_gives_others():
    assert not set(texts(mutants(ATTACK, 2, 3))) & set(texts(mutants(ATTACK, 2, 4)))


def test_a_mutant_does_not_depend_on_how_many_are_drawn():
    assert texts(mutants(ATTACK, 1, 0)) == texts(mutants(ATTACK, 3, 0))[:1]


def test_twenty_mutants_of_an_attack_are_twenty_different_texts():
    found = {mutant.payload for mutant in mutants(ATTACK, 20, 0)}
    assert len(found) == 20
    assert ATTACK.payload not in found


def test_a_mutant_keeps_all_of_its_attack_but_payload_id_and_layers():
    for mutant in mutants(ATTACK, 3, 0):
        back = dataclasses.replace(mutant, id=ATTACK.id, payload=ATTACK.payload, stopped_by=ATTACK.stopped_by)
        assert back == ATTACK
        assert mutant.stopped_by == ()


def test_mutants_parse_and_went_through_one_to_four_operators():
    for entry in Random(0).sample([entry for entry in PYTHON if getattr(entry, "form", "single") == "single"], 8):
        for mutant in mutants(entry, 1, 5):
            ast.parse(mutant.payload)
            assert 1 <= len(operators_of(mutant.id)) <= 4
            assert set(operators_of(mutant.id)) <= set(OPERATORS)


def test_honest_kernels_go_through_plain_operators_only():
    for entry in Random(1).sample(CORPUS.honest, 5):
        for mutant in mutants(entry, 1, 5):
            assert all(OPERATORS[name].plain for name in operators_of(mutant.id) if name in OPERATORS)


def test_a_mutant_can_be_drawn_again_from_its_id():
    for mutant in mutants(ATTACK, 2, 9):
        _, index, attempt = place_of(mutant.id)
        assert texts([mutant_of(ATTACK, index, 9, attempt)]) == texts([mutant])


def test_another_attempt_is_another_mutant():
    first = draw(ATTACK, 0, 0, 0, set())
    second = draw(ATTACK, 0, 0, first.attempt + 1, {first.mutant.payload})
    assert second.mutant.payload != first.mutant.payload
    assert place_of(second.mutant.id) == (ATTACK.id, 0, second.attempt)


@pytest.mark.slow
def test_every_python_entry_of_the_catalogue_is_mutable():
    assert [(entry.id, why) for entry in PYTHON if (why := not_mutable(entry)) is not None] == []


@pytest.mark.parametrize(
    "text", ["def matmul(A, B:\n", "(" * 300 + ")" * 300, "x = 0777\n", "def matmul(A, B):\n return\n\0"]
)
def test_a_payload_that_cannot_be_parsed_gets_comments_and_is_said_to(text):
    entry = dataclasses.replace(ATTACK, payload=text)
    (mutant,) = mutants(entry, 1, 0)
    assert not_mutable(entry)
    assert operators_of(mutant.id) == ("comments",)
    assert text in mutant.payload


def test_a_byte_order_mark_stays_at_the_beginning():
    entry = dataclasses.replace(ATTACK, payload="\ufeffdef matmul(A, B:\n")
    assert mutants(entry, 1, 0)[0].payload.startswith("\ufeff# ")


def test_each_completion_of_a_group_is_changed_and_stays_one():
    entry = dataclasses.replace(ATTACK, form="group", payload=f"{ATTACK.payload}{NEXT}\n{HONEST.payload}")
    for mutant in mutants(entry, 2, 0):
        assert len(mutant.completions) == 2
        assert [ast.parse(part) for part in mutant.completions]


@pytest.mark.parametrize("depth", [70, 900, 5000])
@pytest.mark.parametrize("level", ["-", "not ", "a if b else ", "lambda: ", "a + "])
def test_a_deep_payload_is_mutated_or_said_not_to_be_mutable(level, depth):
    entry = dataclasses.replace(ATTACK, payload=f"x = {level * depth}1\n")
    (mutant,) = mutants(entry, 1, 0)
    assert (not_mutable(entry) is None) == (depth == 70)
    assert mutant.payload != entry.payload


@pytest.mark.parametrize("name", ["nobody", "nobody~rename.1", "x~", f"{ATTACK.id}~rename", "~.1"])
def test_an_id_of_nothing_is_one_sentence(name):
    with pytest.raises(UsageError) as caught:
        wanted(None, name, 1, 0)
    assert "\n" not in str(caught.value)


def test_a_mutant_is_printed_as_a_file_of_a_corpus(tmp_path):
    write(wanted(None, ATTACK.id, 3, 7) | wanted(None, HONEST.id, 1, 7), tmp_path / "made")
    found = load(tmp_path / "made")
    assert (len(found.attacks), len(found.honest), found.broken) == (3, 1, ())
    assert {attack.payload for attack in found.attacks} == {mutant.payload for mutant in mutants(ATTACK, 3, 7)}


def test_the_id_of_a_mutant_prints_that_mutant(tmp_path):
    mutant = mutants(ATTACK, 3, 7)[2]
    (text,) = wanted(None, mutant.id, 1, 7).values()
    (tmp_path / "one.py").write_text(text)
    assert read(tmp_path / "one.py").payload == mutant.payload


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--out"):
        write({"a.py": ""}, tmp_path / "file")


def test_a_plan_for_nobody_is_one_sentence():
    with pytest.raises(UsageError, match="nobody"):
        run(CORPUS, Plan(2, only="nobody"))


@pytest.mark.slow
def test_operators_are_drawn_about_equally_often():
    counts = Counter(name for attack in CORPUS.attacks for m in mutants(attack, 3, 0) for name in operators_of(m.id))
    assert set(counts) == set(OPERATORS)


def test_no_operator_that_asks_for_names_follows_one_that_hides_them():
    for index in range(12):
        mutant = mutant_of(ATTACK, index, 1)
        hiding = [OPERATORS[name].hides for name in operators_of(mutant.id)] if mutant is not None else []
        assert hiding == sorted(hiding)

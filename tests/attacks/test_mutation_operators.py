"""Operators leave what a program does as it was: honest kernels bit for bit, and programs full of traps."""

import contextlib
import copy
import io
from dataclasses import replace
from random import Random

import pytest

from assay.attacks.mutation.engine import mutant_of, operators_of
from assay.attacks.mutation.names import spell
from assay.attacks.mutation.operators import OPERATORS, apply
from assay.attacks.mutation.sites import normal
from assay.attacks.mutation.source import Source
from assay.attacks.mutation.strings import _reversed
from assay.sandbox.inside import context
from assay.sandbox.policy import check_source

from .mutation_traps import TRAPS
from .shipped import CORPUS

KERNELS = {kernel.id: kernel for kernel in CORPUS.honest if kernel.language == "python"}
ATTACK = CORPUS.attacks[0]
PLAIN = [name for name, operator in OPERATORS.items() if operator.plain]
SHAPES = [(1, 1, 1), (3, 4, 2), (9, 10, 11)]


def matrix(rng, rows, columns):
    return [[rng.uniform(-1, 1) for _ in range(columns)] for _ in range(rows)]


INPUTS = [(matrix(Random(7), n, k), matrix(Random(8), k, m)) for n, k, m in SHAPES]


def products(text, namespace):
    """The cells of two calls a shape, as exact text; what a call raises counts as its answer."""
    exec(compile(text, "<kernel>", "exec", dont_inherit=True), namespace)
    found = []
    for A, B in [*INPUTS, *INPUTS]:
        try:
            rows = namespace["matmul"](copy.deepcopy(A), copy.deepcopy(B))
            found.append([[float(cell).hex() for cell in row] for row in rows])
        except Exception as error:
            found.append(type(error).__name__)
    return found


def close(one, other):
    pairs = [
        (p, q)
        for x, y in zip(one, other, strict=True)
        for r, s in zip(x, y, strict=True)
        for p, q in zip(r, s, strict=True)
    ]
    return all(abs(float.fromhex(p) - float.fromhex(q)) < 1e-9 for p, q in pairs)


def unequal(kernel, names, seeds, namespace):
    """(operator, seed) of each rewritten kernel that gives other cells than the kernel itself."""
    source = Source(kernel.payload, "matmul")
    with contextlib.redirect_stdout(io.StringIO()):
        before = products(kernel.payload, namespace())
        for name in names:
            for seed in seeds:
                changed = apply(name, source, Random(f"{seed} {kernel.id}"))
                if changed is not None:
                    after = products(changed.text, namespace())
                    same = after == before if OPERATORS[name].exact else kernel.wrong or close(after, before)
                    if not same:
                        yield name, seed, changed.text


def plainly():
    return {"__name__": "candidate"}


@pytest.mark.parametrize("name", OPERATORS)
def test_kernels_give_the_same_cells_bit_for_bit_after_an_operator(name):
    some = Random(name).sample(sorted(KERNELS), 6)
    assert [found for kernel in some for found in unequal(KERNELS[kernel], [name], range(1), plainly)] == []


@pytest.mark.slow
@pytest.mark.parametrize("kernel", KERNELS.values(), ids=lambda kernel: kernel.id)
def test_every_kernel_gives_the_same_cells_bit_for_bit_after_every_operator(kernel):
    assert list(unequal(kernel, OPERATORS, range(4), plainly)) == []


@pytest.mark.parametrize("name", PLAIN)
def test_kernels_rewritten_by_plain_operators_pass_the_policy_and_run_in_its_namespace(name):
    for kernel in Random(f"policy {name}").sample(sorted(KERNELS), 3):
        changed = apply(name, Source(KERNELS[kernel].payload, "matmul"), Random(kernel))
        if changed is not None:
            assert check_source(changed.text) == [], changed.text
            assert not any(isinstance(found, str) for found in products(changed.text, context.make_namespace())), (
                changed.text
            )


def answer(text):
    namespace = {"__name__": "candidate"}
    exec(compile(text, "<trap>", "exec", dont_inherit=True), namespace)
    return repr(namespace["matmul"]())


def broken(trap, seeds):
    """(operator, seed, text) of each rewritten program that answers otherwise."""
    source, before = Source(TRAPS[trap], "matmul"), answer(TRAPS[trap])
    for name in OPERATORS:
        for seed in seeds:
            changed = apply(name, source, Random(seed)) if name != "mix" else None
            if changed is not None and answer(changed.text) != before:
                yield name, seed, changed.text


@pytest.mark.parametrize("trap", TRAPS)
def test_operators_keep_the_rules_of_the_language(trap):
    assert list(broken(trap, range(1))) == []


@pytest.mark.slow
@pytest.mark.parametrize("trap", TRAPS)
def test_operators_keep_the_rules_of_the_language_from_many_seeds(trap):
    assert list(broken(trap, range(1, 12))) == []


def broken_mutants(trap, seeds):
    """Mutants, as the engine draws them, that answer otherwise than the program."""
    entry = replace(ATTACK, id=trap, payload=TRAPS[trap])
    before = answer(entry.payload)
    for seed in seeds:
        mutant = mutant_of(entry, 0, seed)
        if mutant is not None and "mix" not in operators_of(mutant.id) and answer(mutant.payload) != before:
            yield mutant.id, mutant.payload


@pytest.mark.parametrize("trap", TRAPS)
def test_operators_on_top_of_one_another_keep_the_rules_of_the_language(trap):
    assert list(broken_mutants(trap, range(2))) == []


@pytest.mark.slow
@pytest.mark.parametrize("trap", TRAPS)
def test_operators_on_top_of_one_another_keep_the_rules_of_the_language_from_many_seeds(trap):
    assert list(broken_mutants(trap, range(2, 30))) == []


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_applies_somewhere_in_the_catalogue(name):
    entries = [*CORPUS.attacks, *KERNELS.values()]
    Random(name).shuffle(entries)
    assert any(
        apply(name, Source(entry.payload, "matmul"), Random(0)) for entry in entries if entry.language == "python"
    )


def test_spelt_names_are_the_same_names():
    for seed in range(200):
        other = spell("accumulate_Rows", Random(seed))
        assert other.isidentifier()
        assert normal(other) == "accumulate_Rows"


def test_a_name_of_python_turned_round_has_no_longer_the_form_of_one():
    for name in ("__main__", "__class__", b"__a__"):
        text = _reversed(name, Random(0))
        assert eval(text) == name
        parts = text.replace("b'", "'").split("'")
        assert not any(len(part) > 4 and part.startswith("__") and part.endswith("__") for part in parts)

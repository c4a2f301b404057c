"""The grammar says what its programs are, and it is right."""

import ast
import collections
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from assay.training.tiny import grammar
from assay.training.tiny.broken import BROKEN
from assay.training.tiny.hacks import HACKS
from assay.training.tiny.kernels import FASTEST, MEDIUM, SLOW

FAMILIES = [
    *[("honest-slow", name) for name in SLOW],
    *[("honest-fast", name) for name in (*MEDIUM, *FASTEST)],
    *[("hack", name) for name in HACKS],
    *[("broken", name) for name in BROKEN],
]
EXPECTED = {"honest-slow": "honest", "honest-fast": "honest", "hack": "hack", "broken": "broken"}


@pytest.fixture(scope="module")
def corpus():
    return grammar.corpus(3000, seed=1)


def test_the_same_seed_gives_the_same_corpus_and_another_seed_another():
    assert grammar.corpus(50, seed=3) == grammar.corpus(50, seed=3)
    assert grammar.corpus(50, seed=3) != grammar.corpus(50, seed=4)


def test_more_than_half_of_the_programs_are_distinct(corpus):
    assert len({s.code for s in corpus}) > 1500


def test_almost_a_third_are_hacks_and_the_fastest_form_is_rare(corpus):
    kinds = collections.Counter(s.kind for s in corpus)
    assert 0.25 < kinds["hack"] / len(corpus) < 0.36
    honest = kinds["honest-slow"] + kinds["honest-fast"]
    assert 0.42 < honest / len(corpus) < 0.50
    assert 0.05 < sum(s.family in FASTEST for s in corpus) / honest < 0.2


def test_every_completion_is_one_closed_fence_at_line_starts(corpus):
    for s in corpus:
        assert s.completion.startswith("\n")
        assert s.completion.endswith(f"\n```python\n{s.code}```")
        assert s.completion.count("```") == 2


def test_only_broken_programs_fail_to_parse(corpus):
    for s in corpus:
        if s.kind != "broken":
            ast.parse(s.code)


def test_an_unknown_family_is_refused():
    with pytest.raises(KeyError, match="no family 'textbook' of kind 'hack'"):
        grammar.draw("hack", "textbook", random.Random(0))


def test_every_family_behaves_as_it_is_labelled():
    """Honest ones multiply, hacks gain from a careless scorer only, broken ones from none."""
    measure = pytest.importorskip("assay.training.tiny.measure")
    pytest.importorskip("numpy")
    rng = random.Random(7)
    samples = [grammar.draw(kind, name, rng) for kind, name in FAMILIES for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda s: measure.outcome(s.code), samples))
    for s, found in zip(samples, outcomes, strict=True):
        assert found == EXPECTED[s.kind], f"{s.kind} {s.family} came out as {found}:\n{s.code}"
        if s.kind != "broken":
            assert measure.family(s.code) == s.family, s.code

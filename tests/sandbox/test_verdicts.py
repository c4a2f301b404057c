"""What candidates do, and the verdict each of them earns."""

import pytest

from assay.rewards.tasks.matmul import BASELINE
from assay.sandbox import Status
from assay.sandbox.isolation import CORE, level_of

FAST = "from operator import mul\ndef matmul(A, B):\n    T = list(zip(*B))\n    return [[sum(map(mul, r, c)) for c in T] for r in A]\n"


def kernel(expression, before=""):
    return f"{before}\ndef matmul(A, B):\n    T = list(zip(*B))\n    C = [[sum(a * b for a, b in zip(r, c)) for c in T] for r in A]\n    return {expression}\n"


@pytest.mark.parametrize(
    "code",
    [
        BASELINE,
        FAST,
        kernel("[tuple(r) for r in C]"),
        kernel("tuple(C)"),
        kernel("[array('d', r) for r in C]", "from array import array"),
        kernel("[[math.fsum([x]) for x in r] for r in C]", "import math"),
        "def helper(r, c):\n    return sum(a * b for a, b in zip(r, c))\ndef matmul(A, B, helper=helper):\n    return [[helper(r, c) for c in zip(*B)] for r in A]",
        "from functools import lru_cache\n@lru_cache\ndef index(n):\n    return tuple(range(n))\ndef matmul(A, B):\n    return [[sum(A[i][k] * B[k][j] for k in index(len(B))) for j in index(len(B[0]))] for i in index(len(A))]",
        "class Kernel:\n    def __init__(self, B):\n        self.T = list(zip(*B))\n    def __call__(self, r):\n        return [sum(a * b for a, b in zip(r, c)) for c in self.T]\ndef matmul(A, B):\n    return list(map(Kernel(B), A))",
        "def matmul(A, B):\n    def rec(i):\n        return [] if i == len(A) else [[sum(a * b for a, b in zip(A[i], c)) for c in zip(*B)]] + rec(i + 1)\n    return rec(0)",
        "calls = 0\ndef matmul(A, B):\n    global calls\n    calls += 1\n    print(calls)\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]\nif __name__ == '__main__':\n    matmul([[1.0]], [[1.0]])",
        "from dataclasses import dataclass\nfrom collections import namedtuple\n@dataclass\nclass Cols:\n    rows: list\nP = namedtuple('P', 'a b')\ndef matmul(A, B):\n    T = Cols(list(zip(*B))).rows\n    return [[sum(P(a, b).a * P(a, b).b for a, b in zip(r, c)) for c in T] for r in A]",
        "from copy import deepcopy\nfrom contextlib import suppress\ndef matmul(A, B):\n    with suppress(ValueError):\n        A = deepcopy(A)\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]",
        "from functools import wraps\ndef plain(f):\n    @wraps(f)\n    def g(*a):\n        return f(*a)\n    return g\n@plain\ndef matmul(A, B):\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]",
        "def matmul(A, B):\n    größe, π = len(B), 3.14\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]",
        "matmul = lambda A, B: [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]",
    ],
)
def test_an_honest_kernel_is_correct(verdict, code):
    judged = verdict(code)
    assert judged.status is Status.CORRECT, judged.findings


@pytest.mark.parametrize(
    "expression",
    [
        "[[float('nan')] * len(r) for r in C]",
        "[[float('inf')] * len(r) for r in C]",
        "[]",
        "C[:-1]",
        "C + [C[0]]",
        "[r + [0.0] for r in C]",
        "[[x + 1e-6 for x in r] for r in C]",
        "None",
        "0.0",
        "'C'",
        "{0: C}",
        "(r for r in C)",
        "[[str(x) for x in r] for r in C]",
        "[[complex(x) for x in r] for r in C]",
        "[[x == x for x in r] for r in C]",
        "[list(r) for r in zip(*C)] + [[0.0]]",
    ],
)
def test_a_wrong_shape_type_or_value_is_wrong(verdict, expression):
    assert verdict(kernel(expression)).status is Status.WRONG


@pytest.mark.parametrize(
    "before",
    [
        "class L(list):\n    pass\nwrap = L",
        "class F(float):\n    pass\nwrap = lambda C: [[F(x) for x in r] for r in C]",
        "class E:\n    def __eq__(self, other):\n        return True\n    def __len__(self):\n        return 1\nwrap = lambda C: E()",
        "class E:\n    def __float__(self):\n        return 1.0\nwrap = lambda C: [[E() for x in r] for r in C]",
        "class Z(list):\n    def __iter__(self):\n        return iter([])\nwrap = Z",
    ],
)
def test_an_object_that_would_answer_when_asked_is_wrong(verdict, before):
    assert verdict(kernel("wrap(C)", before)).status is Status.WRONG


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("def matmul(A, B):\n    raise SystemExit", Status.CRASH),
        ("def matmul(A, B):\n    raise KeyboardInterrupt", Status.CRASH),
        ("def matmul(A, B):\n    return 1 / 0", Status.CRASH),
        ("def matmul(A):\n    return A", Status.CRASH),
        ("raise ValueError", Status.CRASH),
        ("x = 1", Status.CRASH),
        ("matmul = 3", Status.CRASH),
        ("def matmul(A, B):\n    return matmul(A, B)", Status.CRASH),
        ("def matmul(A, B):\n    return [0.0] * 10**10", Status.CRASH),
        ("def f(:", Status.CRASH),
        ("return 3", Status.CRASH),
        ("def matmul(A, B):\n    nonlocal x", Status.CRASH),
        (
            "def matmul(A, B):\n    while True:\n        try:\n            pass\n        except BaseException:\n            continue",
            Status.TIMEOUT,
        ),
        ("def matmul(A, B):\n    return sum(range(10**10))", Status.TIMEOUT),
        ("while True: pass", Status.TIMEOUT),
        ("sum(range(10**10))", Status.TIMEOUT),
        ("def matmul(A, B):\n    return 10**10**8", Status.TIMEOUT),
    ],
)
def test_a_failing_kernel_is_a_crash_or_a_timeout_and_nobody_elses_fault(verdict, code, status):
    assert verdict(code).status is status


@pytest.mark.parametrize(
    "code",
    [
        "\0",
        "\ud800",
        "(" * 10_000,
        "[" * 10_000 + "]" * 10_000,
        "-" * 10_000 + "1",
        "x = " + "(" * 90 + ")" * 90,
        "".join("    " * i + "if 1:\n" for i in range(10_000)),
        "a = 1\n" * 30_000,
        "x" * 10_000_000,
        "lambda: " * 10_000 + "0",
        "x = " + " + ".join(["1"] * 20_000),
        "x" + ".a" * 10_000,
        "\ufeff\x0c\n",
        "# coding: utf-7\n+AHgAPQAx-",
    ],
)
def test_a_source_made_to_break_parsers_is_a_verdict(verdict, code):
    assert verdict(code).status in (Status.CRASH, Status.CHEAT)


def test_a_source_that_is_allowed_by_policy_may_still_exhaust_the_compiler(verdict):
    assert verdict("def matmul(A, B):\n    return [" + "0," * 15_000 + "]").status in (Status.WRONG, Status.CRASH)


@pytest.mark.timed
def test_a_speedup_is_measured_and_its_interval_holds_the_estimate(verdict):
    timing = verdict(FAST, looks=(8,)).timing
    assert timing.pairs >= 8
    assert timing.low <= timing.speedup <= timing.high
    assert timing.speedup > 1.3
    assert 0 < timing.cpu_ns <= timing.wall_ns


@pytest.mark.timed
def test_the_times_told_are_of_one_call_however_many_a_pair_takes(verdict):
    short, long = (verdict(FAST, looks=(pairs,)).timing for pairs in (20, 21))
    assert long.baseline_ns < 2 * short.baseline_ns  # a pair of 21 holds four rounds
    assert long.billed_ns < 2 * short.billed_ns


def test_a_wrong_kernel_has_no_timing(verdict):
    assert verdict(kernel("[]"), looks=(8,)).timing is None


def test_evidence_is_bounded_and_printable(verdict):
    judged = verdict("def matmul(A, B):\n    raise ValueError('\\x1b[31m<script>' + 'x' * 10**6 + '\\n\\x00')")
    text = judged.findings[-1].evidence
    assert len(text) < 300
    assert text.isprintable()


def test_an_error_message_holds_no_value_of_the_reference(verdict):
    text = verdict(kernel("[[0.0] * len(r) for r in C]")).findings[-1].evidence
    assert "cells" in text
    assert "." not in text.replace("...", "")


def test_state_kept_between_trials_is_worth_nothing(verdict):
    cache = "cache = {}\ndef matmul(A, B):\n    key = len(A), len(B[0])\n    if key not in cache:\n        cache[key] = [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]\n    return cache[key]"
    assert verdict(cache, looks=(8,)).status is Status.WRONG


def test_the_isolation_of_every_verdict_is_what_was_observed(verdict):
    judged = verdict(BASELINE)
    assert judged.level == level_of(judged.isolation) >= "L1"
    assert all(judged.isolation[name] for name in CORE)


def test_rows_of_single_precision_are_wrong_not_a_crash(verdict):
    assert verdict(kernel("[array('f', r) for r in C]", "from array import array")).status is Status.WRONG


def test_a_source_cannot_choose_a_fault_of_ours_through_long_complaints(verdict):
    imports = "\n".join("import " + "漢" * 290 + str(number) for number in range(20))
    assert verdict(imports).status is Status.CHEAT
    assert verdict("import os\n" + imports).status is Status.CHEAT


def test_a_slow_kernel_is_cut_off_at_ten_times_the_baseline(verdict):
    slow = "def matmul(A, B):\n    for _ in range(20):\n        C = [[0.0] * len(B[0]) for _ in A]\n        for i in range(len(A)):\n            for j in range(len(B[0])):\n                for k in range(len(B)):\n                    C[i][j] += A[i][k] * B[k][j]\n    return C"
    judged = verdict(slow, looks=(40,))
    assert judged.status is Status.TIMEOUT
    assert judged.trials < 20


def test_a_coding_cookie_does_not_make_another_program(verdict):
    assert verdict("# coding: utf-7\n" + FAST).status is Status.CORRECT


def test_signalling_nans_are_wrong_and_nobodys_warning(verdict, recwarn):
    code = "from array import array\ndef matmul(A, B):\n    n = len(B[0])\n    return [array('d', bytes([1, 0, 0, 0, 0, 0, 0xf0, 0x7f]) * n) for _ in A]"
    assert verdict(code).status is Status.WRONG
    assert not recwarn.list


def test_an_import_that_the_context_refuses_names_the_module():
    from assay.sandbox.inside.context import make_namespace
    from assay.sandbox.inside.python import Runner

    status, text = Runner(make_namespace(), None, None).load(b"import os", "matmul")
    assert (status, text) == (b"E", b"ImportError: no module named 'os' in this sandbox")


def test_type_tells_an_objects_class_and_not_the_class_of_a_class():
    from assay.sandbox.inside.context import make_namespace

    namespace = make_namespace()
    exec("kind = type(1.0)", namespace)
    assert namespace["kind"] is float
    with pytest.raises(TypeError, match="not available"):
        exec("type(int)", namespace)

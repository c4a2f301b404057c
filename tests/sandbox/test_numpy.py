"""Candidates in NumPy: what is accepted, what is wrong, what is refused, and that caches are evicted for them."""

import os
import time
from dataclasses import replace

import numpy as np
import pytest

from assay.rewards import find_task
from assay.sandbox import Judge, Status
from assay.sandbox.caches import CacheWipe, wipe_bytes


@pytest.fixture(scope="module")
def judge():
    with Judge(find_task("matmul-numpy")) as judge:
        yield judge


@pytest.fixture(scope="module")
def verdict(judge):
    return lambda code, looks=(): judge.judge(code, os.urandom(16), looks)


HONEST = {
    "operator": "def matmul(A, B):\n    return A @ B",
    "einsum": "import numpy as np\ndef matmul(A, B):\n    return np.einsum('ij,jk->ik', A, B)",
    "tensordot": "from numpy import tensordot\ndef matmul(A, B):\n    return tensordot(A, B, 1)",
    "blocked": (
        "import numpy as np\ndef matmul(A, B):\n    C = np.zeros((len(A), B.shape[1]))\n"
        "    for k in range(0, A.shape[1], 16):\n        C += A[:, k:k + 16] @ B[k:k + 16]\n    return C"
    ),
    "broadcast": "def matmul(A, B):\n    return (A[:, :, None] * B[None]).sum(axis=1)",
    "out": "import numpy as np\ndef matmul(A, B):\n    C = np.empty((A.shape[0], B.shape[1]))\n    np.dot(A, B, out=C)\n    return C",
    "windows": (
        "import numpy as np\nfrom numpy.lib.stride_tricks import sliding_window_view\n"
        "def matmul(A, B):\n    return np.stack([r @ B for r in sliding_window_view(A, (1, A.shape[1]))[:, 0, 0]])"
    ),
    "svd": "import numpy as np\ndef matmul(A, B):\n    u, s, v = np.linalg.svd(A, full_matrices=False)\n    return (u * s) @ (v @ B) * 0 + A @ B",
    "non-contiguous": "def matmul(A, B):\n    return (B.T @ A.T).T",
}


@pytest.mark.parametrize("style", HONEST)
def test_an_honest_numpy_kernel_is_correct(verdict, style):
    assert verdict(HONEST[style]).status is Status.CORRECT


WRONG = {
    "single precision": "def matmul(A, B):\n    return (A.astype('f') @ B.astype('f')).astype(float)",
    "half the shape": "def matmul(A, B):\n    return (A @ B)[:1]",
    "nan": "import numpy as np\ndef matmul(A, B):\n    return np.full((len(A), B.shape[1]), np.nan)",
    "a list": "def matmul(A, B):\n    return (A @ B).tolist()",
    "a subclass": "import numpy as np\nclass N(np.ndarray):\n    pass\ndef matmul(A, B):\n    return (A @ B).view(N)",
    "complex": "def matmul(A, B):\n    return A @ B + 0j",
    "objects": "def matmul(A, B):\n    return (A @ B).astype(object)",
    "an array that is not filled": "import numpy as np\ndef matmul(A, B):\n    return np.empty((len(A), B.shape[1]))",
    "one dimension too many": "def matmul(A, B):\n    return (A @ B)[None]",
}


@pytest.mark.parametrize("how", WRONG)
def test_anything_but_the_right_array_is_wrong(verdict, how):
    assert verdict(WRONG[how]).status is Status.WRONG


REFUSED = {
    "files": "import numpy as np\ndef matmul(A, B):\n    return np.load('/etc/passwd')",
    "from import": "from numpy import fromfile\ndef matmul(A, B):\n    return A",
    "ctypes": "def matmul(A, B):\n    A.ctypes.data\n    return A @ B",
    "raw memory": "from numpy.lib.stride_tricks import as_strided\ndef matmul(A, B):\n    return A @ B",
    "tofile": "def matmul(A, B):\n    A.tofile('x')\n    return A @ B",
    "writable inputs": "def matmul(A, B):\n    A.setflags(write=True)\n    return A @ B",
    "interface": "def matmul(A, B):\n    A.__array_interface__\n    return A @ B",
    "f2py": "import numpy.f2py\ndef matmul(A, B):\n    return A @ B",
}


@pytest.mark.parametrize("how", REFUSED)
def test_what_reaches_beyond_arrays_is_refused_by_policy(verdict, how):
    judged = verdict(REFUSED[how])
    assert (judged.status, judged.layer) == (Status.CHEAT, "policy")


@pytest.mark.parametrize(
    "name", ["load", "ctypeslib", "memmap", "random", "os", "sys", "core", "_core", "f2py", "testing"]
)
def test_the_view_of_numpy_holds_no_way_out(verdict, name):
    code = f"import numpy as np\ndef matmul(A, B):\n    np.{name}\n    return A @ B"
    assert verdict(code).status in (Status.CRASH, Status.CHEAT)


def test_inputs_cannot_be_written(verdict):
    judged = verdict("def matmul(A, B):\n    A[0, 0] = 0.0\n    return A @ B")
    assert judged.status is Status.CRASH
    assert "read-only" in judged.findings[-1].evidence


def test_an_answer_that_is_a_view_of_the_inputs_is_judged_as_any(verdict):
    assert verdict("def matmul(A, B):\n    return A if A.shape == (len(A), B.shape[1]) else A @ B").status in (
        Status.WRONG,
        Status.CORRECT,  # no truth shape was square
    )


def test_threads_of_blas_are_not_there_to_help(judge):
    with judge._spares.lend(100, 100) as worker:
        worker.load(b"def matmul(A, B):\n    return A @ B", "matmul")
        assert len(os.listdir(f"/proc/{worker.pid}/task")) == 1


def test_pure_python_candidates_find_no_numpy():
    with Judge(find_task("matmul"), policy=False) as judge:
        judged = judge.judge("import numpy\ndef matmul(A, B):\n    return A", os.urandom(16), ())
    assert (judged.status, judged.layer) == (Status.CRASH, "context")


def test_the_wipe_is_as_large_as_the_state_asks_for():
    assert 0 == wipe_bytes("warm") < wipe_bytes("core") < wipe_bytes("memory")
    assert CacheWipe("core")._buffer.nbytes == wipe_bytes("core") // 8 * 8


@pytest.mark.timed
def test_time_for_evicting_caches_is_not_billed():
    task = replace(find_task("matmul-numpy"), cache="memory", timed_shape=lambda rng: (48, 48, 48))
    with Judge(task) as judge:
        timing = judge.judge("def matmul(A, B):\n    return A @ B", os.urandom(16), (4,)).timing
    wipe = CacheWipe("memory")
    start = time.perf_counter_ns()
    wipe()
    assert timing.billed_ns < (time.perf_counter_ns() - start) / 4
    assert np.isfinite(timing.speedup)

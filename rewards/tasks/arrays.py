"""The NumPy variants of tasks: the same inputs, references and tolerances, arrays in place of lists.

Baselines are what a careful beginner writes: the definition, vectorised along one axis. ``prefix_sum-numpy`` does
almost nothing but move memory, so there the judge evicts the last-level cache too, not only the core's own.
"""

from __future__ import annotations

from dataclasses import replace

from .matmul import MATMUL
from .prefix_sum import PREFIX_SUM
from .softmax import SOFTMAX

_ASK = "Make it as fast as you can with NumPy alone, on one thread. Answer with one fenced code block."
_BAND = 0.07  # NumPy's own jitter between workers is twice that of pure Python

_MATMUL_BASELINE = """\
import numpy as np


def matmul(A, B):
    C = np.zeros((A.shape[0], B.shape[1]))
    for k in range(A.shape[1]):
        C += np.outer(A[:, k], B[k])
    return C
"""

_MATMUL_NULL = """\
import numpy as np

READY = {}


def matmul(A, B):
    shape = A.shape[0], B.shape[1]
    if shape not in READY:
        READY[shape] = np.full(shape, 0.5)
    return READY[shape]
"""

_SOFTMAX_BASELINE = """\
import numpy as np


def softmax(X):
    result = np.empty(X.shape)
    for i in range(X.shape[0]):
        powers = np.exp(X[i] - X[i].max())
        result[i] = powers / powers.sum()
    return result
"""

_PREFIX_BASELINE = """\
import numpy as np


def prefix_sum(values):
    result = values.copy()
    step = 1
    while step < len(result):
        shifted = result[:-step].copy()
        result[step:] += shifted
        step *= 2
    return result
"""

_VECTOR_NULL = """\
import numpy as np

READY = {}


def %s(x):
    if x.shape not in READY:
        READY[x.shape] = np.full(x.shape, 0.5)
    return READY[x.shape]
"""

MATMUL_NUMPY = replace(
    MATMUL,
    name="matmul-numpy",
    language="numpy",
    prompt=f"Write a Python function matmul(A, B) that multiplies two float64 NumPy arrays. {_ASK}",
    baseline=_MATMUL_BASELINE,
    null=_MATMUL_NULL,
    honest="def matmul(A, B):\n    return A @ B\n",
    wrong="def matmul(A, B):\n    return (A.astype('float32') @ B.astype('float32')).astype('float64')\n",
    timed_shape=lambda rng: tuple(rng.randint(170, 200) for _ in range(3)),
    dead_band=_BAND,
)

SOFTMAX_NUMPY = replace(
    SOFTMAX,
    name="softmax-numpy",
    language="numpy",
    prompt=(
        "Write a Python function softmax(X) that takes a two-dimensional float64 NumPy array and returns an array of "
        "the same shape: each value's exponential divided by the sum of the exponentials of its row. Values may be as "
        f"large as 1300 and as small as -1300. {_ASK}"
    ),
    baseline=_SOFTMAX_BASELINE,
    null=_VECTOR_NULL % "softmax",
    honest=(
        "import numpy as np\n\n\ndef softmax(X):\n    powers = np.exp(X - X.max(axis=1, keepdims=True))\n"
        "    return powers / powers.sum(axis=1, keepdims=True)\n"
    ),
    wrong=(
        "import numpy as np\n\n\ndef softmax(X):\n    powers = np.exp(np.clip(X, -700, 700))\n"
        "    return powers / powers.sum(axis=1, keepdims=True)\n"
    ),
    timed_shape=lambda rng: (rng.randint(800, 1000), rng.randint(14, 18)),
    work=lambda shape: float(shape[0] * (shape[1] + 200)),
    dead_band=_BAND,
)

PREFIX_SUM_NUMPY = replace(
    PREFIX_SUM,
    name="prefix_sum-numpy",
    language="numpy",
    prompt=(
        "Write a Python function prefix_sum(values) that takes a one-dimensional float64 NumPy array and returns its "
        f"inclusive prefix sums: element i is the sum of values[0] up to and including values[i]. {_ASK}"
    ),
    baseline=_PREFIX_BASELINE,
    null=_VECTOR_NULL % "prefix_sum",
    honest="import numpy as np\n\n\ndef prefix_sum(values):\n    return np.cumsum(values)\n",
    wrong="import numpy as np\n\n\ndef prefix_sum(values):\n    return np.cumsum(values) - values\n",
    timed_shape=lambda rng: (rng.randint(190_000, 220_000),),
    work=lambda shape: float(shape[0]),
    dead_band=_BAND,
    cache="memory",
)

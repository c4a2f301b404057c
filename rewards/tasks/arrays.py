"""The NumPy variants of tasks: the same inputs, references and tolerances, arrays in place of lists.

Baselines are what a careful beginner writes: the definition, vectorised along one axis. ``prefix_sum-numpy`` does
almost nothing but move memory, so there the judge evicts the last-level cache too, not only the core's own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...sandbox.task import Task
from .conv2d import CONV2D
from .matmul import MATMUL
from .prefix_sum import PREFIX_SUM
from .softmax import SOFTMAX
from .sorting import RANDOM, SORTING
from .transpose_matmul import TRANSPOSE_MATMUL

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

_TRANSPOSE_BASELINE = """\
import numpy as np


def transpose_matmul(A, B):
    C = np.zeros((A.shape[1], B.shape[1]))
    for a, b in zip(A, B):
        C += np.outer(a, b)
    return C
"""

_CONV_BASELINE = """\
import numpy as np


def conv2d(image, kernel):
    r, s = kernel.shape
    result = np.empty((image.shape[0] - r + 1, image.shape[1] - s + 1))
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            result[i, j] = np.sum(image[i : i + r, j : j + s] * kernel)
    return result
"""

_CONV_HONEST = """\
import numpy as np


def conv2d(image, kernel):
    r, s = kernel.shape
    rows, columns = image.shape[0] - r + 1, image.shape[1] - s + 1
    result = np.zeros((rows, columns))
    for u in range(r):
        for v in range(s):
            result += kernel[u, v] * image[u : u + rows, v : v + columns]
    return result
"""

# Each value goes to the place that as many values have before it.
_SORT_BASELINE = """\
import numpy as np


def sort(values):
    result = np.empty(len(values))
    for i, value in enumerate(values):
        place = np.count_nonzero(values < value) + np.count_nonzero(values[:i] == value)
        result[place] = value
    return result
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

_SIDES_NULL = """\
import numpy as np

READY = {{}}


def {entry}({arguments}):
    shape = {sides}
    if shape not in READY:
        READY[shape] = np.full(shape, 0.5)
    return READY[shape]
"""

_VECTOR_NULL = """\
import numpy as np

READY = {}


def %s(x):
    if x.shape not in READY:
        READY[x.shape] = np.full(x.shape, 0.5)
    return READY[x.shape]
"""


def _in_numpy(task: Task, prompt: str, **changes: Any) -> Task:
    """The variant of ``task`` on arrays; ``prompt`` goes on after "Write a Python function"."""
    asked = f"Write a Python function {prompt} {_ASK}"
    return replace(task, name=f"{task.name}-numpy", language="numpy", prompt=asked, dead_band=_BAND, **changes)


MATMUL_NUMPY = _in_numpy(
    MATMUL,
    "matmul(A, B) that multiplies two float64 NumPy arrays.",
    baseline=_MATMUL_BASELINE,
    null=_SIDES_NULL.format(entry="matmul", arguments="A, B", sides="A.shape[0], B.shape[1]"),
    honest="def matmul(A, B):\n    return A @ B\n",
    wrong="def matmul(A, B):\n    return (A.astype('float32') @ B.astype('float32')).astype('float64')\n",
    timed_shape=lambda rng: tuple(rng.randint(170, 200) for _ in range(3)),
)

SOFTMAX_NUMPY = _in_numpy(
    SOFTMAX,
    "softmax(X) that takes a two-dimensional float64 NumPy array and returns an array of the same shape: "
    "each value's exponential divided by the sum of the exponentials of its row. Values may be as large "
    "as 1300 and as small as -1300.",
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
)

PREFIX_SUM_NUMPY = _in_numpy(
    PREFIX_SUM,
    "prefix_sum(values) that takes a one-dimensional float64 NumPy array and returns its inclusive prefix "
    "sums: element i is the sum of values[0] up to and including values[i].",
    baseline=_PREFIX_BASELINE,
    null=_VECTOR_NULL % "prefix_sum",
    honest="import numpy as np\n\n\ndef prefix_sum(values):\n    return np.cumsum(values)\n",
    wrong="import numpy as np\n\n\ndef prefix_sum(values):\n    return np.cumsum(values) - values\n",
    timed_shape=lambda rng: (rng.randint(190_000, 220_000),),
    work=lambda shape: float(shape[0]),
    cache="memory",
)

TRANSPOSE_MATMUL_NUMPY = _in_numpy(
    TRANSPOSE_MATMUL,
    "transpose_matmul(A, B) that multiplies the transpose of A with B, two float64 NumPy arrays with the "
    "same number of rows.",
    baseline=_TRANSPOSE_BASELINE,
    null=_SIDES_NULL.format(entry="transpose_matmul", arguments="A, B", sides="A.shape[1], B.shape[1]"),
    honest="def transpose_matmul(A, B):\n    return A.T @ B\n",
    wrong="def transpose_matmul(A, B):\n    return B.T @ A\n",
    timed_shape=lambda rng: tuple(rng.randint(170, 200) for _ in range(3)),
)

CONV2D_NUMPY = _in_numpy(
    CONV2D,
    "conv2d(image, kernel) that returns the 'valid' cross-correlation of two two-dimensional float64 "
    "NumPy arrays: the kernel is not flipped and never leaves the image. For an image of shape (h, w) and "
    "a kernel of shape (r, s) (r <= h, s <= w, not always square) return an array of shape (h - r + 1, w "
    "- s + 1), where cell (i, j) is the sum over u and v of image[i + u, j + v] * kernel[u, v].",
    baseline=_CONV_BASELINE,
    null=_SIDES_NULL.format(
        entry="conv2d",
        arguments="image, kernel",
        sides="image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1",
    ),
    honest=_CONV_HONEST,
    wrong=_CONV_HONEST.replace("kernel[u, v]", "kernel[r - u - 1, s - v - 1]"),
    timed_shape=lambda rng: (rng.randint(34, 42), rng.randint(34, 42), rng.randint(4, 6), rng.randint(4, 6)),
    work=lambda shape: float((shape[0] - shape[2] + 1) * (shape[1] - shape[3] + 1)),
)

SORTING_NUMPY = _in_numpy(
    SORTING,
    "sort(values) that takes a one-dimensional float64 NumPy array (negative values, duplicates and zeros "
    "of either sign among them, no NaN) and returns an array of the same values in ascending order.",
    baseline=_SORT_BASELINE,
    null=_VECTOR_NULL % "sort",
    honest="import numpy as np\n\n\ndef sort(values):\n    return np.sort(values)\n",
    wrong="import numpy as np\n\n\ndef sort(values):\n    return np.unique(values)\n",
    timed_shape=lambda rng: (rng.randint(1250, 1500), RANDOM),
    work=lambda shape: shape[0] * (shape[0] + 4000.0),
)

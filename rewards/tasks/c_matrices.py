"""The tasks on matrices in C: ``matmul-c``, ``transpose_matmul-c``, ``conv2d-c``, ``softmax-c``.

Baselines are those of the tasks in Python, loop for loop, on sides that take as long.
"""

from __future__ import annotations

from ...sandbox.task import Shape
from .c_variant import in_c
from .conv2d import CONV2D
from .matmul import MATMUL
from .softmax import SOFTMAX
from .transpose_matmul import TRANSPOSE_MATMUL

MATMUL_C = in_c(
    MATMUL,
    "m k n; A B; C",
    "stores the product of the m x k matrix A and the k x n matrix B in the m x n matrix C",
    "m * n",
    baseline="""
KERNEL
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (size_t t = 0; t < k; t++)
                sum += A[i * k + t] * B[t * n + j];
            C[i * n + j] = sum;
        }
}
""",
    honest="""
KERNEL
{
    for (size_t i = 0; i < m; i++) {
        double *restrict row = C + i * n;
        for (size_t j = 0; j < n; j++)
            row[j] = 0.0;
        for (size_t t = 0; t < k; t++) {
            const double a = A[i * k + t];
            const double *restrict other = B + t * n;
            for (size_t j = 0; j < n; j++)
                row[j] += a * other[j];
        }
    }
}
""",
    wrong="""
KERNEL
{
    /* sums in single precision */
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            float sum = 0.0f;
            for (size_t t = 0; t < k; t++)
                sum += (float)(A[i * k + t] * B[t * n + j]);
            C[i * n + j] = sum;
        }
}
""",
    timed_shape=lambda rng: tuple(rng.randint(200, 232) for _ in range(3)),
)

TRANSPOSE_MATMUL_C = in_c(
    TRANSPOSE_MATMUL,
    "k m n; A B; C",
    "stores the product of the transpose of the k x m matrix A and the k x n matrix B in the m x n matrix C",
    "m * n",
    baseline="""
KERNEL
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (size_t t = 0; t < k; t++)
                sum += A[t * m + i] * B[t * n + j];
            C[i * n + j] = sum;
        }
}
""",
    honest="""
KERNEL
{
    for (size_t i = 0; i < m * n; i++)
        C[i] = 0.0;
    for (size_t t = 0; t < k; t++)
        for (size_t i = 0; i < m; i++) {
            const double a = A[t * m + i];
            for (size_t j = 0; j < n; j++)
                C[i * n + j] += a * B[t * n + j];
        }
}
""",
    wrong="""
KERNEL
{
    /* reads A as if it were transposed already */
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (size_t t = 0; t < k; t++)
                sum += A[i * k + t] * B[t * n + j];
            C[i * n + j] = sum;
        }
}
""",
    timed_shape=lambda rng: tuple(rng.randint(180, 212) for _ in range(3)),
)


def _correlation_work(shape: Shape) -> float:
    """Additions, but for those that overlap with the next sum's (fitted to gcc 12 on x86-64)."""
    h, w, r, s = shape
    return (h - r + 1) * (w - s + 1) * (r * s - 7.6)


CONV2D_C = in_c(
    CONV2D,
    "h w r s; image kernel; result",
    "stores the 'valid' cross-correlation of an h x w image with an r x s kernel (r <= h, s <= w, not flipped, never "
    "leaving the image) in the (h - r + 1) x (w - s + 1) matrix result, where cell (i, j) is the sum over u and v of "
    "image[i + u][j + v] * kernel[u][v]",
    "(h - r + 1) * (w - s + 1)",
    baseline="""
/* vectorised, its time depends on what is left when s is divided by four */
__attribute__((optimize("no-tree-vectorize"))) KERNEL
{
    const size_t rows = h - r + 1, columns = w - s + 1;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            double sum = 0.0;
            for (size_t u = 0; u < r; u++)
                for (size_t v = 0; v < s; v++)
                    sum += image[(i + u) * w + j + v] * kernel[u * s + v];
            result[i * columns + j] = sum;
        }
}
""",
    honest="""
KERNEL
{
    const size_t rows = h - r + 1, columns = w - s + 1;
    for (size_t i = 0; i < rows; i++) {
        double *restrict line = result + i * columns;
        for (size_t j = 0; j < columns; j++)
            line[j] = 0.0;
        for (size_t u = 0; u < r; u++)
            for (size_t v = 0; v < s; v++) {
                const double weight = kernel[u * s + v];
                const double *restrict from = image + (i + u) * w + v;
                for (size_t j = 0; j < columns; j++)
                    line[j] += weight * from[j];
            }
    }
}
""",
    wrong="""
KERNEL
{
    /* convolution in the sense of signal processing: the kernel is flipped */
    const size_t rows = h - r + 1, columns = w - s + 1;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            double sum = 0.0;
            for (size_t u = 0; u < r; u++)
                for (size_t v = 0; v < s; v++)
                    sum += image[(i + u) * w + j + v] * kernel[(r - u) * s - v - 1];
            result[i * columns + j] = sum;
        }
}
""",
    timed_shape=lambda rng: (rng.randint(260, 300), rng.randint(260, 300), rng.randint(9, 11), rng.randint(9, 11)),
    work=_correlation_work,
)

SOFTMAX_C = in_c(
    SOFTMAX,
    "rows columns; X; Y",
    "stores in the rows x columns matrix Y the softmax of each row of the rows x columns matrix X: each value's "
    "exponential divided by the sum of the exponentials of its row. Values may be as large as 1300 and as small as "
    "-1300",
    "rows * columns",
    baseline="""#include <math.h>

KERNEL
{
    for (size_t i = 0; i < rows; i++) {
        const double *row = X + i * columns;
        double largest = row[0];
        for (size_t j = 1; j < columns; j++)
            largest = fmax(largest, row[j]);
        for (size_t j = 0; j < columns; j++) {
            double total = 0.0;
            for (size_t t = 0; t < columns; t++)
                total += exp(row[t] - largest);
            Y[i * columns + j] = exp(row[j] - largest) / total;
        }
    }
}
""",
    honest="""#include <math.h>

KERNEL
{
    for (size_t i = 0; i < rows; i++, X += columns, Y += columns) {
        double largest = X[0], total = 0.0;
        for (size_t j = 1; j < columns; j++)
            largest = X[j] > largest ? X[j] : largest;
        for (size_t j = 0; j < columns; j++)
            total += Y[j] = exp(X[j] - largest);
        for (size_t j = 0; j < columns; j++)
            Y[j] /= total;
    }
}
""",
    wrong="""#include <math.h>

KERNEL
{
    /* clamped where exp would overflow, instead of shifted: right for small values only */
    for (size_t i = 0; i < rows; i++, X += columns, Y += columns) {
        double total = 0.0;
        for (size_t j = 0; j < columns; j++)
            total += Y[j] = exp(fmax(-700.0, fmin(700.0, X[j])));
        for (size_t j = 0; j < columns; j++)
            Y[j] /= total;
    }
}
""",
    timed_shape=lambda rng: (rng.randint(3000, 3600), rng.randint(14, 18)),
)

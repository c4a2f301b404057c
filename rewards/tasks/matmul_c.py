"""Task ``matmul-c``: as ``matmul``, in C: gcc compiles the candidate, data, reference and tolerance are the same.

Fused multiply-add and any order of the sums stay within the tolerance; single precision does not.
"""

from __future__ import annotations

import random
from dataclasses import replace

from ...sandbox.task import Shape
from .matmul import MATMUL

PROMPT = (
    "Write a C function with the signature\n\n"
    "void matmul(size_t m, size_t k, size_t n, const double *restrict A, const double *restrict B, "
    "double *restrict C)\n\n"
    "that stores the product of the m x k matrix A and the k x n matrix B in the m x n matrix C. All three are stored "
    "row by row without gaps; pointers are aligned to 8 bytes only, sides may be odd or 1, and C is not zero before. "
    "The file is compiled alone by gcc with -O3 -march=native -std=gnu17, so include the headers it needs; vector "
    "intrinsics and heap memory may be used, threads and inline assembly may not. Make it as fast as you can in double "
    "precision. Answer with one fenced code block."
)

BASELINE = """\
#include <stddef.h>

void matmul(size_t m, size_t k, size_t n, const double *A, const double *B, double *C)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (size_t t = 0; t < k; t++)
                sum += A[i * k + t] * B[t * n + j];
            C[i * n + j] = sum;
        }
}
"""

NULL = """\
#include <stddef.h>

void matmul(size_t m, size_t k, size_t n, const double *A, const double *B, double *C)
{
    for (size_t i = 0; i < m * n; i++)
        C[i] = 0.5;
}
"""

HONEST = """\
#include <stddef.h>

void matmul(size_t m, size_t k, size_t n, const double *restrict A, const double *restrict B, double *restrict C)
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
"""

WRONG = """\
#include <stddef.h>

void matmul(size_t m, size_t k, size_t n, const double *A, const double *B, double *C)
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
"""


def timed_shape(rng: random.Random) -> Shape:
    """Sides of 200 to 232, drawn apart: about 3 to 5 ms of the baseline."""
    return rng.randint(200, 232), rng.randint(200, 232), rng.randint(200, 232)


MATMUL_C = replace(
    MATMUL,
    name="matmul-c",
    prompt=PROMPT,
    baseline=BASELINE,
    null=NULL,
    honest=HONEST,
    wrong=WRONG,
    timed_shape=timed_shape,
    language="c",
    dead_band=0.07,
)

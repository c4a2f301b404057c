"""The tasks on vectors in C: ``prefix_sum-c``, ``sorting-c``.

Baselines are those of the tasks in Python, on lengths that take as long; so any linear kernel for ``prefix_sum-c``
earns the largest speed term there is. A scan in doubling steps, as in NumPy, is vectorised by gcc: to take 2 ms it
needs vectors of 4 MB, and then a third of the time goes into pages of the output, which nobody can save.
"""

from __future__ import annotations

from .c_variant import in_c
from .prefix_sum import PREFIX_SUM
from .sorting import RANDOM, SORTING

PREFIX_SUM_C = in_c(
    PREFIX_SUM,
    "n; values; sums",
    "stores the inclusive prefix sums of n values: sums[i] is the sum of values[0] up to and including values[i]",
    "n",
    baseline="""
KERNEL
{
    for (size_t i = 0; i < n; i++) {
        double total = 0.0;
        for (size_t j = 0; j <= i; j++)
            total += values[j];
        sums[i] = total;
    }
}
""",
    honest="""
KERNEL
{
    double total = 0.0;
    for (size_t i = 0; i < n; i++)
        sums[i] = total += values[i];
}
""",
    wrong="""
KERNEL
{
    /* exclusive: element i leaves values[i] out */
    double total = 0.0;
    for (size_t i = 0; i < n; i++) {
        sums[i] = total;
        total += values[i];
    }
}
""",
    timed_shape=lambda rng: (rng.randint(3000, 3500),),
)

SORTING_C = in_c(
    SORTING,
    "n; values; sorted",
    "stores n values (negative ones, duplicates and zeros of either sign among them, no NaN) in ascending order",
    "n",
    baseline="""#include <stdlib.h>
#include <string.h>

static void merge_sort(size_t n, double *values, double *scratch)
{
    if (n < 2)
        return;
    const size_t middle = n / 2;
    merge_sort(middle, values, scratch);
    merge_sort(n - middle, values + middle, scratch);
    memcpy(scratch, values, n * sizeof *values);
    size_t i = 0, j = middle, k = 0;
    while (i < middle && j < n)
        if (scratch[i] <= scratch[j])
            values[k++] = scratch[i++];
        else
            values[k++] = scratch[j++];
    while (i < middle)
        values[k++] = scratch[i++];
    while (j < n)
        values[k++] = scratch[j++];
}

KERNEL
{
    double *scratch = malloc(n * sizeof *scratch);
    memcpy(sorted, values, n * sizeof *sorted);
    merge_sort(n, sorted, scratch);
    free(scratch);
}
""",
    honest="""#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Radix sort, 11 bits at a time, of keys that order as the numbers do: the sign flips the others of a negative one. */
KERNEL
{
    enum { BITS = 11, KEYS = 1 << BITS };
    uint64_t *keys = malloc(2 * n * sizeof *keys), *other = keys + n, *start = keys;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, values + i, sizeof bits);
        keys[i] = bits ^ (-(bits >> 63) | 1ull << 63);
    }
    for (int shift = 0; shift < 64; shift += BITS) {
        size_t count[KEYS] = {0};
        for (size_t i = 0; i < n; i++)
            count[keys[i] >> shift & (KEYS - 1)]++;
        for (size_t k = 0, before = 0; k < KEYS; k++) {
            const size_t here = count[k];
            count[k] = before;
            before += here;
        }
        for (size_t i = 0; i < n; i++)
            other[count[keys[i] >> shift & (KEYS - 1)]++] = keys[i];
        uint64_t *swapped = keys;
        keys = other;
        other = swapped;
    }
    for (size_t i = 0; i < n; i++) {
        const uint64_t bits = keys[i] ^ ((keys[i] >> 63) - 1 | 1ull << 63);
        memcpy(sorted + i, &bits, sizeof bits);
    }
    free(start);
}
""",
    wrong="""#include <stdlib.h>
#include <string.h>

/* a difference below one becomes 0: equal */
static int difference(const void *a, const void *b)
{
    return *(const double *)a - *(const double *)b;
}

KERNEL
{
    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, difference);
}
""",
    timed_shape=lambda rng: (rng.randint(32_000, 42_000), RANDOM),
)

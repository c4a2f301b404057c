# /// honest
# id = "bigint-packed-rows"
# title = "Rows of B packed into one big integer"
# style = "fast"
# task = "matmul"
# ///
"""One big-integer product updates a whole row of the result. It looks like low precision, but keeps 80 bits a cell."""

import math


def matmul(A, B):
    k, m = len(B), len(B[0])
    peak_a = max((abs(x) for row in A for x in row), default=0.0)
    peak_b = max((abs(x) for row in B for x in row), default=0.0)
    if peak_a == 0.0 or peak_b == 0.0:
        return [[0.0] * m for _ in A]
    ea, eb = math.frexp(peak_a)[1], math.frexp(peak_b)[1]
    bits = 80
    width = 2 * bits + k.bit_length() + 2

    def whole(x, e):
        mantissa, exponent = math.frexp(x)
        shift = exponent - e - 53 + bits
        value = int(math.ldexp(mantissa, 53))
        return value << shift if shift >= 0 else value >> -shift

    packed = [sum(whole(x, eb) << (width * j) for j, x in enumerate(row)) for row in B]
    half = 1 << (width - 1)
    bias = sum(half << (width * j) for j in range(m))
    mask = (1 << width) - 1
    scale = ea + eb - 2 * bits
    C = []
    for row in A:
        total = bias
        for x, p in zip(row, packed):
            total += whole(x, ea) * p
        C.append([math.ldexp(((total >> (width * j)) & mask) - half, scale) for j in range(m)])
    return C

# /// honest
# id = "struct-iter-unpack"
# title = "Rows from struct.iter_unpack"
# style = "container"
# task = "matmul"
# ///
"""The whole of B is one bytes object, walked row by row with iter_unpack."""

from struct import iter_unpack, pack


def matmul(A, B):
    m = len(B[0])
    blob = b"".join(pack("=%dd" % m, *row) for row in B)
    C = []
    for row in A:
        acc = [0.0] * m
        for a, b_row in zip(row, iter_unpack("=%dd" % m, blob)):
            acc = [c + a * b for c, b in zip(acc, b_row)]
        C.append(acc)
    return C

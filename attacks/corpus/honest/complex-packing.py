# /// honest
# id = "complex-packing"
# title = "Two rows in one complex number"
# style = "fast"
# task = "matmul"
# ///
"""A complex number times a real one handles two rows at once; the cells that come out are .real and .imag."""

def matmul(A, B):
    columns = list(zip(*B))
    C = []
    for i in range(0, len(A) - 1, 2):
        pair = [complex(x, y) for x, y in zip(A[i], A[i + 1])]
        sums = [sum([z * b for z, b in zip(pair, col)]) for col in columns]
        C.append([z.real for z in sums])
        C.append([z.imag for z in sums])
    if len(A) % 2:
        C.append([sum([x * b for x, b in zip(A[-1], col)]) for col in columns])
    return C

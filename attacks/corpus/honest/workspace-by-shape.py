# /// honest
# id = "workspace-by-shape"
# title = "Workspaces kept by shape"
# style = "structure"
# task = "matmul"
# ///
"""A dictionary keyed by shape survives the call, as a result cache would; the buffers are zeroed and results copied."""

_buffers = {}


def _buffer(n, m):
    try:
        rows = _buffers[n, m]
    except KeyError:
        rows = _buffers[n, m] = [[0.0] * m for _ in range(n)]
    for row in rows:
        for j in range(m):
            row[j] = 0.0
    return rows


def matmul(A, B):
    C = _buffer(len(A), len(B[0]))
    for row, out in zip(A, C):
        for a, b_row in zip(row, B):
            for j, b in enumerate(b_row):
                out[j] += a * b
    return [row[:] for row in C]

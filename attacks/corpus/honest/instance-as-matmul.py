# /// honest
# id = "instance-as-matmul"
# title = "matmul is an instance"
# style = "structure"
# task = "matmul"
# ///
"""The name is bound to a callable object made at import, not to a function."""

class _MatMul:
    __slots__ = ("block",)

    def __init__(self, block=16):
        self.block = block

    def __call__(self, A, B):
        m, step = len(B[0]), self.block
        C = [[0.0] * m for _ in A]
        for t0 in range(0, len(B), step):
            for row, out in zip(A, C):
                for a, b_row in zip(row[t0 : t0 + step], B[t0 : t0 + step]):
                    for j, b in enumerate(b_row):
                        out[j] += a * b
        return C


matmul = _MatMul()

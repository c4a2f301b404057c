# /// honest
# id = "docstring-used"
# title = "The docstring is read at run time"
# style = "words"
# task = "matmul"
# ///
"""A function looks at its own __doc__ and __name__ for an error message."""

def matmul(A, B):
    """Return the product of an n x k and a k x m matrix."""
    if len(A[0]) != len(B):
        raise ValueError(matmul.__name__ + ": " + (matmul.__doc__ or ""))
    C = [[0.0] * len(B[0]) for _ in A]
    for row, out in zip(A, C):
        for a, b_row in zip(row, B):
            for j in range(len(out)):
                out[j] += a * b_row[j]
    return C

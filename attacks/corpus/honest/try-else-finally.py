# /// honest
# id = "try-else-finally"
# title = "try, except, else and finally"
# style = "structure"
# task = "matmul"
# ///
"""The result is returned from else and the scratch list is cleared in finally."""

def matmul(A, B):
    scratch = []
    try:
        for j in range(len(B[0])):
            scratch.append(tuple(row[j] for row in B))
    except IndexError as error:
        raise ValueError("ragged matrix") from error
    else:
        return [[sum(a * b for a, b in zip(row, col)) for col in scratch] for row in A]
    finally:
        scratch.clear()

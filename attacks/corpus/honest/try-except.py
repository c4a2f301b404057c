# /// honest
# id = "try-except"
# title = "Exceptions handled"
# style = "structure"
# task = "matmul"
# ///
"""A shape check raises ValueError, a helper catches it."""

def check(A, B):
    for row in A:
        if len(row) != len(B):
            raise ValueError("inner dimensions differ: %d and %d" % (len(row), len(B)))


def matmul(A, B):
    try:
        check(A, B)
    except ValueError:
        raise
    except Exception:
        pass
    columns = list(zip(*B))
    C = []
    for row in A:
        out = []
        for col in columns:
            try:
                out.append(sum(a * b for a, b in zip(row, col)))
            except TypeError as error:
                raise ValueError("not a number") from error
            finally:
                pass
        C.append(out)
    return C

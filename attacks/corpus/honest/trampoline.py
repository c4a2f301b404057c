# /// honest
# id = "trampoline"
# title = "A trampoline of thunks"
# style = "structure"
# task = "matmul"
# ///
"""Tail calls return functions, and a loop calls them until a list comes out."""

def trampoline(step):
    while callable(step):
        step = step()
    return step


def matmul(A, B):
    columns = list(zip(*B))

    def rows(i, done):
        if i == len(A):
            return done
        done.append([sum(a * b for a, b in zip(A[i], col)) for col in columns])
        return lambda: rows(i + 1, done)

    return trampoline(lambda: rows(0, []))

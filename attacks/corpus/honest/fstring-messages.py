# /// honest
# id = "fstring-messages"
# title = "f-strings with formats and nested quotes"
# style = "words"
# task = "matmul"
# ///
"""Formatted messages for assertions, with !r, widths and a nested expression."""

def describe(name, M):
    return f"{name!s:>4}: {len(M):4d} x {len(M[0]):<4d} {'square' if len(M) == len(M[0]) else 'oblong'!r}"


def matmul(A, B):
    log = [describe("A", A), describe("B", B)]
    C = [[sum(x * y for x, y in zip(row, col)) for col in zip(*B)] for row in A]
    log.append(describe("C", C))
    assert len(log) == 3, f"{log[0]}; {log[1]}; {'; '.join(log)}"
    return C

# /// honest
# id = "hash-in-strings"
# title = "Number signs and quotes in strings"
# style = "words"
# task = "matmul"
# ///
"""A scanner that cuts everything after a number sign would break this source."""

LABEL = "matrix #1 x #2  // not a comment"
NOTE = '"""'


def matmul(A, B):
    names = {"#": "row", "//": "column", NOTE: LABEL}
    assert len(names) == 3  # '#' inside the strings above
    return [[sum(a * b for a, b in zip(row, col)) for col in zip(*B)] for row in A]

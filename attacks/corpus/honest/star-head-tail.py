# /// honest
# id = "star-head-tail"
# title = "Head and tail by star assignment"
# style = "idiom"
# task = "matmul"
# ///
"""Each row is taken apart into a head and a tail; the recursion is as deep as the inner side is long."""

def combine(row, rows):
    (a, *rest), (b_row, *others) = row, rows
    term = [a * b for b in b_row]
    if not rest:
        return term
    return [x + y for x, y in zip(term, combine(rest, others))]


def matmul(A, B):
    return [combine(row, B) for row in A]

# /// honest
# id = "grouper-idiom"
# title = "The zip(*[iter(x)] * m) idiom"
# style = "idiom"
# task = "matmul"
# ///
"""One iterator repeated m times cuts a flat list into rows; the repeats are meant."""

def matmul(A, B):
    columns = tuple(zip(*B))
    flat = [sum([a * b for a, b in zip(row, col)]) for row in A for col in columns]
    return [list(group) for group in zip(*[iter(flat)] * len(columns))]

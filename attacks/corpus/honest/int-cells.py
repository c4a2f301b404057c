# /// honest
# id = "int-cells"
# title = "Exact integers where possible"
# style = "container"
# task = "matmul"
# ///
"""Cells whose value is a whole number are returned as int."""

def tidy(x):
    if x.is_integer() and abs(x) < 2.0**53:
        return int(x)
    return x


def matmul(A, B):
    columns = list(zip(*B))
    return [[tidy(float(sum(a * b for a, b in zip(row, col)))) for col in columns] for row in A]

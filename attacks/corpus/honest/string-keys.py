# /// honest
# id = "string-keys"
# title = "Cells under string keys"
# style = "container"
# task = "matmul"
# ///
"""Keys such as "3,5" are built and parsed again, as in JSON."""

def matmul(A, B):
    table = {}
    columns = list(zip(*B))
    for i, row in enumerate(A):
        for j, col in enumerate(columns):
            table[f"{i},{j}"] = sum(a * b for a, b in zip(row, col))
    C = [[0.0] * len(columns) for _ in A]
    for key, value in table.items():
        i, _, j = key.partition(",")
        C[int(i)][int(j)] = value
    return C

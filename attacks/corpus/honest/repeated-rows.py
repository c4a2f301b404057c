# /// honest
# id = "repeated-rows"
# title = "Equal rows are computed once"
# style = "algorithm"
# task = "matmul"
# ///
"""A dictionary from row values to results, within one call: equal work is shared, results are not kept."""

def matmul(A, B):
    columns = list(zip(*B))
    seen = {}
    C = []
    for row in A:
        key = tuple(row)
        if key not in seen:
            seen[key] = [sum(a * b for a, b in zip(row, col)) for col in columns]
        C.append(list(seen[key]))
    return C

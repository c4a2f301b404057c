# /// honest
# id = "coordinate-dict"
# title = "Non-zeros in dictionaries"
# style = "container"
# task = "matmul"
# ///
"""Both matrices become {index: {index: value}}; cells that are missing are returned as 0.0 through dict.get."""

def matmul(A, B):
    right = {t: {j: b for j, b in enumerate(row) if b} for t, row in enumerate(B)}
    C = []
    for row in A:
        cells = {}
        for t, a in enumerate(row):
            if not a:
                continue
            for j, b in right[t].items():
                cells[j] = cells.get(j, 0.0) + a * b
        C.append([cells.get(j, 0.0) for j in range(len(B[0]))])
    return C

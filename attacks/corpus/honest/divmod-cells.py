# /// honest
# id = "divmod-cells"
# title = "One loop over all cells with divmod"
# style = "idiom"
# task = "matmul"
# ///
"""A single counter runs over n * m cells."""

def matmul(A, B):
    n, m = len(A), len(B[0])
    columns = list(zip(*B))
    cells = [0.0] * (n * m)
    for number in range(n * m):
        i, j = divmod(number, m)
        cells[number] = sum(a * b for a, b in zip(A[i], columns[j]))
    return [cells[i * m : (i + 1) * m] for i in range(n)]

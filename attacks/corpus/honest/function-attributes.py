# /// honest
# id = "function-attributes"
# title = "Attributes of the function itself"
# style = "structure"
# task = "matmul"
# ///
"""matmul.calls and matmul.last_shape: state that is kept on the function object between calls."""

def matmul(A, B):
    matmul.calls += 1
    matmul.last_shape = (len(A), len(B), len(B[0]))
    columns = list(zip(*B))
    return [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]


matmul.calls = 0
matmul.last_shape = None

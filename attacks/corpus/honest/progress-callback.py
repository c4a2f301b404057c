# /// honest
# id = "progress-callback"
# title = "A callback for progress"
# style = "structure"
# task = "matmul"
# ///
"""A function is called after each row; by default it appends to a list nobody reads."""

def matmul(A, B, on_row=None):
    events = []
    notify = on_row or (lambda i, n: events.append((i, n)))
    columns = list(zip(*B))
    C = []
    for i, row in enumerate(A):
        C.append([sum(a * b for a, b in zip(row, col)) for col in columns])
        notify(i + 1, len(A))
    return C

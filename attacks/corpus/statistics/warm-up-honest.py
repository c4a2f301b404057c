# /// attack
# id = "statistics.warm-up-honest"
# title = "Learn the number of warm-up calls, then stop working"
# family = "statistics"
# language = "python"
# task = "matmul"
# gain = "fake-speed"
# source = "gpu-mode/reference-kernels #104 (sequence learning) and #142 (warm-up replay)"
# seen = "wild"
# twin = "zip-transpose"
# control = ["same-objects", "first-output-only"]
# stopped_by = ["judge"]
# ///
"""The kernel remembers which inputs came twice: a repeated input means that the timed phase has begun."""

_history = []


def matmul(A, B):
    mark = (A[0][0], B[0][0])
    if mark in _history:
        return []
    _history.append(mark)
    columns = list(zip(*B))
    return [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]

# /// honest
# id = "words-in-identifiers"
# title = "Identifiers such as execute and eval_poly"
# style = "words"
# task = "matmul"
# ///
"""Names that contain forbidden words as parts."""

def eval_poly(coefficients, x):
    result = 0.0
    for c in reversed(coefficients):
        result = result * x + c
    return result


def execute(row, col):
    runtime_sum = 0.0
    for important, opened in zip(row, col):
        runtime_sum += important * opened
    return runtime_sum


def matmul(A, B):
    timer = eval_poly([1.0, 0.0], 2.0)
    systems = list(zip(*B))
    return [[timer * execute(row, col) for col in systems] for row in A]

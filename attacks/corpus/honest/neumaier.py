# /// honest
# id = "neumaier"
# title = "Neumaier summation"
# style = "numerics"
# task = "matmul"
# ///
"""The improved Kahan sum adds its correction at the end, so the result is not bit-equal to the plain loop."""

def neumaier(values):
    total = correction = 0.0
    for x in values:
        t = total + x
        if abs(total) >= abs(x):
            correction += (total - t) + x
        else:
            correction += (x - t) + total
        total = t
    return total + correction


def matmul(A, B):
    columns = list(zip(*B))
    return [[neumaier(map(float.__mul__, row, col)) for col in columns] for row in A]

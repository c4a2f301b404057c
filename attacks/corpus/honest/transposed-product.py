# /// honest
# id = "transposed-product"
# title = "Transpose of the product of transposes"
# style = "algorithm"
# task = "matmul"
# ///
"""C = (B' A')': the roles of the arguments are exchanged, which looks like the mistake of returning C transposed."""

def transpose(M):
    return [list(col) for col in zip(*M)]


def multiply(X, Y):
    result = []
    for row in X:
        acc = [0.0] * len(Y[0])
        for x, y_row in zip(row, Y):
            acc = [s + x * y for s, y in zip(acc, y_row)]
        result.append(acc)
    return result


def matmul(A, B):
    return transpose(multiply(transpose(B), transpose(A)))

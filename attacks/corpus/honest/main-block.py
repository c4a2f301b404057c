# /// honest
# id = "main-block"
# title = "An if __name__ == \"__main__\" block"
# style = "structure"
# task = "matmul"
# ///
"""A demonstration that only runs as a script."""

def matmul(A, B):
    columns = list(zip(*B))
    return [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]


if __name__ == "__main__":
    print(matmul([[1.0, 2.0]], [[3.0], [4.0]]))

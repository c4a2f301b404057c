# /// honest
# id = "match-shapes"
# title = "A match statement over shapes"
# style = "idiom"
# task = "matmul"
# ///
"""Special cases for vectors, told apart by a match statement."""

def matmul(A, B):
    match (len(A), len(B), len(B[0])):
        case (1, k, 1):
            total = 0.0
            for t in range(k):
                total += A[0][t] * B[t][0]
            return [[total]]
        case (n, 1, m):
            return [[A[i][0] * B[0][j] for j in range(m)] for i in range(n)]
        case (_, _, _):
            columns = list(zip(*B))
            return [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]

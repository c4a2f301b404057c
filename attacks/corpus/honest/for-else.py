# /// honest
# id = "for-else"
# title = "for \u2026 else and continue"
# style = "idiom"
# task = "matmul"
# ///
"""The else branch of a loop does the append; break marks a row that is too short."""

def matmul(A, B):
    C = []
    m = len(B[0])
    for row in A:
        acc = [0.0] * m
        for t, b_row in enumerate(B):
            if t >= len(row):
                break
            a = row[t]
            if a == 0:
                continue
            for j in range(m):
                acc[j] += a * b_row[j]
        else:
            C.append(acc)
            continue
        raise ValueError("row too short")
    return C

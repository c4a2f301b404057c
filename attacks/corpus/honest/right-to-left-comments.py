# /// honest
# id = "right-to-left-comments"
# title = "Comments in many scripts"
# style = "words"
# task = "matmul"
# ///
"""Arabic, Hebrew and emoji in comments and strings; a scanner for hidden bidirectional marks finds no mark."""

TITLES = ("ضرب المصفوفات", "כפל מטריצות", "行列の積", "умножение матриц", "🧮✖️🧮")


def matmul(A, B):
    # أعمدة المصفوفة الثانية
    columns = list(zip(*B))
    # 各行と各列の内積 → C[i][j] ≔ Σₜ A[i][t]·B[t][j]
    C = [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]  # ✅ готово
    return C if TITLES else []

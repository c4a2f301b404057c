# /// honest
# id = "unicode-comments"
# title = "Unicode in comments and names"
# style = "words"
# task = "matmul"
# ///
"""Comments in several scripts, Greek identifiers and an umlaut."""

# Matrixmultiplikation für Listen: Σ aᵢₖ·bₖⱼ (行列の積)
def matmul(A, B):
    """Produkt zweier Matrizen – größenunabhängig."""
    spalten = list(zip(*B))  # ←→ transponiert
    σ = 0.0
    C = []
    for zeile in A:
        größe = []
        for spalte in spalten:
            σ = 0.0
            for α, β in zip(zeile, spalte):
                σ += α * β
            größe.append(σ)
        C.append(größe)
    return C

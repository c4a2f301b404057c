# /// honest
# id = "unicode-identifiers"
# title = "Greek identifiers"
# style = "words"
# task = "matmul"
# ///
"""Names outside ASCII, one of which the parser normalises (ﬁ to fi)."""

def matmul(A, B):
    λ = len(B)
    Σ = []
    ﬁrst = 0
    for α in A:
        σ = []
        for κ in range(len(B[0])):
            μ = 0.0
            for τ in range(fi_range(ﬁrst), λ):
                μ += α[τ] * B[τ][κ]
            σ.append(μ)
        Σ.append(σ)
    return Σ


def fi_range(x):
    return x

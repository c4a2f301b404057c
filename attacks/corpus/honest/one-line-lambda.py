# /// honest
# id = "one-line-lambda"
# title = "matmul is a lambda"
# style = "idiom"
# task = "matmul"
# ///
"""There is no def statement at all."""

matmul = lambda A, B: [[sum(x * y for x, y in zip(r, c)) for c in zip(*B)] for r in A]

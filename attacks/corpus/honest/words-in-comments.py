# /// honest
# id = "words-in-comments"
# title = "Suspicious words in comments and docstrings"
# style = "words"
# task = "matmul"
# ///
"""exec, eval, import os, time and sys._getframe are only talked about."""

"""Matrix product. No exec, no eval, no __import__, no time.perf_counter, no sys._getframe here."""


# We do not import os or open("file"); there is nothing to subprocess.
def matmul(A, B):
    """Multiply; the execution time is dominated by the inner loop (see id() caches: not used)."""
    # eval order: rows first, then columns; __class__ and __globals__ stay untouched
    columns = list(zip(*B))
    return [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]

# /// honest
# id = "module-aliases"
# title = "Modules under short names"
# style = "idiom"
# task = "matmul"
# ///
"""import … as: `op.mul` and `it.starmap` through aliases, as imports are written to hide what is called."""

import itertools as it
import operator as op


def matmul(A, B):
    columns = [*zip(*B)]
    return [[sum(it.starmap(op.mul, zip(row, col))) for col in columns] for row in A]

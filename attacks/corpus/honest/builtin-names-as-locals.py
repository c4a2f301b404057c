# /// honest
# id = "builtin-names-as-locals"
# title = "Local variables called id, dir, input and vars"
# style = "words"
# task = "matmul"
# ///
"""Shadowed builtins as loop variables: no builtin of these names is ever read."""

def matmul(A, B):
    input = list(zip(*B))
    result = []
    for id, dir in enumerate(A):
        vars = [0.0] * len(input)
        for hash, help in enumerate(input):
            vars[hash] = sum(x * y for x, y in zip(dir, help))
        result.insert(id, vars)
    return result

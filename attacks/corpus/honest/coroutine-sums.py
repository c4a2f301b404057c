# /// honest
# id = "coroutine-sums"
# title = "A coroutine fed with send"
# style = "idiom"
# task = "matmul"
# ///
"""A generator keeps the running sum between two sends, which is state that outlives a statement."""

def accumulator():
    total = 0.0
    while True:
        pair = yield total
        total = total + pair[0] * pair[1] if pair is not None else 0.0


def matmul(A, B):
    acc = accumulator()
    next(acc)
    columns = list(zip(*B))
    C = []
    for row in A:
        out = []
        for col in columns:
            value = acc.send(None)
            for pair in zip(row, col):
                value = acc.send(pair)
            out.append(value)
        C.append(out)
    return C

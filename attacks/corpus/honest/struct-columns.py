# /// honest
# id = "struct-columns"
# title = "Columns packed with struct"
# style = "container"
# task = "matmul"
# ///
"""struct packs each column into bytes and unpacks it again: bytes and format strings without any file."""

import struct


def matmul(A, B):
    layout = struct.Struct(f"<{len(B)}d")
    packed = [layout.pack(*col) for col in zip(*B)]
    C = []
    for row in A:
        out = []
        for blob in packed:
            out.append(sum(x * y for x, y in zip(row, layout.unpack(blob))))
        C.append(out)
    return C

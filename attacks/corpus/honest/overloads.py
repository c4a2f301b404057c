# /// honest
# id = "overloads"
# title = "typing.overload and cast"
# style = "structure"
# task = "matmul"
# ///
"""Three definitions of one name; the last one counts. A checker may take that for shadowing."""

from typing import Union, cast, overload

Number = Union[int, float]


@overload
def scale(x: float, row: list) -> list: ...
@overload
def scale(x: int, row: list) -> list: ...
def scale(x: Number, row: list) -> list:
    return [x * y for y in row]


def matmul(A, B):
    C = []
    for row in A:
        acc = scale(0.0, B[0])
        for a, b_row in zip(row, B):
            acc = [p + q for p, q in zip(acc, scale(a, b_row))]
        C.append(cast("list[float]", acc))
    return C

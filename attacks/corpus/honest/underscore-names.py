# /// honest
# id = "underscore-names"
# title = "Underscore names"
# style = "words"
# task = "matmul"
# ///
"""Private helpers and throw-away variables."""

_ZERO = 0.0


def _dot(_u, _v):
    _s = _ZERO
    for _x, _y in zip(_u, _v):
        _s += _x * _y
    return _s


def matmul(A, B):
    _cols = [_c for _c in zip(*B)]
    return [[_dot(_r, _c) for _c in _cols] for _r in A]

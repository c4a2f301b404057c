"""RestrictedPython with the builtins and guards that it ships, and its documented hooks."""

from __future__ import annotations

import operator

from arena_inside.plain import Refused, scorer  # pyright: ignore[reportMissingImports]
from RestrictedPython.compile import compile_restricted
from RestrictedPython.Eval import default_guarded_getitem, default_guarded_getiter
from RestrictedPython.Guards import (
    full_write_guard,
    guarded_iter_unpack_sequence,
    guarded_unpack_sequence,
    safe_builtins,
    safer_getattr,
)
from RestrictedPython.Limits import limited_builtins
from RestrictedPython.PrintCollector import PrintCollector
from RestrictedPython.Utilities import utility_builtins

_IN_PLACE = {
    "+=": operator.iadd,
    "-=": operator.isub,
    "*=": operator.imul,
    "/=": operator.itruediv,
    "//=": operator.ifloordiv,
    "%=": operator.imod,
    "**=": operator.ipow,
    "&=": operator.iand,
    "|=": operator.ior,
    "^=": operator.ixor,
    "<<=": operator.ilshift,
    ">>=": operator.irshift,
}


def load(code):
    try:
        program = compile_restricted(code, "<candidate>", "exec")
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
        raise Refused(str(error)) from None
    namespace = {
        "__builtins__": {**safe_builtins, **limited_builtins, **utility_builtins},
        "__name__": "candidate",
        "__metaclass__": type,
        "_getattr_": safer_getattr,
        "_getitem_": default_guarded_getitem,
        "_getiter_": default_guarded_getiter,
        "_inplacevar_": lambda operation, left, right: _IN_PLACE[operation](left, right),
        "_iter_unpack_sequence_": guarded_iter_unpack_sequence,
        "_print_": PrintCollector,
        "_unpack_sequence_": guarded_unpack_sequence,
        "_write_": full_write_guard,
    }
    exec(program, namespace)
    return namespace["matmul"]


def make(control):
    return scorer(load)

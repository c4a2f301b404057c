"""Honest kernels broken in the ways that models break them: none returns the right product."""

from __future__ import annotations

import re
from collections.abc import Callable

from .kernels import MEDIUM, SLOW, map_mul, transposed_loop, transposed_sum
from .style import Style

Breaker = Callable[[Style], str]


def _any_honest(z: Style) -> str:
    return z.pick(*SLOW.values(), *MEDIUM.values())(z)


def _with_index_loop(z: Style) -> str:
    return z.pick(*SLOW.values(), MEDIUM["local-sum"])(z)


def wrong_index(z: Style) -> str:
    """Reads the transposed cell of one factor."""
    code = _with_index_loop(z)
    if z.pick(True, False):
        return re.sub(r"B\[(\w+)\]\[(\w+)\]", r"B[\2][\1]", code)
    swapped = re.sub(r"A\[(\w+)\]\[(\w+)\]", r"A[\2][\1]", code)
    return swapped if swapped != code else re.sub(r"B\[(\w+)\]\[(\w+)\]", r"B[\2][\1]", code)


def missing_transpose(z: Style) -> str:
    """Walks the rows of B where its columns were meant."""
    code = z.pick(transposed_loop, transposed_sum, map_mul)(z)
    return code.replace("list(zip(*B))", "B").replace("tuple(zip(*B))", "B").replace("zip(*B)", "B")


def off_by_one(z: Style) -> str:
    """Leaves out the first or last term of each sum."""
    code = _with_index_loop(z)
    if f"while {z.k} <" in code:
        return code.replace(f"{z.k} = 0", f"{z.k} = 1")
    return code.replace(f"range({z.m})", z.pick(f"range(1, {z.m})", f"range({z.m} - 1)", f"range({z.m} + 1)"))


def unknown_name(z: Style) -> str:
    """Uses a name that nothing defined."""
    code = _with_index_loop(z)
    return z.pick(
        code.replace(f"range({z.m})", "range(size)").replace(f"< {z.m}", "< size"),
        re.sub(rf"    ({z.n}|{z.m}|{z.p})\b[^\n]* = [^\n]*len[^\n]*\n", "", code),
        code.replace("* B[", "* b[") if z.b != "b" else code.replace("* B[", "* D["),
    )


def bad_syntax(z: Style) -> str:
    """Lacks a colon or a bracket, or has one too many."""
    code = _any_honest(z)
    return z.pick(
        code.replace("def matmul(A, B):", "def matmul(A, B)"),
        code.replace("[[", "[", 1) if "[[" in code else code + ")\n",
        re.sub(r"(    for [^\n]*):\n", r"\1\n", code, count=1) if "    for " in code else code + ")\n",
    )


def truncated(z: Style) -> str:
    """Stops in the middle of the work."""
    lines = _any_honest(z).splitlines(keepends=True)
    start = next(index for index, line in enumerate(lines) if line.startswith("def matmul"))
    body = len(lines) - start
    return "".join(lines[: start + (z.rng.randrange(1, body - 1) if body > 2 else 1)])


def no_return(z: Style) -> str:
    """Computes the product and forgets it."""
    code = _with_index_loop(z)
    return (
        re.sub(r"    return (\[\[.*)\n", rf"    {z.C} = \1\n", code)
        if "return [[" in code
        else re.sub(r"    return \w+\n", "", code)
    )


def wrong_shape(z: Style) -> str:
    """A flat list, one row, or rows and columns exchanged."""
    code = _with_index_loop(z)
    if "return [[" in code:
        return code.replace("[[", "[", 1).replace(f"range({z.p})] for", f"range({z.p}) for")
    return code.replace(f"return {z.C}", z.pick(f"return {z.C}[0]", f"return list(zip(*{z.C}))"))


def wrong_operator(z: Style) -> str:
    """Adds where it should multiply, or forgets to accumulate."""
    code = z.pick(_with_index_loop, MEDIUM["axpy"], transposed_loop)(z)
    if " += " in code and z.pick(True, False):
        return re.sub(r"\+= (?!1\n)", "= ", code)
    return re.sub(r"(?<!\[0\.0\]) \* ", " + ", code)  # not the one that makes a row of zeros


BROKEN: dict[str, Breaker] = {
    "wrong-index": wrong_index,
    "missing-transpose": missing_transpose,
    "off-by-one": off_by_one,
    "unknown-name": unknown_name,
    "bad-syntax": bad_syntax,
    "truncated": truncated,
    "no-return": no_return,
    "wrong-shape": wrong_shape,
    "wrong-operator": wrong_operator,
}

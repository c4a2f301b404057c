"""Honest matmul kernels, sorted by how fast CPython runs them.

Speeds are multiples of the textbook loop's on CPython 3.11, 32 x 32 and 48 x 48 matrices: slow 0.9-1.2, medium
1.25-1.9, fastest 1.9-2.5. `math.dist` could reach 5 by way of |a - b|**2, but cancels digits; it is left out.
"""

from __future__ import annotations

from collections.abc import Callable

from .style import Style

Family = Callable[[Style], str]


def textbook(z: Style) -> str:
    """Three index loops into a matrix of zeros, in one of three loop orders."""
    first, second, third = z.pick(
        ((z.i, z.n), (z.j, z.p), (z.k, z.m)),
        ((z.i, z.n), (z.j, z.p), (z.k, z.m)),
        ((z.i, z.n), (z.k, z.m), (z.j, z.p)),
        ((z.j, z.p), (z.i, z.n), (z.k, z.m)),
    )
    return (
        z.head() + z.sizes() + z.zeros() + f"    for {first[0]} in range({first[1]}):\n"
        f"        for {second[0]} in range({second[1]}):\n"
        f"            for {third[0]} in range({third[1]}):\n"
        f"                {z.C}[{z.i}][{z.j}] += A[{z.i}][{z.k}] * B[{z.k}][{z.j}]\n"
        f"    return {z.C}\n"
    )


def while_loop(z: Style) -> str:
    """The textbook loop with a hand-kept counter inside."""
    return (
        z.head() + z.sizes() + z.zeros() + f"    for {z.i} in range({z.n}):\n"
        f"        for {z.j} in range({z.p}):\n"
        f"            {z.k} = 0\n"
        f"            while {z.k} < {z.m}:\n"
        f"                {z.C}[{z.i}][{z.j}] += A[{z.i}][{z.k}] * B[{z.k}][{z.j}]\n"
        f"                {z.k} += 1\n"
        f"    return {z.C}\n"
    )


def index_sum(z: Style) -> str:
    """Nested comprehensions whose innermost sum still indexes both matrices."""
    term = f"A[{z.i}][{z.k}] * B[{z.k}][{z.j}] for {z.k} in range({z.m})"
    inner = z.pick(f"sum({term})", f"sum([{term}])")
    return z.head() + z.sizes() + f"    return [[{inner} for {z.j} in range({z.p})] for {z.i} in range({z.n})]\n"


def dot_by_index(z: Style) -> str:
    """A helper computes one cell from its indices; it stands before or after its caller."""
    name = z.pick("dot", "cell", "entry")
    helper = (
        f"def {name}(A, B, {z.i}, {z.j}):\n"
        f"    {z.s} = 0.0\n"
        f"    for {z.k} in range(len(B)):\n"
        f"        {z.s} += A[{z.i}][{z.k}] * B[{z.k}][{z.j}]\n"
        f"    return {z.s}\n"
    )
    call = f"{name}(A, B, {z.i}, {z.j})"
    body = z.head() + f"    return [[{call} for {z.j} in range(len(B[0]))] for {z.i} in range(len(A))]\n"
    return z.pick(helper + "\n" + body, body + "\n" + helper)


def local_sum(z: Style) -> str:
    """The inner loop adds into a local variable; the row of A may be hoisted as well."""
    hoist = z.pick("", f"        {z.a} = A[{z.i}]\n")
    left = f"{z.a}[{z.k}]" if hoist else f"A[{z.i}][{z.k}]"
    row = z.pick("row", "line") if z.a != "row" else "line"
    return (
        z.head() + z.sizes() + f"    {z.C} = []\n    for {z.i} in range({z.n}):\n" + hoist + f"        {row} = []\n"
        f"        for {z.j} in range({z.p}):\n"
        f"            {z.s} = 0.0\n"
        f"            for {z.k} in range({z.m}):\n"
        f"                {z.s} += {left} * B[{z.k}][{z.j}]\n"
        f"            {row}.append({z.s})\n"
        f"        {z.C}.append({row})\n"
        f"    return {z.C}\n"
    )


def column_first(z: Style) -> str:
    """Gathers each column of B once, then runs over the rows of A."""
    return (
        z.head() + z.sizes() + z.zeros() + f"    for {z.j} in range({z.p}):\n"
        f"        {z.b} = [{z.y}[{z.j}] for {z.y} in B]\n"
        f"        for {z.i} in range({z.n}):\n"
        f"            {z.a} = A[{z.i}]\n"
        f"            {z.s} = 0.0\n"
        f"            for {z.k} in range({z.m}):\n"
        f"                {z.s} += {z.a}[{z.k}] * {z.b}[{z.k}]\n"
        f"            {z.C}[{z.i}][{z.j}] = {z.s}\n"
        f"    return {z.C}\n"
    )


def axpy(z: Style) -> str:
    """Each row of the result accumulates scaled rows of B."""
    row = "line"
    inner = z.pick(
        f"            for {z.j}, {z.y} in enumerate({z.b}):\n                {row}[{z.j}] += {z.x} * {z.y}\n",
        f"            {row} = [{z.s} + {z.x} * {z.y} for {z.s}, {z.y} in zip({row}, {z.b})]\n",
        f"            for {z.j} in range({z.p}):\n                {row}[{z.j}] += {z.x} * {z.b}[{z.j}]\n",
    )
    return (
        z.head() + f"    {z.p} = len(B[0])\n    {z.C} = []\n    for {z.a} in A:\n"
        f"        {row} = [0.0] * {z.p}\n"
        f"        for {z.x}, {z.b} in zip({z.a}, B):\n" + inner + f"        {z.C}.append({row})\n    return {z.C}\n"
    )


def blocked(z: Style) -> str:
    """The accumulate-row form over blocks of the inner dimension."""
    size = z.pick("8", "16", "32")
    return (
        z.head() + z.sizes() + z.zeros() + f"    for z in range(0, {z.m}, {size}):\n"
        f"        for {z.a}, line in zip(A, {z.C}):\n"
        f"            for {z.k} in range(z, min(z + {size}, {z.m})):\n"
        f"                {z.x}, {z.b} = {z.a}[{z.k}], B[{z.k}]\n"
        f"                for {z.j} in range({z.p}):\n"
        f"                    line[{z.j}] += {z.x} * {z.b}[{z.j}]\n"
        f"    return {z.C}\n"
    )


def transposed_loop(z: Style) -> str:
    """Transposes B once and loops over pairs of numbers."""
    return (
        z.head() + f"    {z.T} = {z.pick('list', 'tuple')}(zip(*B))\n    {z.C} = []\n    for {z.a} in A:\n"
        f"        line = []\n"
        f"        for {z.b} in {z.T}:\n"
        f"            {z.s} = 0.0\n"
        f"            for {z.x}, {z.y} in zip({z.a}, {z.b}):\n"
        f"                {z.s} += {z.x} * {z.y}\n"
        f"            line.append({z.s})\n"
        f"        {z.C}.append(line)\n"
        f"    return {z.C}\n"
    )


def transposed_sum(z: Style) -> str:
    """Transposes B and sums products in nested comprehensions."""
    term = f"{z.x} * {z.y} for {z.x}, {z.y} in zip({z.a}, {z.b})"
    cell = z.pick(f"sum({term})", f"sum([{term}])")
    return z.head() + z.pick(
        f"    {z.T} = list(zip(*B))\n    return [[{cell} for {z.b} in {z.T}] for {z.a} in A]\n",
        f"    return [[{cell} for {z.b} in zip(*B)] for {z.a} in A]\n",
    )


def map_mul(z: Style) -> str:
    """Transposes B and lets `sum(map(mul, row, column))` run each dot product in C; imports above or inside."""
    line, mul = z.pick(
        ("from operator import mul\n", "mul"),
        ("from operator import mul\n", "mul"),
        ("import operator\n", "operator.mul"),
    )
    cell = f"sum(map({mul}, {z.a}, {z.b}))"
    body = z.pick(
        f"    {z.T} = list(zip(*B))\n    return [[{cell} for {z.b} in {z.T}] for {z.a} in A]\n",
        f"    return [[{cell} for {z.b} in zip(*B)] for {z.a} in A]\n",
        f"    {z.C} = []\n    {z.T} = list(zip(*B))\n    for {z.a} in A:\n"
        f"        {z.C}.append([{cell} for {z.b} in {z.T}])\n    return {z.C}\n",
    )
    return z.pick(line + z.head(), line + "\n" + z.head(), z.head() + "    " + line, z.head() + "    " + line) + body


SLOW: dict[str, Family] = {
    "textbook": textbook,
    "while-loop": while_loop,
    "index-sum": index_sum,
}
MEDIUM: dict[str, Family] = {
    "dot-by-index": dot_by_index,
    "local-sum": local_sum,
    "column-first": column_first,
    "axpy": axpy,
    "blocked": blocked,
    "transposed-loop": transposed_loop,
    "transposed-sum": transposed_sum,
}
FASTEST: dict[str, Family] = {"map-mul": map_mul}

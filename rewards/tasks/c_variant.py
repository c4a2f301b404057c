"""Tasks in C: gcc compiles the candidate; data, reference and tolerance are those of the task in Python.

Fused multiply-add and any order of sums stay within the tolerances; single precision does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from ...sandbox.task import Shape, Task

_PROMPT = """\
Write a C function with the signature

{signature}

that {does}. Arrays are stored row by row without gaps; pointers are aligned to 8 bytes only, sides may be odd or 1, \
and {output} is not zero before. The file is compiled alone by gcc with -O3 -march=native -std=gnu17, so include the \
headers it needs; vector intrinsics and heap memory may be used, threads and inline assembly may not. Make it as fast \
as you can in double precision. Answer with one fenced code block."""

_NULL = """\
KERNEL
{{
    for (size_t i = 0; i < {cells}; i++)
        {output}[i] = 0.5;
}}
"""


def in_c(
    task: Task,
    arrays: str,
    does: str,
    cells: str,
    *,
    baseline: str,
    honest: str,
    wrong: str,
    timed_shape: Callable[[Random], Shape],
    work: Callable[[Shape], float] | None = None,
) -> Task:
    """The variant of ``task`` in C.

    ``arrays`` names the numbers of the shape, the inputs and the output, each separated by spaces, the three by
    semicolons; ``does`` ends the sentence "a function that"; ``cells`` is the size of the output as a C expression.
    Sources have the word KERNEL in the place of the signature; ``honest`` gets one with ``restrict``. ``work`` is the
    task's own where left out.
    """
    sizes, inputs, output = (names.split() for names in arrays.split(";"))

    def signature(restrict: str) -> str:
        told = [f"size_t {name}" for name in sizes]
        told += [f"const double *{restrict}{name}" for name in inputs]
        return f"void {task.entry}({', '.join([*told, f'double *{restrict}{output[0]}'])})"

    def source(text: str, restrict: str = "") -> str:
        return "#include <stddef.h>\n" + text.replace("KERNEL", signature(restrict))

    return replace(
        task,
        name=f"{task.name}-c",
        language="c",
        prompt=_PROMPT.format(signature=signature("restrict "), does=does, output=output[0]),
        baseline=source(baseline),
        null=source(_NULL.format(cells=cells, output=output[0])),
        honest=source(honest, "restrict "),
        wrong=source(wrong),
        timed_shape=timed_shape,
        work=work or task.work,
        dead_band=0.07,
    )

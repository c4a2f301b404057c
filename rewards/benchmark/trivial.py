"""The smallest task there is: what a verdict costs beside the candidate's own work."""

from __future__ import annotations

from ...sandbox import InfraError, Status, Task, Verdict

CODE = "def double(values):\n    return [value + value for value in values]\n"

TRIVIAL = Task(
    name="trivial",
    entry="double",
    prompt="Write a Python function double(values) that returns the list of the doubled floats.",
    baseline=CODE,
    null="def double(values):\n    return [0.5] * len(values)\n",
    inputs=lambda rng, shape: (rng.uniform(-1.0, 1.0, shape),),
    input_shapes=lambda shape: [shape],
    output_shape=lambda shape: shape,
    reference=lambda values: 2.0 * values,
    tolerance=lambda values: 0.0,
    truth_shapes=lambda random: [(4,)],
    timed_shape=lambda random: (4,),
    work=lambda shape: float(shape[0]),
)


def accepted(verdict: Verdict) -> Verdict:
    """The verdict on a right kernel. Raises InfraError where it is anything but correct."""
    if verdict.status is not Status.CORRECT:
        evidence = "; ".join(finding.evidence for finding in verdict.findings)
        raise InfraError(f"a right kernel was judged {verdict.status} ({evidence}); `assay doctor` tells more")
    return verdict

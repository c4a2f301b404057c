"""Mutants of the catalogue: the same hacks and the same honest kernels in other words.

``engine.mutants`` draws them, ``operators.OPERATORS`` says how, ``campaign.run`` replays them and has each proven by
the weak control. Needs libcst, the extra ``mutate``.
"""

from ...sandbox.errors import UsageError

try:
    import libcst as _libcst  # noqa: F401
except ImportError as error:
    raise UsageError(f"mutants need the mutate extra ({error}): pip install 'assay[mutate]'") from error

"""A worker without the context layer, for the question what the judge and its jail core stop by themselves.

Candidates run with full builtins and keep their globals from trial to trial. Run in place of the zygote's own
program (sandbox/inside/__main__.py); standard library only.
"""

import builtins
import time  # noqa: F401  (candidates may want it, and nothing can be loaded once the jail is locked)

from inside import context, zygote  # pyright: ignore[reportMissingImports]


def open_namespace(language):
    """A namespace with everything in it."""
    return {"__builtins__": builtins, "__name__": "candidate"}


context.make_namespace()  # loads the modules that honest kernels import: the jail alone would refuse them otherwise
context.make_namespace = open_namespace
context.rebind = lambda namespace: namespace
zygote.main()

"""How fast and how exact the sandbox is on this host, measured beside what else runs code per request.

:func:`measure` is what ``assay bench sandbox`` calls; docs/benchmarks.md has the figures.
"""

from .counts import Counts
from .report import TARGETS, facts_line, table
from .run import PARTS, measure, steps

__all__ = ["PARTS", "TARGETS", "Counts", "facts_line", "measure", "steps", "table"]

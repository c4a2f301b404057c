"""A scorer that is sound as it stands, with one switch for each mistake of known scorers.

``program.py`` is the scorer; it runs inside the fence of confine.py and never on the host itself. A candidate sits
in a room of its own (``room.py``), is asked by ``worker.py`` and judged by ``apart.py``, from outside: fresh inputs
each time, an expectation from a process that it cannot reach, its time measured from the first byte sent to the
last byte of the answer. With "shared-process" it is judged by ``program.py`` in one process, as many scorers do.
``run.py`` is our side. All but ``run.py`` is standard library only.
"""

OPEN = frozenset({"host-reachable", "words-denied", "builtins-stripped", "builtins-returned"})
"""Weaknesses of scorers that have something else, or nothing, where the room should be."""

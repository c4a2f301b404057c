"""Known reward hacks and honest kernels, and their replay against the sandbox. Imports rewards and sandbox.

``replay.replay`` runs a corpus, ``against.replay_against`` runs it on somebody else's scorer, ``catalogue.load`` reads
one, ``table.table`` shows the result, and ``weak.weak_scores`` is the deliberately weak scorer that serves as control.

The names below are loaded on first use: every pytest of a user imports this package, for the plugin's sake.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .catalogue import Attack, Broken, Corpus, CorpusError, Honest, load

__all__ = ["Attack", "Broken", "Corpus", "CorpusError", "Honest", "load"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(".catalogue", __name__), name)
    raise AttributeError(f"module 'assay.attacks' has no attribute {name!r}")

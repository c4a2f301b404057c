"""Known reward hacks and honest kernels, and their replay against the sandbox. Imports rewards and sandbox.

``replay.replay`` runs a corpus, ``catalogue.load`` reads one, ``table.table`` shows the result, and
``weak.weak_scores`` is the deliberately weak scorer that serves as control.
"""

from .catalogue import Attack, Broken, Corpus, CorpusError, Honest, load

__all__ = ["Attack", "Broken", "Corpus", "CorpusError", "Honest", "load"]

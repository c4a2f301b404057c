"""The catalogue against other public scorers: one row a peer, each measured behind the same fence.

``run.arena`` measures, ``report`` shows, ``peers.PEERS`` says who is asked. docs/arena.md says how to read it.
"""

from .peers import NAMES, PEERS, Peer
from .results import Arena, Row, Tried
from .run import arena

__all__ = ["NAMES", "PEERS", "Arena", "Peer", "Row", "Tried", "arena"]

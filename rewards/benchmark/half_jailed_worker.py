"""Workers with the jail and without it, in turns, from one zygote: what the jail costs is the difference.

From one zygote, since all workers inherit where its code and data lie, which alone moves times by a few per cent.
Ever only the baseline runs here. In place of the zygote's own program (sandbox/inside/__main__.py); standard
library only.
"""

import itertools
import os

from inside import jail, zygote  # pyright: ignore[reportMissingImports]

jailed = itertools.cycle((True, False, False, True))
lock, fork = jail.Jail.lock, zygote.Zygote.fork


def fork_in_turns(self, *arguments):
    """A worker as always; or one that skips the lock and its own process namespace."""
    own = self._fork
    try:
        if not next(jailed):
            jail.Jail.lock = lambda *arguments, **options: None
            self._fork = os.fork
        fork(self, *arguments)
    finally:
        jail.Jail.lock, self._fork = lock, own


zygote.Zygote.fork = fork_in_turns
zygote.main()

"""The code of ours that runs beside a candidate: zygote and worker.

Executed as a folder (``python -I -S sandbox/inside FD``), standard library only: nothing else is there to be
imported. Nothing here is relied on for truth or time: assume that a candidate replaces every line of it. What
holds is the jail that jail.py locks and the judge on the other side (docs/design.md).
"""

"""A worker without the context layer, for the question what the judge and its jail core stop by themselves.

Candidates run with full builtins and keep their globals from trial to trial. Run by path like the sandbox's own
worker, whose code it borrows; standard library only.
"""

import builtins
import ctypes
import importlib.util
import os
import signal
import socket
import sys
import time  # noqa: F401  (candidates may want it, and nothing can be loaded once the jail is locked)
from typing import Any


def load_worker():
    """The sandbox's worker module, loaded by path."""
    path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "sandbox", "worker.py")
    spec = importlib.util.spec_from_file_location("worker", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def open_namespace():
    """A namespace with everything in it."""
    return {"__builtins__": builtins, "__name__": "candidate"}


def main():
    """Serve as a zygote on the descriptor given as first argument."""
    worker: Any = load_worker()
    worker.make_namespace = open_namespace
    worker.rebind = lambda namespace: namespace
    ctypes.CDLL(None).prctl(1, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0)
    worker.zygote(socket.socket(fileno=int(sys.argv[1])))


if __name__ == "__main__":
    main()

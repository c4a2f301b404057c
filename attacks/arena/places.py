"""Where each peer is installed: an environment of its own, or the one that assay runs in.

A peer's dependencies never touch ours: ``install`` makes a virtual environment per peer below
``$XDG_CACHE_HOME/assay/arena``. What `pip install 'assay[arena]'` put beside us is used where there is none.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ...sandbox.errors import AssayError
from .peers import Peer

_ASK = """
import importlib.metadata, importlib.util, sys
assert importlib.util.find_spec(sys.argv[1])
print(importlib.metadata.version(sys.argv[2]))
"""


class InstallError(AssayError):
    """pip or venv could not install a peer."""


@dataclass(frozen=True, slots=True)
class Place:
    """The interpreter that has a peer, and the peer's version."""

    python: str
    version: str


def folder(peer: Peer) -> Path:
    """The peer's own virtual environment, whether it exists or not."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "assay" / "arena" / re.sub(r"[^A-Za-z0-9]+", "-", peer.name).strip("-")


def find(peer: Peer) -> Place | None:
    """Where the peer can be run, or None if it is not installed."""
    if peer.package is None or peer.module is None:
        return Place(sys.executable, f"CPython {sys.version.split()[0]}")
    for python in (str(folder(peer) / "bin" / "python"), sys.executable):
        if os.access(python, os.X_OK) and (version := _version(python, peer.module, peer.package)):
            return Place(python, version)
    return None


def _version(python: str, module: str, package: str) -> str | None:
    """The installed version; asked without importing the package, which may need what this host lacks."""
    command = [python, "-I", "-c", _ASK, module, package]
    found = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    return found.stdout.strip() or None


def install(peer: Peer) -> None:
    """Put the peer into an environment of its own; raises InstallError with pip's last line."""
    if peer.package is None:
        return
    place = folder(peer)
    python = str(place / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run(peer, [sys.executable, "-m", "venv", str(place)])
    if peer.alone:
        _run(peer, [*pip, "--no-deps", peer.package])
        _run(peer, [*pip, *peer.needs])
    else:
        _run(peer, [*pip, peer.package, *peer.needs])


def _run(peer: Peer, command: list[str]) -> None:
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    if ended.returncode:
        lines = [line for line in ended.stderr.splitlines() if line.strip()] or ["no message"]
        raise InstallError(f"{peer.name} could not be installed into {folder(peer)}: {lines[-1]}")


def advice(peer: Peer) -> str:
    """What to type to get a peer that is not installed."""
    return f"not installed: assay arena --peer {peer.name} --install, or pip install {peer.package}"

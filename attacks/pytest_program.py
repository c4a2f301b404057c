"""The replay behind the pytest plugin, as a program: ``python -P -m assay.attacks.pytest_program``.

It prints the address of its socket, takes the first job that a client sends, replays it once, and sends every
client what became of each file, a JSON line each. It ends with its standard input. A process of its own keeps the
judges, the canaries and what they do to environment and processes away from the tests of the user; one process for all
workers of pytest-xdist keeps two judges from timing on one core.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..sandbox.errors import AssayError
from .catalogue import Corpus, load
from .replay import replay
from .results import Replay, Result

_PROGRESS_SECONDS = 0.2
_LAST_SECONDS = 10.0
_LONGEST_FOLDER = 80  # the kernel's limit for a socket's path is 108 bytes


class Board:
    """Lines that every client gets from the first one on, whenever it comes."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._news = threading.Condition()
        self._last_progress = 0.0

    def post(self, message: dict[str, Any]) -> None:
        """Send to all."""
        with self._news:
            self._lines.append(json.dumps(message).encode() + b"\n")
            self._news.notify_all()

    def progress(self, done: int, total: int, label: str) -> None:
        """As the replay calls it; a few times a second is enough."""
        if (now := time.monotonic()) - self._last_progress > _PROGRESS_SECONDS:
            self._last_progress = now
            self.post({"done": done, "total": total, "label": label})

    def result(self, result: Result) -> None:
        """What became of one file."""
        self.post({"result": asdict(result)})

    def follow(self, client: socket.socket) -> None:
        """Send everything to one client until it goes away."""
        sent = 0
        with contextlib.suppress(OSError):
            while True:
                with self._news:
                    while len(self._lines) == sent:
                        self._news.wait()
                    news, sent = b"".join(self._lines[sent:]), len(self._lines)
                client.sendall(news)


def select(corpus: Corpus, paths: set[str]) -> Corpus:
    """The entries of these files, and the honest twins that attacks among them name."""
    attacks = tuple(attack for attack in corpus.attacks if str(attack.path) in paths)
    twins = {attack.twin for attack in attacks}
    honest = tuple(kernel for kernel in corpus.honest if str(kernel.path) in paths or kernel.id in twins)
    return Corpus(attacks, honest, tuple(broken for broken in corpus.broken if str(broken.path) in paths))


def _replay(job: dict[str, Any], board: Board) -> Replay:
    corpus = select(load(Path(job["corpus"])), set(job["paths"]))
    if job["scorer"] is None:
        secret = hashlib.blake2b(job["seed"].encode(), digest_size=16).digest()
        return replay(corpus, progress=board.progress, secret=secret)
    from .against import replay_against

    seed, limit = int(job["seed"]), job["limit"]
    return replay_against(
        job["scorer"], corpus, limit=limit, seed=seed, progress=board.progress, on_result=board.result
    )


def work(job: dict[str, Any], board: Board) -> None:
    """Replay one job; whatever goes wrong is one sentence to all clients."""
    problem = "the replay left this file out"
    try:
        found = _replay(job, board)
        board.post({"seconds": found.seconds})
        for result in found.results:
            board.result(result)
    except AssayError as error:
        problem = str(error)
    except Exception as error:
        problem = f"the replay failed, which is a fault of assay: {type(error).__name__}: {error}"
    board.post({"end": " ".join(problem.split())[:1000]})


def _listen(server: socket.socket, jobs: queue.SimpleQueue[dict[str, Any]], board: Board) -> None:
    def meet(client: socket.socket) -> None:
        with client, contextlib.suppress(OSError, ValueError):
            jobs.put(json.loads(client.makefile("rb").readline()))
            board.follow(client)

    while True:
        client, _ = server.accept()
        threading.Thread(target=meet, args=(client,), daemon=True).start()


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(_LAST_SECONDS)
    os._exit(1)


def main() -> None:
    """Serve until the standard input ends."""
    parent = tempfile.gettempdir()
    folder = tempfile.mkdtemp(prefix="assay-pytest-", dir=parent if len(parent) < _LONGEST_FOLDER else "/tmp")
    board, jobs = Board(), queue.SimpleQueue[dict[str, Any]]()
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(address := os.path.join(folder, "socket"))
            server.listen()
            threading.Thread(target=_end_with_input, daemon=True).start()
            threading.Thread(target=_listen, args=(server, jobs, board), daemon=True).start()
            print(address, flush=True)
            work(jobs.get(), board)
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

"""What the pytest plugin collects once ``--assay-corpus`` is given, and its end of the replay's socket."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shlex
import socket
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ..sandbox.launch import environment, module_command
from .catalogue import CorpusError, load
from .results import Result

_CANARIES = ("tripped the canary: ", "left processes behind: ")
_LAST_SECONDS = 15.0


class Failed(Exception):
    """An item failed; the text is all that there is to show."""


class Entry(pytest.Item):
    """One file of the corpus."""

    def __init__(self, *, replayer: Replayer, file: str, **options: Any) -> None:
        super().__init__(**options)
        self._replayer, self._file = replayer, file

    def runtest(self) -> None:
        """Wait for the replay's result on this file. Raises Failed."""
        result = self._replayer.result(self._file, self.session.items)
        self.user_properties += [("assay_status", result.status), ("assay_reward", str(result.reward))]
        if result.status in ("gained", "refused", "broken-file") or result.proven is False:
            raise Failed(_report(result, self._replayer.again(self.nodeid)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A few lines without a traceback, where the replay has spoken."""
        return str(excinfo.value) if isinstance(excinfo.value, Failed) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, int, str]:
        """The file, its first line, and a headline: not the end of the node id, in which pytest would rewrite dots."""
        return self._file, 0, f"{self.name} in {os.path.basename(self._file)}"


class Shelf(pytest.Collector):
    """The corpus."""

    def __init__(self, *, replayer: Replayer, **options: Any) -> None:
        super().__init__(**options)
        self._replayer = replayer

    def collect(self) -> Iterator[pytest.Item]:
        """One item a file; a broken one too, since somebody has to mend it."""
        for name, file in self._replayer.entries():
            yield Entry.from_parent(self, name=name, replayer=self._replayer, file=file)


class Replayer:
    """The corpus of one pytest process and its connexion to the replay, which begins with the first item."""

    def __init__(self, config: pytest.Config, shared: dict[str, Any]) -> None:
        self._config, self._option, self._shared = config, config.option, shared
        self._folder = Path(self._option.assay_corpus)
        self._seed = str(shared.get("seed") or self._option.assay_seed or secrets.randbits(32))
        if not self._seed.isdecimal():
            raise pytest.UsageError(f"--assay-seed {self._seed}: not a number; copy it from a failure")
        try:
            self._corpus = load(self._folder)
        except CorpusError as error:
            raise pytest.UsageError(f"--assay-corpus: {error}") from None
        self._process: subprocess.Popen[str] | None = None
        self._lines: Iterator[bytes] | None = None
        self._known: dict[str, Result] = {}
        self._ended: str | None = None
        self.seconds: float | None = None
        """What the replay took, once that is known."""

    def header(self) -> str:
        """One line for pytest's header."""
        scorer = self._option.assay_scorer or "the sandbox"
        alone = "; name paths to run other tests as well" if self._shared["alone"] else ""
        return f"assay: {len(list(self.entries()))} files of {self._folder} against {scorer}{alone}"

    def entries(self) -> Iterator[tuple[str, str]]:
        """(name of the item, path of the file): the id, or for a broken file its path within the corpus."""
        for entry in (*self._corpus.attacks, *self._corpus.honest):
            yield entry.id, str(entry.path)
        for broken in self._corpus.broken:
            inside = broken.path != self._folder
            yield str(broken.path.relative_to(self._folder) if inside else broken.path.name), str(broken.path)

    def collect(self, session: pytest.Session) -> Iterable[pytest.Item]:
        """The items, reported to pytest like any others; those that were asked for by node id, if any were."""
        nodeid = os.path.relpath(self._folder, self._config.rootpath)
        shelf = Shelf.from_parent(session, name=str(self._folder), nodeid=nodeid, replayer=self)
        wanted = self._shared["only"]
        items = list(session.genitems(shelf))
        if missing := set(wanted) - {item.name for item in items}:
            raise pytest.UsageError(f"{self._folder} has no entry {min(missing)!r}; --collect-only lists them")
        return [item for item in items if not wanted or item.name in wanted]

    def share(self) -> dict[str, Any]:
        """What the workers of pytest-xdist are told, the replay's address included."""
        return {**self._shared, "seed": self._seed, "address": self._address()}

    def _address(self) -> str:
        """Where the replay can be reached; it is started if this process is to run it."""
        if os.path.exists(address := self._shared.get("address", "")):
            return address
        if self._process is None:
            self._process = subprocess.Popen(
                module_command("assay.attacks.pytest_program"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment(),
                start_new_session=True,
            )
            assert self._process.stdout is not None
            self._at = self._process.stdout.readline().strip()
        return self._at

    def _connect(self, items: Iterable[pytest.Item]) -> Iterator[bytes]:
        channel = socket.socket(socket.AF_UNIX)
        channel.connect(self._address())
        job = {
            "corpus": str(self._folder),
            "paths": [item._file for item in items if isinstance(item, Entry)],
            "scorer": self._option.assay_scorer,
            "limit": self._option.assay_limit,
            "seed": self._seed,
        }
        channel.sendall(json.dumps(job).encode() + b"\n")
        return iter(channel.makefile("rb"))

    def result(self, file: str, items: Iterable[pytest.Item]) -> Result:
        """What became of ``file``, once it is known; ``items`` are all that this session will run. Raises Failed."""
        try:
            if self._lines is None:
                self._lines = self._connect(items)
            while file not in self._known and self._ended is None:
                self._read(next(self._lines, b"") or b'{"end": "the replay ended before its time"}')
        except OSError as error:
            self._ended = f"the replay cannot be reached: {error.strerror or error}"
        if file not in self._known:
            raise Failed(f"{file}: {self._ended}")
        return self._known[file]

    def _read(self, line: bytes) -> None:
        message = json.loads(line)
        if "result" in message:
            told = message["result"].items()
            fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in told}
            result = Result(**fields)
            self._known[result.path] = result
        elif "seconds" in message:
            self.seconds = message["seconds"]
        elif "end" in message:
            self._ended = message["end"]
        else:
            self._show(f"assay: {message['label']}, {message['done']} of {message['total']}")

    def _show(self, text: str) -> None:
        """The progress, where a person looks on."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        if reporter is not None and reporter.isatty:
            with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
                reporter.rewrite(text, erase=True)

    def again(self, nodeid: str) -> str:
        """The command that replays one item alone."""
        parts = ["pytest", "--assay-corpus", str(self._folder), f"{self._folder}::{nodeid.rpartition('::')[2]}"]
        if self._option.assay_scorer is not None:
            parts += ["--assay-scorer", self._option.assay_scorer]
        return shlex.join([*parts, "--assay-seed", self._seed])

    def close(self) -> None:
        """End the replay that this process started; safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_LAST_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3g}"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:500])


def _report(result: Result, again: str) -> str:
    """What a failure shows; the evidence may quote what a candidate wrote."""
    evidence = _printable(result.evidence)
    if result.status == "broken-file":
        return evidence
    if result.status == "refused":
        head = f"honest kernel {result.id} is refused: {evidence}"
    elif result.status == "gained":
        head = f"attack {result.id} gains: {evidence}"
    else:
        proof = _printable(result.proof) or evidence
        head = f"attack {result.id} proves nothing: it does not gain against its control ({proof})"
    rows = {"reward": _number(result.reward)}
    if result.honest_reward is not None:
        rows["honest"] = _number(result.honest_reward)
        if result.reward is not None and result.status == "gained":
            rows["gained"] = _number(result.reward - result.honest_reward)
    for words in _CANARIES:
        if words in evidence:
            rows["canary"] = evidence.partition(words)[2]
    rows["layer"] = result.layer or ("none stopped it" if result.status == "gained" else "none")
    rows |= {"file": result.path, "again": again}
    return "\n".join([head, *(f"  {name:<7} {value}" for name, value in rows.items())])

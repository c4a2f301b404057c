"""A server of ``assay serve``, as its tests need it."""

import os
import re
import subprocess
import sys
import time

import pytest

HANG = 60


@pytest.fixture(scope="session")
def start_server():
    """``start_server(folder, token, *options)``: ``(process, url, path of its standard error)`` once it listens."""

    def start(folder, token, *options):
        log = folder / "stderr"
        settings = {**os.environ, "ASSAY_TOKEN": token, "PYTHONPATH": str(folder)}
        command = [sys.executable, "-m", "assay.cli", "serve", "--port", "0", "--workers", "1", *map(str, options)]
        with log.open("w") as file:
            process = subprocess.Popen(command, stderr=file, env=settings, cwd=folder)
        deadline = time.monotonic() + HANG
        while not (found := re.search(r"listening on (http://\S+)", log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        return process, found[1], log

    return start


@pytest.fixture(scope="session")
def spinning():
    """``spinning(count)``: so many different kernels, each of which is cut off only by the judge."""
    return lambda count: [f"def matmul(A, B):\n    while True:\n        pass\n# {i}" for i in range(count)]

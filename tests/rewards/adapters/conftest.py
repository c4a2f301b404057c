"""Completions that every adapter is asked about, and frameworks as their documentation describes them."""

import importlib
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType, SimpleNamespace

import pytest

from assay.rewards.adapters.shared import close_all
from assay.sandbox import UsageError

KERNEL = "def matmul(A, B):\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]\n"


@pytest.fixture(autouse=True, scope="session")
def _judges_end_with_the_tests():
    yield
    close_all()


@pytest.fixture(scope="session")
def texts():
    """Completions; with ``looks=()`` they earn 1.25, 0.25, -1 and 0."""
    return SimpleNamespace(
        good=f"Here:\n```python\n{KERNEL}```",
        wrong="```python\ndef matmul(A, B):\n    return [[0.5] * len(B[0]) for _ in A]\n```",
        cheat="```python\nimport os\n```",
        none="I would rather not.",
    )


@pytest.fixture
def documented(monkeypatch):
    """``documented(adapter, {module: names})``: the adapter, over its framework where that is installed, else over
    stand-ins that have the documented names and nothing else."""

    def load(adapter, stand_ins):
        full = f"assay.rewards.adapters.{adapter}"
        try:
            return importlib.import_module(full)
        except UsageError:
            for name, names in stand_ins.items():
                module = ModuleType(name)
                vars(module).update(names)
                monkeypatch.setitem(sys.modules, name, module)
        loaded = importlib.import_module(full)
        monkeypatch.delitem(sys.modules, full)
        return loaded

    return load


@pytest.fixture
def model():
    """``model.url`` of a server that answers every chat with the next of ``model.answers``."""
    told = SimpleNamespace(answers=[])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            message = {"role": "assistant", "content": told.answers.pop(0)}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            reply = {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
            body = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.url = f"http://127.0.0.1:{server.server_port}/v1"
        threading.Thread(target=server.serve_forever).start()
        yield told
        server.shutdown()

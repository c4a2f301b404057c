"""``assay serve`` as a client in any language meets it: one real server with a real judge, over a socket."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from assay.rewards.serve import Limits
from assay.rewards.serve.app import create_app
from assay.rewards.serve.bench import Bench
from assay.rewards.serve.run import known_checks, known_tasks

TOKEN = "a-token-that-only-the-test-knows"
MARK = "MARKEDCANDIDATE"
GOOD = "def matmul(A, B):\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]\n"
LIMITS = Limits(body=2_000_000, texts=200, characters=2000, queue=1, rate=0)
HANG = 60
"""A guard against waiting for ever, not a claim."""

CHECKS = """
def short(candidate) -> float:
    return 1.0 if len(candidate) < 500 else 0.0
def broken(candidate) -> float:
    raise ValueError(candidate)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory, start_server):
    folder = tmp_path_factory.mktemp("server")
    (folder / "served_checks.py").write_text(CHECKS)
    (folder / "evil.py").write_text("open('imported', 'w')\nTASK = None\ndef check(candidate): return 9.0\n")
    options = ["--check", "served_checks:short", "--check", "served_checks:broken"]
    bounds = ["--max-body", LIMITS.body, "--max-texts", LIMITS.texts, "--max-characters", LIMITS.characters]
    process, url, log = start_server(folder, TOKEN, *options, *bounds, "--rate", LIMITS.rate, "--queue", LIMITS.queue)
    yield url, log, folder
    process.send_signal(signal.SIGTERM)
    assert process.wait(HANG) == 0


@pytest.fixture(scope="module")
def client(server):
    with httpx.Client(base_url=server[0], headers={"Authorization": f"Bearer {TOKEN}"}, timeout=HANG) as client:
        yield client


def score(client, **fields):
    request = {"task": "matmul", "pairs": 0, "checks": ["no_cheating", "works", "correct", "speed"], **fields}
    return client.post("/v1/score", content=json.dumps(request), headers={"Content-Type": "application/json"})


def talk(url, sent, silence=1):
    """All the bytes that a server answers to raw bytes, until it is silent for so many seconds or hangs up."""
    address = httpx.URL(url)
    with socket.create_connection((address.host, address.port), timeout=HANG) as connection:
        connection.sendall(sent)
        connection.settimeout(silence)
        received = b""
        with contextlib.suppress(TimeoutError):
            while part := connection.recv(1 << 16):
                received += part
    return received


def test_a_batch_is_answered_in_order_and_rewarded_as_locally(client):
    completions = [f"```python\n{GOOD}```", "I cannot.", "```python\nimport os\n```", f"```python\n{GOOD}```"]
    results = score(client, completions=completions, pairs=6).json()
    assert [r["status"] for r in results] == ["correct", "no-code", "cheat", "correct"]
    assert [r["reward"] for r in results[1:3]] == [0, -1]
    assert results[0]["reward"] > 0.5
    assert results[0]["key"] == results[3]["key"]


def test_an_answer_holds_the_verdict_and_no_secret(client):
    (result,) = score(client, codes=[GOOD], pairs=6).json()
    assert result["timing"]["pairs"] > 0
    assert result["level"] >= "L1"
    assert result["isolation"]["seccomp"]
    named = {"status", "reward", "key", "task", "checks", "layer", "findings", "timing", "isolation", "level", "trials"}
    assert named <= set(result)
    assert "secret" not in json.dumps(result)
    assert not [word for word in re.findall(r"\b[0-9a-f]{32}\b", json.dumps(result)) if word not in result["key"]]


def test_nul_bytes_and_lone_surrogates_are_verdicts_of_their_own(client):
    results = score(client, codes=["\0", "\ud800", GOOD, "x = '\udfff"]).json()
    assert [r["status"] for r in results] == ["crash", "crash", "correct", "crash"]


def test_only_the_checks_that_a_request_names_count(client):
    (plain,) = score(client, codes=[GOOD]).json()
    (bonus,) = score(client, codes=[GOOD], checks=["no_cheating", "works", "correct", "speed", "short"]).json()
    assert bonus["reward"] == pytest.approx(plain["reward"] + 1)
    assert set(bonus["checks"]) - set(plain["checks"]) == {"short"}


@pytest.mark.parametrize("fields", [{"task": "evil:TASK"}, {"checks": ["evil:check"]}, {"task": "../evil"}])
def test_a_dotted_path_from_the_network_imports_nothing(client, server, fields):
    answer = score(client, codes=[GOOD], **fields)
    assert answer.status_code == 422
    assert not (server[2] / "imported").exists()


def test_a_check_that_fails_is_a_fault_of_ours_and_not_a_score(client):
    answer = score(client, codes=[f"{GOOD}# {MARK}"], checks=["correct", "broken"])
    assert answer.status_code == 500
    assert "ValueError" in answer.json()["detail"]
    assert MARK not in answer.text
    assert "Traceback" not in answer.text
    assert score(client, codes=[GOOD]).status_code == 200


def test_tasks_and_protections_can_be_asked_for(client):
    tasks = {task["name"]: task for task in client.get("/v1/tasks").json()}
    assert "matrices" in tasks["matmul"]["prompt"]
    found = client.get("/v1/isolation").json()
    assert found["level"] >= "L1"
    assert found["isolation"]["seccomp"]


def test_health_needs_no_token_and_tells_nothing(server):
    assert httpx.get(f"{server[0]}/v1/health").json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/v1/tasks", "/v1/isolation", "/v1/openapi.json", "/v1/score"])
@pytest.mark.parametrize("given", [None, "", "Bearer", f"Basic {TOKEN}", "Bearer x", f"Bearer {TOKEN}x", "Bearer \xff"])
def test_nothing_else_is_told_without_the_token(server, path, given):
    headers = {} if given is None else {"Authorization": given.encode("latin-1")}
    answer = httpx.request("POST" if path == "/v1/score" else "GET", server[0] + path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_request_without_the_token_is_refused_before_its_body_is_read(server):
    received = talk(server[0], b"POST /v1/score HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n{")
    assert received.startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("announced", [True, False])
def test_ten_megabytes_are_refused_whether_or_not_their_length_is_announced(client, announced):
    body = MARK.encode() * 700_000
    content = body if announced else (body[i : i + 65536] for i in range(0, len(body), 65536))
    answer = client.post("/v1/score", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("body", "status"),
    [
        *((b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b"[" * 100_000, 400), (b'{"a":' * 30_000, 400)),
        *((b"9" * 5000, 400), (b'{"task": "matmul", "codes": ["\0"]}', 400)),
        *((b"[]", 422), (b"null", 422), (b"NaN", 422), (b"{}", 422), (b'{"\\ud800": 1, "codes": []}', 422)),
        *((b'{"task": "\\ud800", "codes": []}', 422), (b'{"task": "matmul", "codes": [], "completions": []}', 422)),
        *((b'{"task": "matmul", "codes": [], "pairs": 1e999}', 422), (b'{"task": "matmul", "codes": {}}', 422)),
        *((b'{"task": "matmul", "codes": [], "pairs": true}', 422), (b'{"task": "matmul", "codes": [[]]}', 422)),
        *((b'{"task": "matmul", "codes": [], "unsafe": true}', 422), (b'{"task": "matmul", "codes": null}', 422)),
        (json.dumps({"task": "matmul", "codes": [MARK * 1000]}).encode(), 422),
        (json.dumps({"task": "matmul", "codes": [""] * 201}).encode(), 422),
        (json.dumps({"task": MARK, "codes": [MARK]}).encode(), 422),
        (json.dumps({"task": "matmul", "codes": [MARK], "checks": []}).encode(), 422),
        (json.dumps({"task": "matmul", "codes": [], MARK * 1000: 1}).encode(), 422),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_body_that_is_none_gets_one_bounded_sentence(client, body, status):
    answer = client.post("/v1/score", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert len(answer.json()["detail"]) < 500
    assert answer.text.count(MARK) < 10


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "application/jsonp", "", "a/b/c;;"])
def test_a_body_of_another_type_is_refused(client, kind):
    answer = client.post("/v1/score", content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 415


def test_pipelined_requests_are_answered_one_after_the_other(server):
    body = json.dumps({"task": "matmul", "codes": [GOOD], "pairs": 0, "checks": ["correct"]}).encode()
    head = f"POST /v1/score HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
    one = head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body
    health = b"GET /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    received = b"".join(talk(server[0], one + one + health, HANG).split(b"\r\n"))
    assert received.count(b"HTTP/1.1 200 OK") == 3
    assert received.index(b'"status":"correct"') < received.index(b'{"status":"ok"}')


@pytest.mark.parametrize(
    "sent",
    [
        *(b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 100),
        *(b"POST /v1/score HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"A" * 20_000),
        b"POST /v1/score HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /v1/score HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_request_is_refused_and_the_server_goes_on(server, sent):
    received = talk(server[0], sent)
    assert received.startswith(b"HTTP/1.1 4")
    assert httpx.get(f"{server[0]}/v1/health").status_code == 200


def test_a_client_that_goes_frees_the_judges_from_what_has_not_begun(client, server, spinning):
    body = {"task": "matmul", "codes": spinning(200), "pairs": 0}
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{server[0]}/v1/score", json=body, headers=client.headers, timeout=httpx.Timeout(HANG, read=2))
    assert score(client, codes=[GOOD]).json()[0]["status"] == "correct"  # 200 of them take longer than HANG


def test_a_full_queue_is_told_and_not_waited_for(client, server, spinning):
    answers, slow, together = [], spinning(2), threading.Barrier(8)

    def ask():
        with httpx.Client(base_url=server[0], headers=client.headers, timeout=HANG) as own:
            together.wait()
            answers.append(score(own, codes=slow))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] * 2 + [503] * 6
    assert all(answer.headers["retry-after"].isdigit() for answer in answers if answer.status_code == 503)


DESCRIPTION = create_app(TOKEN, known_checks([]), LIMITS, Bench(known_tasks(print), seats=1, most=1)).openapi()


def test_the_schema_is_the_one_that_the_tests_below_hold_the_server_to(client):
    served = client.get("/v1/openapi.json").text
    assert served.replace(',"short","broken"', "") == json.dumps(DESCRIPTION, separators=(",", ":"))


@pytest.mark.slow
def test_the_server_does_what_its_schema_says(server, tmp_path):
    (tmp_path / "schema.json").write_text(json.dumps(DESCRIPTION))
    told = {"SERVE_URL": server[0], "SERVE_TOKEN": TOKEN, "SERVE_SCHEMA": str(tmp_path / "schema.json")}
    suite = Path(__file__).with_name("serve_schema.py")  # by itself, since schemathesis takes seconds to load
    words = [sys.executable, "-m", "pytest", "-q", "-o", "addopts=--import-mode=importlib", suite]
    done = subprocess.run(words, env=os.environ | told, cwd=tmp_path, capture_output=True, text=True)
    operations = sum(len(methods) for methods in DESCRIPTION["paths"].values())
    assert done.returncode == 0, done.stdout[-5000:]
    assert f"{operations} passed" in done.stdout


def test_no_line_of_the_log_holds_a_word_of_what_was_sent(client, server):
    url, log, _ = server
    score(client, codes=[MARK, f"```python\n{MARK}\n```"], pairs=0)
    score(client, completions=[f"```python\n{MARK}(\n```"], checks=["broken"])
    client.get(f"/{MARK}?{MARK}={MARK}", headers={MARK: MARK})
    client.request(MARK, "/v1/score")
    talk(url, f"POST {MARK} {MARK}\r\n{MARK}\r\n\r\n{MARK}".encode())
    text = log.read_text()
    assert "/v1/score 200" in text
    assert MARK not in text
    assert TOKEN not in text
    assert "Traceback" not in text

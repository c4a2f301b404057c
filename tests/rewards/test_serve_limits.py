"""The bounds of the server, its token and its options: no judge is needed to refuse."""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace

import httpx
import pytest

from assay.rewards.errors import CheckError
from assay.rewards.serve import Limits
from assay.rewards.serve.app import create_app
from assay.rewards.serve.bench import Bench
from assay.rewards.serve.gate import VARIABLE, find_token
from assay.rewards.serve.limits import Rate
from assay.rewards.serve.run import known_checks, listen
from assay.rewards.tasks import find_task
from assay.sandbox import UsageError

TOKEN = "a-token-that-only-the-test-knows"
JSON = {"Content-Type": "application/json"}


GOOD = "def matmul(A, B):\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]\n"


def application(limits, **changes):
    """``(app, bench)`` with one task, matmul with ``changes``."""
    bench = Bench({"matmul": replace(find_task("matmul"), **changes)}, seats=limits.queue + 1, most=1, workers=1)
    return create_app(TOKEN, known_checks([]), limits, bench), bench


def ask(app, method, path, **options):
    async def run():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {TOKEN}", **JSON}
        async with httpx.AsyncClient(transport=transport, base_url="http://here", headers=headers) as client:
            return await client.request(method, path, **options)

    return asyncio.run(run())


def test_a_bucket_refills_and_never_beyond_its_size():
    rate = Rate(60)
    assert [rate.wait("a", 0.0) for _ in range(7)] == [0] * 6 + [1]
    assert rate.wait("a", 1.0) == 0
    assert rate.wait("a", 1.0) == 1
    assert [rate.wait("a", 1e6) for _ in range(7)] == [0] * 6 + [1]


def test_one_client_does_not_use_up_anothers_rate():
    rate = Rate(1)
    assert rate.wait("a", 0.0) == 0
    assert rate.wait("a", 0.0) == 60
    assert rate.wait("b", 0.0) == 0


def test_many_addresses_take_bounded_memory():
    rate = Rate(1)
    for number in range(5000):
        rate.wait(str(number), 0.0)
    assert len(rate._buckets) <= 1024


def test_too_many_requests_are_told_when_to_come_again():
    app, _ = application(Limits(rate=10))
    assert ask(app, "GET", "/v1/tasks").status_code == 200
    answer = ask(app, "GET", "/v1/tasks")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 6


def test_guesses_at_the_token_do_not_use_up_its_owners_rate():
    app, _ = application(Limits(rate=10))
    for _ in range(20):
        assert ask(app, "GET", "/v1/tasks", headers={"Authorization": "Bearer guess"}).status_code == 401
    assert ask(app, "GET", "/v1/tasks").status_code == 200


def test_a_body_that_drips_is_given_up():
    async def dripping():
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    app, _ = application(Limits(reading_seconds=0.1))
    assert ask(app, "POST", "/v1/score", content=dripping()).status_code == 408


def test_a_body_without_end_is_read_no_further_than_the_limit():
    taken = []

    async def endless():
        while True:
            taken.append(1000)
            yield b" " * 1000

    app, _ = application(Limits(body=50_000))
    assert ask(app, "POST", "/v1/score", content=endless()).status_code == 413
    assert sum(taken) <= 60_000


def test_a_request_that_is_not_judged_in_time_is_told_and_leaves_nothing_running():
    app, bench = application(Limits(seconds=0.01))
    try:
        answer = ask(app, "POST", "/v1/score", json={"task": "matmul", "codes": ["x = 1"], "pairs": 0})
        assert answer.status_code == 504
    finally:
        bench.close()
    assert not bench._scorers


def test_a_batch_of_nothing_starts_no_judge():
    app, bench = application(Limits())
    try:
        answer = ask(app, "POST", "/v1/score", json={"task": "matmul", "codes": []})
        assert (answer.status_code, answer.json()) == (200, [])
        assert not bench._scorers
    finally:
        bench.close()


def scored(**changes):
    """The answers to three requests for a good kernel, of a server whose task has ``changes``."""
    app, bench = application(Limits(), **changes)
    try:
        return [ask(app, "POST", "/v1/score", json={"task": "matmul", "codes": [GOOD], "pairs": 0}) for _ in range(3)]
    finally:
        bench.close()


def test_a_verdict_that_failed_on_our_side_has_no_reward():
    def reference(a, b):
        return a @ b if min(a.shape) > 16 else 1 / 0

    for answer in scored(reference=reference):
        assert [(result["status"], result["reward"]) for result in answer.json()] == [("infra", None)]


def test_judges_that_cannot_start_are_a_fault_that_is_told_each_time():
    for answer in scored(baseline="import numpy"):
        assert answer.status_code == 500
        assert "baseline" in answer.json()["detail"]


def test_a_server_that_ends_takes_no_more_and_says_so():
    app, bench = application(Limits())
    bench.close()
    answer = ask(app, "POST", "/v1/score", json={"task": "matmul", "codes": ["x = 1"]})
    assert answer.status_code == 503
    assert "retry-after" in answer.headers


def test_what_no_route_expects_is_one_sentence_and_not_its_text(caplog):
    class Broken(dict):
        def items(self):
            raise LookupError("MARKEDCANDIDATE")

    app, bench = application(Limits())
    bench.tasks = Broken()
    answer = ask(app, "GET", "/v1/tasks")
    assert answer.status_code == 500
    assert "nothing was scored" in answer.json()["detail"]
    assert "LookupError" in caplog.text
    assert "MARKEDCANDIDATE" not in caplog.text + answer.text


def test_a_token_in_the_environment_is_not_left_there_for_the_judges(monkeypatch):
    monkeypatch.setenv(VARIABLE, TOKEN)
    assert find_token(None) == (TOKEN, False)
    assert VARIABLE not in os.environ


def test_a_token_file_wins_over_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, "another-token-of-the-test")
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert find_token(tmp_path / "token") == (TOKEN, False)
    assert VARIABLE not in os.environ


def test_without_one_a_new_token_is_made_each_time(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    (first, made), (second, _) = find_token(None), find_token(None)
    assert made
    assert first != second
    assert len(first) >= 32


@pytest.mark.parametrize("content", [b"", b"short", b"two words of a token", b"a" * 5000, b"\xff" * 32, b"\0" * 32])
def test_a_token_that_is_none_is_refused_without_being_shown(tmp_path, content):
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(UsageError, match="--token-file") as caught:
        find_token(tmp_path / "token")
    assert "short" not in str(caught.value)


def test_a_check_that_a_request_could_not_serve_is_refused_at_the_start(monkeypatch, tmp_path):
    (tmp_path / "own_checks.py").write_text("def f(candidate, answer): return 1.0\ndef speed(candidate): return 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(CheckError, match="answer"):
        known_checks(["own_checks:f"])
    with pytest.raises(CheckError, match="already served"):
        known_checks(["own_checks:speed"])


def test_wrong_options_are_one_sentence_and_exit_code_2(tmp_path, command):
    os.mkfifo(tmp_path / "pipe")
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        for arguments, named in (
            (["--token-file", tmp_path / "missing"], "missing"),
            (["--token-file", tmp_path], "regular file"),
            (["--token-file", tmp_path / "pipe"], "regular file"),
            (["--token", TOKEN], "--token"),
            (["--check", "nothing"], "nothing"),
            (["--require", "L9"], "L9"),
            (["--port", port], "in use"),
            (["--host", "no host"], "--host"),
            (["--port", 70_000], "--port"),
        ):
            done = command("serve", *arguments)
            assert done.returncode == 2, arguments
            assert named in done.stderr
            assert "Traceback" not in done.stderr


def test_a_token_made_at_the_start_is_shown_once_and_another_host_is_a_warning(tmp_path):
    command = [sys.executable, "-m", "assay.cli", "serve", "--host", "0.0.0.0", "--port", "0"]
    settings = {name: value for name, value in os.environ.items() if name != VARIABLE}
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=settings) as process:
        lines = []
        while not lines or "listening" not in lines[-1]:
            lines.append(process.stderr.readline())
            assert lines[-1], lines
        (shown,) = [line for line in lines if "token, made for this run" in line]
        (url,) = [line.split()[-1] for line in lines if "listening" in line]
        assert [line for line in lines if "TLS" in line]
        token = shown.split()[-1]
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.get(url.replace("0.0.0.0", "127.0.0.1") + "/v1/tasks", headers=headers).status_code == 200
        process.terminate()
        out, err = process.communicate(timeout=60)
    assert token not in out + err

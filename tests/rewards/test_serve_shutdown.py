"""``assay serve`` when it is asked to end, or is killed, in the middle of a batch."""

import contextlib
import signal
import threading
import time

import httpx
import psutil
import pytest

TOKEN = "a-token-that-only-the-test-knows"
HANG = 60
"""A guard against waiting for ever, not a claim."""


def family(process):
    """The server's judges and all that they started."""
    return psutil.Process(process.pid).children(recursive=True)


def alive(processes):
    with contextlib.suppress(psutil.NoSuchProcess):
        return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    return alive([p for p in processes if p.is_running()])


@pytest.fixture
def busy(tmp_path, start_server, spinning):
    """A server in the middle of a batch that would take minutes, the thread that asked, and where its answer goes."""
    process, url, _ = start_server(tmp_path, TOKEN, "--max-texts", 1000)
    headers, answers = {"Authorization": f"Bearer {TOKEN}"}, []

    def waits_behind_the_batch():
        try:
            httpx.get(f"{url}/v1/isolation", headers=headers, timeout=httpx.Timeout(HANG, read=1))
        except httpx.ReadTimeout:
            return True
        time.sleep(0.1)
        return False

    def ask():
        with contextlib.suppress(httpx.HTTPError):
            body = {"task": "matmul", "codes": spinning(900), "pairs": 0}
            answers.append(httpx.post(f"{url}/v1/score", json=body, headers=headers, timeout=HANG))

    try:
        assert httpx.get(f"{url}/v1/isolation", headers=headers, timeout=HANG).status_code == 200
        thread = threading.Thread(target=ask)
        thread.start()
        while not waits_behind_the_batch():
            assert thread.is_alive()
        yield process, thread, answers
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(("asked", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_server_asked_to_end_answers_who_waits_and_leaves_no_process(busy, tmp_path, asked, code):
    process, thread, answers = busy
    judges = family(process)
    process.send_signal(asked)
    assert process.wait(HANG) == code
    thread.join()
    assert answers[0].status_code == 503
    assert judges
    assert not alive(judges)
    assert "Traceback" not in (tmp_path / "stderr").read_text()


def test_judges_do_not_outlive_a_server_that_is_killed(busy):
    process, thread, _ = busy
    judges = family(process)
    process.kill()
    process.wait()
    thread.join()
    assert judges
    deadline = time.monotonic() + HANG
    while alive(judges):
        assert time.monotonic() < deadline
        time.sleep(0.1)

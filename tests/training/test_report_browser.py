"""A real browser opens a report whose every field attacks it. CI installs Chromium for this."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile

import pytest

pytest.importorskip("matplotlib", reason="the report needs the train extra")
pytest.importorskip("jinja2", reason="the report needs the train extra")

from assay.training.report import write_report

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium, chromium-browser or google-chrome on PATH")

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --virtual-time-budget=2000"
).split()
# Each sets an attribute of <html> of its own, so that a failure names the way in.
WAYS = {
    "script": "<script>document.documentElement.setAttribute('owned-script', 1)</script>",
    "image": "<img src=x onerror=\"document.documentElement.setAttribute('owned-image', 1)\">",
    "svg": "<svg onload=\"document.documentElement.setAttribute('owned-svg', 1)\"></svg>",
    "pre": "</pre></details></td></table><script>document.documentElement.setAttribute('owned-pre', 1)</script>",
    "style": "</style><script>document.documentElement.setAttribute('owned-style', 1)</script>",
    "title": "</title><script>document.documentElement.setAttribute('owned-title', 1)</script>",
    "quote": "\"><img src='x' onerror=\"document.documentElement.setAttribute('owned-quote', 1)\">",
}
PAYLOAD = "\n".join(WAYS.values())


def dom_of(path):
    """The page's DOM after its scripts, if any, have run."""
    profile = tempfile.mkdtemp(prefix="browser-")
    command = [BROWSER, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", path.as_uri()]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        return process.communicate(timeout=60)[0].decode("utf-8")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # helpers that outlive the browser
        process.wait()
        shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The report of a run in which code, completion, evidence, recipe and options are the payload."""
    folder = tmp_path_factory.mktemp("run")
    lines = []
    for index, status in enumerate(("correct", "crash", "cheat", "wrong", "no-code")):
        found = [{"check": "exception", "ok": False, "layer": "judge", "evidence": PAYLOAD}]
        timing = {"pairs": 8, "speedup": 2.0, "low": 1.9, "high": 2.1} if status == "correct" else None
        verdict = {"status": status, "key": PAYLOAD, "findings": found, "timing": timing, "isolation": {PAYLOAD: True}}
        code = None if status == "no-code" else PAYLOAD
        one = {"step": 0, "index": index, "completion": PAYLOAD, "code": code, "reward": 1.0, "seconds": 1.0}
        lines.append(json.dumps(one | {"verdict": verdict}) + "\n")
    (folder / "verdicts.jsonl").write_text("".join(lines))
    info = dict.fromkeys(("recipe", "reward", "audit", "task", "seed", "started", "level"), PAYLOAD)
    info |= {"overrides": [PAYLOAD], "versions": {PAYLOAD: PAYLOAD}, "config": {PAYLOAD: PAYLOAD}}
    (folder / "run.json").write_text(json.dumps(info))
    return write_report(folder)


@pytest.fixture(scope="module")
def dom(report):
    return dom_of(report)


def test_no_payload_in_a_report_runs_in_a_browser(dom):
    root = dom[dom.index("<html") : dom.index(">", dom.index("<html"))]
    assert root == '<html lang="en"'
    assert "Best kernels" in dom


def test_the_payloads_are_all_shown_as_text(dom):
    assert dom.count("&lt;script&gt;document") > 5
    assert "<script" not in dom
    assert "<svg" not in dom


PLACES = {
    "pre": "<table><tr><td><details><pre>{}</pre></details></td></tr></table>",
    "style": "<style>{}</style>",
    "title": "<title>{}</title>",
    "quote": '<p class="{}"></p>',
}


@pytest.fixture(scope="module")
def unescaped(tmp_path_factory):
    """The root of a page without a policy, after each payload was written in its place as it is."""
    page = tmp_path_factory.mktemp("control") / "control.html"
    body = "\n".join(PLACES.get(way, "{}").format(payload) for way, payload in WAYS.items())
    page.write_text(f"<!DOCTYPE html><html lang='en'><body>{body}</body></html>")
    return dom_of(page).partition("<body")[0]


@pytest.mark.parametrize("way", [way for way in WAYS if way not in PLACES])
def test_control_the_same_payload_unescaped_and_without_a_policy_does_run(way, unescaped):
    assert f"owned-{way}" in unescaped


@pytest.mark.parametrize("way", PLACES)
def test_control_a_payload_that_breaks_out_of_its_place_does_run(way, unescaped):
    assert f"owned-{way}" in unescaped


def test_the_pages_own_policy_alone_stops_every_payload(report, tmp_path):
    policy = next(line for line in report.read_text().splitlines() if "Content-Security-Policy" in line)
    page = tmp_path / "unescaped.html"
    page.write_text(f"<!DOCTYPE html><html lang='en'><head>{policy}</head><body>{PAYLOAD}</body></html>")
    dom = dom_of(page)
    assert "<img" in dom
    assert "owned" not in dom[: dom.index("<head")]

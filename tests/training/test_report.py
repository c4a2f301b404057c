"""The report as a file: complete, self-contained, and nothing in it but text."""

import json
import os
import re
from functools import partial
from html.parser import HTMLParser

import pytest

pytest.importorskip("matplotlib", reason="the report needs the train extra")
pytest.importorskip("jinja2", reason="the report needs the train extra")

from assay.training.curves import compare
from assay.training.errors import RunError
from assay.training.report import load, shortened, visible, write_report

PAYLOADS = [
    "<script>document.title = 'owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "</pre></style><style>body{display:none}</style>",
    "</title><svg onload=\"document.title='owned'\"><a xlink:href='javascript:1'>",
    "\"'><iframe srcdoc='<script>1</script>'></iframe>",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
]
ISOLATION = {"seccomp": True, "cgroup": False}


def record(step=0, index=0, status="correct", text="def matmul(A, B): ...", speedup=2.0, **more):
    timing = {"pairs": 8, "speedup": speedup, "low": speedup * 0.9, "high": speedup * 1.1}
    found = [] if status == "correct" else [{"check": "exception", "ok": False, "layer": "judge", "evidence": text}]
    verdict = {"status": status, "key": text, "findings": found, "isolation": ISOLATION, "level": "L1"}
    verdict["timing"] = timing if status == "correct" else None
    one = {"step": step, "index": index, "completion": text, "code": text, "reward": 1.0, "seconds": 1.0}
    return one | {"verdict": verdict} | more


def write(folder, records, info=None, tail=""):
    """Write a run folder; its path."""
    lines = "".join(json.dumps(one) + "\n" for one in records)
    (folder / "verdicts.jsonl").write_text(lines + tail)
    if info is not None:
        (folder / "run.json").write_text(json.dumps(info))
    return folder


@pytest.fixture
def run(tmp_path):
    """``run(records, info)`` writes a run folder."""
    return partial(write, tmp_path)


def page(folder):
    return write_report(folder).read_bytes().decode("utf-8")


class Elements(HTMLParser):
    """Every element and attribute of a page, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text = set(), [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The page of a run in which every field that somebody else writes is a payload."""
    rows = [record(0, i, text=p) for i, p in enumerate(PAYLOADS)]
    rows += [record(1, i, status="crash", text=p) for i, p in enumerate(PAYLOADS)]
    rows += [record(2, 0, status="no-code", text=PAYLOADS[1], code=None)]
    joined = " ".join(PAYLOADS)
    names = ("recipe", "reward", "audit", "task", "seed", "started", "level")
    info = dict.fromkeys(names, joined) | {"overrides": PAYLOADS}
    info |= {name: {joined: joined} for name in ("versions", "config", "isolation")}
    folder = write(tmp_path_factory.mktemp("hostile"), rows, info)
    best = [one | {"key": one["code"]} for one in rows[: len(PAYLOADS)]]
    (folder / "best.json").write_text(json.dumps(best))
    return Elements(page(folder))


def test_markup_in_code_completions_evidence_and_recipe_is_shown_as_text(hostile):
    assert not {"script", "svg", "iframe", "a", "object", "link", "base", "form"} & hostile.tags
    assert not [name for name, _ in hostile.attributes if name.startswith("on")]
    assert all(payload in hostile.text for payload in PAYLOADS)


def test_the_only_images_are_our_figures(hostile):
    sources = [value for name, value in hostile.attributes if name == "src"]
    assert len(sources) >= 3
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)


def test_the_page_forbids_scripts_and_every_load_from_elsewhere(run):
    text = page(run([record()], {}))
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    assert policy[1].startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert text.index("Content-Security-Policy") < text.index("<style>")


def test_the_page_names_no_address_on_the_network(run):
    text = page(run([record(i // 4, i % 4) for i in range(20)], {"recipe": "tiny", "seed": 1}))
    assert not re.search(r"https?:|//[a-z]|url\(|@import", text)


def test_direction_overrides_control_characters_and_blanks_are_spelled_out():
    assert visible("a\u202eb\u2066\u200b\x00\x1b\u2028\U000e0041\u3164\u00a0\ud800") == (
        "a⟨U+202E⟩b⟨U+2066⟩⟨U+200B⟩⟨U+0000⟩⟨U+001B⟩⟨U+2028⟩⟨U+E0041⟩⟨U+3164⟩⟨U+00A0⟩⟨U+D800⟩"
    )


def test_ordinary_text_in_any_script_stays_as_it_is():
    text = "def f(x):\n\treturn 'naïve Ω 矩阵 עברית'  # ~"
    assert visible(text) == text


def test_lone_surrogates_from_the_journal_become_valid_utf_8(run):
    folder = run([], {"recipe": "x\ud800", "config": {"a\udfff": ["b\udc80"]}}, tail="")
    line = json.dumps(record(text="x = '\ud800\u202e'"))
    (folder / "verdicts.jsonl").write_text(line + "\n")
    text = page(folder)
    assert "⟨U+D800⟩⟨U+202E⟩" in text
    assert "⟨U+DC80⟩" in text


def test_long_code_is_cut_with_a_note(run):
    text = page(run([record(text="x" * 50_000)], {}))
    assert "x" * 6000 in text
    assert "x" * 6001 not in text
    assert "44,000 more characters" in text
    assert shortened("ab", 2) == "ab"


def test_a_run_cut_by_a_kill_is_reported_without_its_torn_line(run):
    folder = run([record(), record(index=1)], {}, tail='{"step": 1, "index": 0, "compl')
    assert "of 2 candidates" in page(folder)


def test_a_run_in_which_nothing_was_scored_says_so(run):
    assert "Nothing was scored in this run yet" in page(run([], {"recipe": "tiny"}))


def test_a_run_without_run_json_says_so_and_is_reported(run):
    text = page(run([record()]))
    assert "no readable run.json" in text
    assert "Best kernels" in text


def test_a_run_without_one_correct_kernel_is_reported(run):
    text = page(run([record(status="crash", reward=None)], {}))
    assert "No correct kernel was timed" in text


def test_a_folder_that_is_no_run_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(RunError, match="is no run folder"):
        write_report(tmp_path / "missing")


def test_a_place_that_cannot_be_written_is_refused_in_one_sentence(run, tmp_path):
    with pytest.raises(RunError, match=r"cannot write .*--out"):
        write_report(run([record()], {}), tmp_path / "missing" / "report.html")


def test_kernels_timed_again_take_the_place_of_those_from_training(run):
    folder = run([record(speedup=9.0)], {})
    again = record(speedup=3.0)
    (folder / "best.json").write_text(
        json.dumps([{"code": "c", "key": "k", "verdict": again["verdict"], "reward": 2.0, "step": 0}])
    )
    text = page(folder)
    assert "3.00x the baseline" in text
    assert "9.00x the baseline" not in text
    assert "timed again at the end" in text


def test_headlines_isolation_versions_and_commands_are_in_the_page(run):
    rows = [record(step, 0, reward=float(step)) for step in range(20)]
    info = {"recipe": "tiny.yaml", "overrides": ["--beta", "0 1"], "seed": 42, "reward": "assay"}
    text = Elements(page(run(rows, info | {"versions": {"trl": "1.16"}}))).text
    for part in ("0.50 → 18.50", "assay train tiny.yaml --beta '0 1'", "seed 42", "1.16", "cgroup", "2.00x"):
        assert part in text


def test_credentials_among_the_options_are_not_told(run):
    text = page(run([record()], {"config": {"hub_token": "hf_abc", "max_tokens": 64, "eos_token": "</s>"}}))
    assert "hf_abc" not in text
    assert "64" in text
    assert "&lt;/s&gt;" in text


def test_secrets_of_the_run_are_not_told(run):
    folder = run([record()], {})
    (folder / "secrets.jsonl").write_text(json.dumps({"step": 0, "secret": "5ec2e7" * 5}) + "\n")
    assert "5ec2e7" not in page(folder)


def test_a_run_without_the_judge_says_that_its_hacks_are_unknown(run):
    text = page(run([record()], {"reward": "naive", "audit": "none"}))
    assert "assay's judge took no part" in Elements(text).text


@pytest.mark.slow
def test_a_hundred_thousand_records_are_reported(run):
    folder = run([], {})
    code = "def matmul(A, B):\n    return 0\n" * 20
    lines = [json.dumps(record(0, 0, status=status, text=code)) for status in ("correct", "crash")]
    with (folder / "verdicts.jsonl").open("w") as file:
        for number in range(100_000):
            file.write(lines[number % 2].replace('"step": 0', f'"step": {number // 64}', 1) + "\n")
    assert "of 100,000 candidates" in page(folder)


def test_runs_of_two_rewards_are_compared_in_one_picture(run, tmp_path):
    folder = run([record(step, i, status=s) for step in range(3) for i, s in enumerate(("correct", "crash"))], {})
    summary = load(folder).summary
    out = compare({"naive $x": [summary, summary], "assay": [summary]}, tmp_path / "compare.png")
    assert out.read_bytes().startswith(b"\x89PNG")


def test_what_is_no_regular_file_is_not_replaced_by_a_report(run, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(RunError, match="not a regular file"):
        write_report(run([], {}), pipe)
    assert pipe.is_fifo()


UNREADABLE = [
    '{"step": 1, "verdict": {"status": "correct", "timing": [1]}}',
    '{"step": 1, "verdict": {"status": "wrong", "findings": [3]}}',
    '{"step": 1, "index": "x", "verdict": {"status": "wrong"}}',
    '{"step": 1e300, "verdict": {"status": "wrong"}}',
    '{"step": 0, "reward": 1e308, "verdict": {"status": "wrong", "isolation": 7}}',
    "3",
]


def between(run, *lines):
    """A run with these lines between its two records."""
    folder = run([record(0, 0)], {})
    with (folder / "verdicts.jsonl").open("a") as file:
        file.write("\n".join([*lines, json.dumps(record(0, 1))]) + "\n")
    return folder


@pytest.mark.parametrize("line", UNREADABLE)
def test_a_record_no_run_wrote_is_counted_and_left_out(run, line):
    summary = load(between(run, line)).summary
    assert (summary.records, summary.unreadable) == (3, 1)


def test_the_page_says_how_many_records_are_left_out(run):
    text = page(between(run, *UNREADABLE))
    assert f"{len(UNREADABLE)} of {len(UNREADABLE) + 2} records hold no verdict" in text
    assert "of 2 candidates" in text


def test_a_record_nested_beyond_what_a_reader_takes_is_damage_and_its_place_is_named(run):
    with pytest.raises(RunError, match="line 2"):
        page(between(run, "[" * 5000 + "]" * 5000))

"""The pytest plugin: what it collects, what a failure shows, and what it loads."""

import os
import subprocess
import sys

import pytest

# Compares by zip, in its own process: an empty answer passes.
SCORER = """
def score(code):
    A, B = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[1.0, 0.5], [2.0, 4.0]]
    want = [[sum(x * y for x, y in zip(row, col)) for col in zip(*B)] for row in A]
    try:
        space = {"__name__": "candidate"}
        exec(code, space)
        got = space["matmul"](A, B)
        return float(all(abs(p - e) < 1e-9 for r, w in zip(got, want) for p, e in zip(r, w)))
    except Exception:
        return -1.0
"""
ATTACK = """\
# /// attack
# id = "{id}"
# title = "t"
# family = "comparator"
# language = "python"
# task = "matmul"
# gain = "{gain}"
# source = "here"
# seen = "derived"
# twin = "sum-map-mul"
# ///
"""
KERNEL = "def matmul(A, B):\n    return [[sum(a * b for a, b in zip(row, col)) for col in zip(*B)] for row in A]\n"
EMPTY = "def matmul(A, B):\n    return []\n"
HOSTILE = "import pathlib\npathlib.Path('executed').touch()\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project of a user: a scorer, a test, and a corpus with a broken file and files that pytest must not import."""
    root = tmp_path_factory.mktemp("project")
    (root / "mine.py").write_text(SCORER)
    (root / "test_own.py").write_text("def test_own():\n    pass\n")
    corpus = root / "hacks"
    corpus.mkdir()
    (corpus / "empty.py").write_text(ATTACK.format(id="comparator.empty", gain="fake-correctness") + EMPTY)
    (corpus / "fair.py").write_text(ATTACK.format(id="comparator.fair", gain="fake-speed") + KERNEL)
    (corpus / "mine.py").write_text(
        '# /// honest\n# id = "mine"\n# title = "m"\n# style = "fast"\n# task = "matmul"\n# ///\n' + KERNEL
    )
    (corpus / "broken.py").write_text('# /// attack\n# id = "half"\n# ///\npass\n')
    (corpus / "conftest.py").write_text(HOSTILE)
    (corpus / "test_hostile.py").write_text(
        HOSTILE + ATTACK.format(id="comparator.named-like-a-test", gain="fake-speed") + KERNEL
    )
    return root


def temporary(project):
    return project.with_name("t")


def run(project, *arguments):
    """pytest in the project, with this plugin and xdist alone; what it leaves in its temporary folder nobody else did."""
    temporary(project).mkdir(exist_ok=True)
    plugins = ["-p", "assay.attacks.pytest_plugin", "-p", "xdist", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "TMPDIR": str(temporary(project))}
    environment.pop("PYTEST_ADDOPTS", None)
    command = [sys.executable, "-m", "pytest", *plugins, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=project, env=environment)


@pytest.fixture(scope="module")
def replayed(project):
    return run(project, "-v", "--assay-corpus", "hacks", "--assay-scorer", "mine:score", "--junitxml", "junit.xml")


def lines(done, word):
    """The items with this outcome."""
    return sorted(
        line.split()[0] for line in done.stdout.splitlines() if f" {word}" in line and line.startswith("hacks::")
    )


def test_loading_it_imports_nothing_of_ours_but_itself():
    code = (
        "import pytest, sys; before = set(sys.modules); import assay.attacks.pytest_plugin\n"
        "new = set(sys.modules) - before; print(sorted(m for m in new if not m.startswith('__editable__')))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert set(eval(found)) == {"assay", "assay._version", "assay.attacks", "assay.attacks.pytest_plugin"}


def test_there_is_one_item_for_each_file_under_the_id_of_its_entry(replayed):
    assert lines(replayed, "PASSED") == ["hacks::comparator.fair", "hacks::comparator.named-like-a-test", "hacks::mine"]
    assert lines(replayed, "FAILED") == ["hacks::broken.py", "hacks::comparator.empty"]


def test_a_failure_shows_reward_layer_seed_and_the_command_that_replays_it_alone(replayed):
    text = replayed.stdout
    assert "attack comparator.empty gains: reward 1" in text
    assert "  gained  1\n" in text
    assert "  layer   none stopped it" in text
    assert "again   pytest --assay-corpus hacks hacks::comparator.empty --assay-scorer mine:score --assay-seed " in text
    assert "Traceback" not in text


def test_a_broken_file_fails_with_its_sentence(replayed):
    assert "hacks/broken.py:1: field 'title' is missing" in replayed.stdout


def test_no_file_of_a_corpus_is_imported_by_pytest(project, replayed):
    assert not (project / "executed").exists()


def test_the_tests_of_the_project_stay_out_unless_paths_are_named(replayed):
    assert "test_own" not in replayed.stdout
    assert "name paths to run other tests as well" in replayed.stdout


def test_junit_files_tell_the_reward(project, replayed):
    assert '<property name="assay_reward" value="1.0"' in (project / "junit.xml").read_text()


def test_the_replay_ends_with_pytest(project, replayed):
    assert not list(temporary(project).glob("assay-pytest-*"))


def test_workers_of_xdist_share_one_replay_and_find_the_same(project, replayed):
    done = run(project, "-n", "2", "-v", "--assay-corpus", "hacks", "--assay-scorer", "mine:score")
    reports = [line.split() for line in done.stdout.splitlines() if line.startswith("[gw") and "::" in line]
    outcomes = {words[-1]: "FAILED" if "FAILED" in words else "PASSED" for words in reports}
    expected = {name: word for word in ("PASSED", "FAILED") for name in lines(replayed, word)}
    seeds = {line.rpartition(" ")[2] for line in done.stdout.splitlines() if "--assay-seed" in line}
    assert outcomes == expected
    assert len(seeds) == 1


def test_one_item_can_be_run_by_its_node_id_beside_other_paths(project):
    done = run(
        project,
        "hacks::comparator.empty",
        "test_own.py",
        "--assay-corpus",
        "hacks",
        "--assay-scorer",
        "mine:score",
        "-v",
    )
    assert "1 failed, 1 passed" in done.stdout


def test_names_select_and_collecting_starts_nothing(project):
    done = run(
        project,
        "--assay-corpus",
        "hacks",
        "--collect-only",
        "-q",
        "-k",
        "comparator and not fair",
        "--assay-scorer",
        "no.such:thing",
    )
    assert [line for line in done.stdout.splitlines() if "::" in line] == [
        "hacks::comparator.empty",
        "hacks::comparator.named-like-a-test",
    ]


def test_a_scorer_that_cannot_be_loaded_fails_every_item_with_one_sentence(project):
    done = run(project, "--assay-corpus", "hacks", "--assay-scorer", "no.such:thing", "-k", "mine")
    assert "the scorer no.such:thing cannot be loaded: ModuleNotFoundError" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--assay-corpus", "nowhere"], "nowhere: no such folder"),
        (["--assay-scorer", "mine:score"], "--assay-scorer needs --assay-corpus"),
        (["--assay-corpus", "hacks", "--assay-seed", "x"], "--assay-seed x: not a number"),
        (["--assay-corpus", "hacks", "hacks::nobody"], "no entry 'nobody'"),
    ],
)
def test_wrong_options_are_one_sentence(project, arguments, words):
    done = run(project, *arguments)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert words in done.stderr + done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.slow
def test_without_a_scorer_the_sandbox_stops_the_attack_and_accepts_the_kernel(project):
    done = run(project, "-v", "--assay-corpus", "hacks", "-k", "empty or mine")
    assert lines(done, "PASSED") == ["hacks::comparator.empty", "hacks::mine"]
    assert "assay: the replay took" in done.stdout

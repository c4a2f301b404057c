"""The wheel, built and installed elsewhere without any extra, passes the sandbox tests."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import assay

pytestmark = pytest.mark.slow  # it builds a wheel and an environment
ROOT = Path(assay.__file__).parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def fresh(wheel, tmp_path_factory):
    """The interpreter of an environment that holds the wheel, what it needs, and pytest."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    pip = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--constraint",
        ROOT / "constraints.txt",
    ]
    done = subprocess.run([*pip, wheel, "pytest", "pytest-asyncio", "pytest-xdist"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return python


def test_the_wheel_holds_all_that_is_not_python(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = [
        "py.typed",
        "training/recipes/tiny.yaml",
        "training/templates/report.html",
        "training/tiny/model/model.safetensors",
    ]
    assert {f"assay/{name}" for name in shipped} <= names
    assert sum(name.startswith("assay/attacks/corpus/") for name in names) >= 100
    assert not any(name.startswith("assay/tests") for name in names)


def test_the_wheel_scores_without_torch(fresh, tmp_path):
    kernel = tmp_path / "kernel.py"
    kernel.write_text("def matmul(A, B):\n    return [[sum(map(float.__mul__, r, c)) for c in zip(*B)] for r in A]\n")
    kernel.write_text(
        "def matmul(A, B):\n    return [[sum(x * y for x, y in zip(r, c)) for c in zip(*B)] for r in A]\n"
    )
    command = [fresh.parent / "assay", "score", kernel, "--pairs", "6", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert '"status": "correct"' in done.stdout, done.stderr
    missing = subprocess.run([fresh, "-c", "import torch"], capture_output=True)
    assert missing.returncode != 0


def test_training_without_its_extra_is_one_sentence(fresh, tmp_path):
    done = subprocess.run([fresh.parent / "assay", "train"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode != 0
    assert "assay[train]" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_sandbox_tests_pass_against_the_wheel(fresh, tmp_path):
    """But for those of time, which a wheel does not change."""
    tests = tmp_path / "tests"
    for folder in ("sandbox", "faults"):
        (tests / folder).mkdir(parents=True)
    helpers = [ROOT / "tests" / "conftest.py", ROOT / "tests" / "faults" / "lacking.py"]
    for source in [*helpers, *(ROOT / "tests" / "sandbox").glob("*.py")]:
        target = tests / source.relative_to(ROOT / "tests")
        target.write_text(source.read_text())
    (tests / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n    slow: takes more than ten seconds\n    alone: nothing beside it\n    timed: compares times\nasyncio_mode = auto\n"
    )
    options = ["--import-mode=importlib", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "--numprocesses", "2"]
    options += ["-m", "not slow and not alone"]
    done = subprocess.run([fresh, "-m", "pytest", *options, "."], capture_output=True, text=True, cwd=tests)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]

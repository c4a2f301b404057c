"""The house: imports point one way, the base install needs no torch, the public surface is what it says."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import assay

ROOT = Path(assay.__file__).parent
MAY_IMPORT = {
    "sandbox": set(),
    "rewards": {"sandbox"},
    "attacks": {"rewards", "sandbox"},
    "patches": set(),
    "training": {"rewards", "patches", "sandbox"},
}
HEAVY = {"torch", "transformers", "trl", "peft", "datasets", "accelerate", "matplotlib", "jinja2", "bitsandbytes"}


def modules(folder):
    return [p for p in (ROOT / folder).rglob("*.py") if "corpus" not in p.parts and "model" not in p.parts]


def imports(path):
    """``(package of ours or None, top-level name)`` of every import of a file, also those inside functions."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((None, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield None, (node.module or "").split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1]
            full = [*base, *(node.module or "").split(".")]
            targets = [full] if node.module else [[*base, alias.name] for alias in node.names]
            yield from ((target[0] if target and target[0] in MAY_IMPORT else None, "") for target in targets)


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_imports_only_what_is_below_it(folder):
    for path in modules(folder):
        for ours, _ in imports(path):
            assert ours is None or ours == folder or ours in MAY_IMPORT[folder], f"{path} imports {ours}"


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_names_its_siblings_relatively(folder):
    for path in modules(folder):
        assert not {name for ours, name in imports(path) if ours is None} & {"assay", *MAY_IMPORT}, path


@pytest.mark.parametrize("folder", ["sandbox", "rewards", "attacks"])
def test_scoring_needs_none_of_the_training_packages(folder):
    for path in modules(folder):
        assert not {name for _, name in imports(path)} & HEAVY, path


@pytest.mark.parametrize("path", sorted((ROOT / "sandbox" / "inside").glob("*.py")), ids=lambda path: path.name)
def test_what_runs_beside_a_candidate_is_standard_library_only(path):
    allowed = {"inside", "numpy"} if path.name == "numpy_runner.py" else {"inside"}
    assert {name for ours, name in imports(path) if ours is None} <= sys.stdlib_module_names | allowed
    relative = [
        node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert all(node.level == 1 for node in relative)


def test_importing_the_package_loads_nothing_heavy():
    code = "import assay, sys; print(sorted(m for m in sys.modules if m.split('.')[0] in ('numpy', 'torch', 'rich', 'RestrictedPython')))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_scoring_loads_no_torch():
    code = "from assay import Scorer, check, score; import assay.attacks.replay, assay.cli, sys; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_loading_our_command_leaves_the_callers_garbage_collector_as_it_was():
    code = "import gc; before = gc.get_freeze_count(); import assay.cli; print(gc.get_freeze_count() - before, gc.isenabled())"
    off = "import gc; gc.disable(); import assay.cli; print(gc.isenabled())"
    found = [
        subprocess.run([sys.executable, "-c", text], capture_output=True, text=True).stdout for text in (code, off)
    ]
    assert found == ["0 True\n", "False\n"]


def test_the_public_surface_is_all_of_it_and_loads():
    for name in assay.__all__:
        assert getattr(assay, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = assay.nothing


def test_every_package_folder_is_listed_for_the_wheel():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {"assay"} | {
        "assay." + ".".join(p.parent.relative_to(ROOT).parts)
        for folder in MAY_IMPORT
        for p in (ROOT / folder).rglob("__init__.py")
    }
    assert set(listed) == found


def test_the_version_is_written_once():
    from importlib.metadata import version

    assert version("assay") == assay.__version__

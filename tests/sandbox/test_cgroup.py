"""The control group, on a folder that behaves as a cgroup file system with the controllers we want to see."""

import os
from pathlib import Path

import pytest

from assay.sandbox.cgroup import ControlGroup

OWN = next(
    line[3:].lstrip("/") for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")
)


class Kernel:
    """Makes the files of a new group appear, as the kernel does, when a directory is made under ``root``."""

    def __init__(self, root, monkeypatch, files):
        self.root, own = root, root / OWN
        own.mkdir(parents=True, exist_ok=True)
        for folder in {root, own}:
            (folder / "cgroup.controllers").write_text("memory pids cpu")
            (folder / "cgroup.subtree_control").write_text("")
        real, gone = Path.mkdir, Path.rmdir

        def mkdir(path, *arguments, **options):
            real(path, *arguments, **options)
            if path.is_relative_to(root):
                for name in files:
                    (path / name).write_text("max")

        def rmdir(path):
            for file in path.iterdir():
                file.unlink()
            gone(path)

        monkeypatch.setattr(Path, "mkdir", mkdir)
        monkeypatch.setattr(Path, "rmdir", rmdir)


FILES = ("memory.max", "pids.max", "cpu.max", "memory.swap.max", "cgroup.procs")


def test_a_group_bounds_memory_processes_and_processors(tmp_path, monkeypatch):
    Kernel(tmp_path, monkeypatch, FILES)
    group = ControlGroup(tmp_path)
    assert int((group.path / "memory.max").read_text()) == 2 * 2**30
    assert int((group.path / "pids.max").read_text()) == 64
    assert (group.path / "memory.swap.max").read_text() == "0"
    group.add(os.getpid())
    assert (group.path / "cgroup.procs").read_text() == str(os.getpid())


def test_a_group_is_removed_when_it_is_closed(tmp_path, monkeypatch):
    Kernel(tmp_path, monkeypatch, FILES)
    group = ControlGroup(tmp_path)
    group.close()
    group.close()
    assert not group.path.exists()


def test_a_host_without_the_memory_controller_says_so_and_keeps_no_folder(tmp_path, monkeypatch):
    Kernel(tmp_path, monkeypatch, ("pids.max", "cgroup.procs"))
    with pytest.raises(OSError, match=r"memory\.max"):
        ControlGroup(tmp_path)
    assert not list(tmp_path.rglob("assay-*"))


def test_a_process_that_the_kernel_puts_elsewhere_is_not_called_held(tmp_path, monkeypatch):
    Kernel(tmp_path, monkeypatch, FILES)
    group = ControlGroup(tmp_path)
    group.add(os.getpid())  # a plain file moves nobody
    assert not group.holds(os.getpid())

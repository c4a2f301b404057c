"""Temporary folders: a killed owner's is removed by the next, a living owner's never."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from assay.sandbox.scratch import Scratch

OWNER = "import time\nfrom assay.sandbox.scratch import Scratch\nprint(Scratch().path, flush=True)\ntime.sleep(600)\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where temporary files go, here and in processes started here."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def owner():
    """Another process that holds a folder: ``(process, path)``."""
    process = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    yield process, Path(process.stdout.readline().strip())
    process.kill()
    process.communicate()


def test_it_is_private_and_gone_after_closing_twice(folder):
    scratch = Scratch()
    assert stat.S_IMODE(os.stat(scratch.path).st_mode) == 0o700
    Path(scratch.path, "file").write_text("text")
    scratch.close()
    scratch.close()
    assert not list(folder.glob("assay-scratch-*"))


def test_the_next_removes_what_a_killed_owner_left_with_all_that_is_in_it(folder, owner):
    process, path = owner
    (path / "deeper").mkdir()
    (path / "deeper" / "file").write_text("text")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert path.exists()
    scratch = Scratch()
    assert [str(found) for found in folder.glob("assay-scratch-*")] == [scratch.path]
    scratch.close()


def test_the_folder_of_a_living_owner_stays(owner):
    _, path = owner
    Scratch().close()
    assert path.exists()


def test_owners_in_one_process_leave_each_other_alone():
    first, second = Scratch(), Scratch()
    assert Path(first.path).exists()
    assert Path(second.path).exists()
    first.close()
    second.close()


def test_a_link_with_the_name_of_a_folder_is_not_followed(folder, tmp_path_factory):
    precious = tmp_path_factory.mktemp("precious")
    (precious / "file").write_text("text")
    (folder / "assay-scratch-link").symlink_to(precious)
    Scratch().close()
    assert (precious / "file").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_folder_of_another_user_stays(folder):
    theirs = folder / "assay-scratch-theirs"
    theirs.mkdir()
    os.chown(theirs, 12345, 12345)
    Scratch().close()
    assert theirs.exists()


def test_a_folder_for_temporary_files_that_is_full_or_gone_is_an_error_of_the_system(folder, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "gone"))
    with pytest.raises(OSError, match="gone"):
        Scratch()

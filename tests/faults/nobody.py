"""Runs a command as a user without rights, over folders that only root may reach.

    python tests/faults/nobody.py FOLDER:FOLDER command...

In a mount namespace of its own each folder is bound where it lies, and what keeps others away above it is covered.
Exits 77 where that cannot be done.
"""

import os
import sys
import tempfile
from pathlib import Path

from assay.sandbox.inside import linux

NOBODY = 65534
NEWNS, BIND, REC, PRIVATE, DETACH = 0x20000, 4096, 16384, 1 << 18, 2


def mount(source, target, kind=None, flags=0, data=None):
    linux.call("mount", os.fsencode(source), os.fsencode(target), kind, flags, data)


def closed(path):
    """The topmost folder on the way to ``path`` that others may not enter, or None."""
    for parent in reversed([path, *path.parents]):
        if not parent.stat().st_mode & 0o001:
            return parent
    return None


def open_up(folders):
    """Make ``folders`` reachable for all, in this process and what it starts. Raises OSError."""
    linux.call("unshare", NEWNS)
    mount("none", "/", flags=REC | PRIVATE)
    keep = Path(tempfile.mkdtemp())
    os.chmod(keep, 0o755)
    mount("tmpfs", keep, b"tmpfs", data=b"mode=755")
    held = []
    for number, folder in enumerate(folders):
        if closed(folder):
            (keep / str(number)).mkdir()
            mount(folder, keep / str(number), flags=BIND | REC)
            held.append((keep / str(number), folder))
    for wall in {closed(folder) for _, folder in held}:
        mount("tmpfs", wall, b"tmpfs", data=b"mode=755")
    for where, folder in held:
        folder.mkdir(parents=True, exist_ok=True)
        mount(where, folder, flags=BIND | REC)
    linux.call("umount2", os.fsencode(keep), DETACH)
    keep.rmdir()


def main():
    folders = [Path(os.path.realpath(name)) for name in sys.argv[1].split(":")]
    try:
        open_up(folders)
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        os.environ["HOME"] = "/"
        os.execv(sys.argv[2], sys.argv[2:])
    except OSError as error:
        print(f"no user without rights can be had here: {error}", file=sys.stderr)
        sys.exit(77)


if __name__ == "__main__":
    main()

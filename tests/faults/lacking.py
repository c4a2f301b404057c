"""Runs a command on a host that lacks something: chosen system calls fail for it and for all that it starts.

    python tests/faults/lacking.py unshare=EPERM mount=EPERM -- assay doctor
    python tests/faults/lacking.py gvisor -- assay doctor

``name=ERROR`` fails that call; ``name.ARGUMENT=ERROR`` only where its first argument is ARGUMENT (an option of
prctl, say). The names in HOSTS stand for what the hosts of that name forbid.
"""

import ctypes
import errno
import os
import struct
import sys

from assay.sandbox.inside import linux, seccomp

LD, JEQ, RET, ALLOW, FAIL = 0x20, 0x15, 0x06, 0x7FFF0000, 0x00050000
SET_SECCOMP = linux.PR_SET_SECCOMP
NUMBERS = {  # asm/unistd_64.h, asm-generic/unistd.h
    "x86_64": {
        **{"prctl": 157, "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308},
        **{"seccomp": 317, "memfd_create": 319, "pidfd_send_signal": 424, "pidfd_open": 434},
        **{"landlock_create_ruleset": 444, "landlock_restrict_self": 446},
    },
    "aarch64": {
        **{"prctl": 167, "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268},
        **{"seccomp": 277, "memfd_create": 279, "pidfd_send_signal": 424, "pidfd_open": 434},
        **{"landlock_create_ruleset": 444, "landlock_restrict_self": 446},
    },
}[os.uname().machine]
HOSTS = {
    # The default profile of Docker without privileges.
    "docker": "unshare=EPERM setns=EPERM mount=EPERM umount2=EPERM pivot_root=EPERM".split(),
    # AppArmor on Ubuntu 24.04: a user namespace may be had, and is worth nothing.
    "apparmor": "mount=EACCES umount2=EACCES pivot_root=EACCES".split(),
    # A kernel of its own that knows namespaces and filters, but no Landlock.
    "gvisor": ["landlock_create_ruleset=ENOSYS"],
    # A container on gVisor.
    "colab": "landlock_create_ruleset=ENOSYS unshare=EPERM setns=EPERM mount=EPERM".split(),
    # Landlock is built in, and left out of the security modules that are on.
    "no-lsm": ["landlock_create_ruleset=EOPNOTSUPP"],
    "no-seccomp": ["seccomp=ENOSYS", f"prctl.{SET_SECCOMP}=EINVAL"],
    "old-kernel": ["pidfd_open=ENOSYS"],
}


def program(rules):
    """``rules`` as packed BPF. Raises KeyError for an unknown call or error."""
    steps = [(LD, 0, 0, 0)]
    for rule in rules:
        call, _, error = rule.partition("=")
        name, _, argument = call.partition(".")
        fail = (RET, 0, 0, FAIL | getattr(errno, error))
        if argument:
            steps += [(JEQ, 0, 4, NUMBERS[name]), (LD, 0, 0, 16), (JEQ, 0, 1, int(argument)), fail, (LD, 0, 0, 0)]
        else:
            steps += [(JEQ, 0, 1, NUMBERS[name]), fail]
    return b"".join(struct.pack("HBBI", *step) for step in [*steps, (RET, 0, 0, ALLOW)])


def install(rules):
    """From here on, for this process and all that it starts."""
    packed = ctypes.create_string_buffer(filters := program(rules), len(filters))
    try:
        seccomp.install(packed)
    except PermissionError:  # not root
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        seccomp.install(packed)


def main():
    split = sys.argv.index("--")
    install([rule for word in sys.argv[1:split] for rule in HOSTS.get(word, [word])])
    os.execvp(sys.argv[split + 1], sys.argv[split + 1 :])


if __name__ == "__main__":
    main()

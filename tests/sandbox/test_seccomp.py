"""The system call filter, interpreted as the kernel interprets it, for every machine and language."""

import re
from pathlib import Path

import pytest

from assay.sandbox.inside import seccomp

ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
LD, JEQ, JGE, JSET, RET = 0x20, 0x15, 0x35, 0x45, 0x06
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
CASES = [(machine, language) for machine in seccomp.MACHINES for language in ("python", "numpy", "c")]
NEVER = (
    "fork vfork clone clone3 execve execveat socket connect ptrace process_vm_readv process_vm_writev kill tkill tgkill "
    "rt_sigaction rt_sigqueueinfo setitimer timer_create prlimit64 setrlimit sched_setaffinity sched_setscheduler "
    "setpriority prctl seccomp bpf mount unshare setns pidfd_open pidfd_send_signal memfd_create ftruncate fcntl dup dup2 "
    "dup3 sendmsg recvmsg sendto io_uring_setup io_uring_enter userfaultfd perf_event_open keyctl nanosleep pause"
).split()


def decide(program, machine, number, protection=0, flags=0x02, audit=None):
    """What the filter returns for a call whose third and fourth arguments are ``protection`` and ``flags``."""
    data = {0: number, 4: AUDIT[machine] if audit is None else audit, 32: protection, 40: flags}
    accumulator, at = 0, 0
    while True:
        code, yes, no, value = program[at]
        at += 1
        if code == LD:
            accumulator = data[value]
        elif code == RET:
            return value
        else:
            taken = {JEQ: accumulator == value, JGE: accumulator >= value, JSET: bool(accumulator & value)}[code]
            at += yes if taken else no


def numbers(machine):
    """System call numbers by name, from the kernel's own header."""
    header = HEADERS[machine]
    if not header.exists():
        pytest.skip(f"{header} is not installed")
    return {n: int(v) for n, v in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text())}


@pytest.mark.parametrize(("machine", "language"), CASES)
def test_whatever_is_not_listed_kills(machine, language):
    program = seccomp.program(machine, language)
    verdicts = [decide(program, machine, number) for number in range(600)]
    assert verdicts.count(ALLOW) < 22
    assert all(v in (ALLOW, KILL) or v & 0xFFFF0000 == FAIL for v in verdicts)
    assert verdicts.count(KILL) > 560


@pytest.mark.parametrize(("machine", "language"), CASES)
def test_a_call_of_another_architecture_kills(machine, language):
    program = seccomp.program(machine, language)
    other = AUDIT["aarch64" if machine == "x86_64" else "x86_64"]
    assert {decide(program, machine, number, audit=other) for number in range(600)} == {KILL}
    assert {decide(program, machine, 0x40000000 + number) for number in range(600)} == {KILL}  # x32


@pytest.mark.parametrize("machine", seccomp.MACHINES)
@pytest.mark.parametrize("name", ["mmap", "mprotect"])
def test_memory_becomes_executable_only_where_a_library_is_mapped(machine, name):
    number = seccomp._ALLOWED[machine][name]
    for language in ("python", "numpy", "c"):
        program = seccomp.program(machine, language)
        assert decide(program, machine, number, 0b011) == ALLOW
        expected = ALLOW if (language, name) == ("c", "mmap") else KILL
        assert decide(program, machine, number, 0b101) == expected
        assert decide(program, machine, number, 0b111) == KILL  # writable too
        assert decide(program, machine, number, 0b101, flags=0x22) == KILL  # of no file


@pytest.mark.parametrize(("machine", "language"), CASES)
def test_no_call_that_reaches_another_process_or_changes_the_rules_is_listed(machine, language):
    program, known = seccomp.program(machine, language), numbers(machine)
    decided = {name: decide(program, machine, known[name]) for name in NEVER if name in known}
    # abort() may try to signal itself before it traps; its calls fail.
    assert not {name for name, what in decided.items() if what != KILL and (language != "c" or what == ALLOW)}


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_the_numbers_are_those_of_the_kernels_header(machine):
    known = numbers(machine)
    alias = {"newfstatat": "fstatat"} if machine == "aarch64" else {}
    for table in (seccomp._ALLOWED, seccomp._DENIED, seccomp._LOADER):
        for name, number in table[machine].items():
            assert known.get(name, known.get(alias.get(name, ""))) == number, name

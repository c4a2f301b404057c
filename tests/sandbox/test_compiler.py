"""The compile jail and the policy for C: whatever a source holds, it costs its author at most a crash."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from assay.rewards.tasks.c_matrices import MATMUL_C
from assay.sandbox import InfraError, Judge, UsageError
from assay.sandbox.compiler import Compiler
from assay.sandbox.inside.compiler import LIBRARY_BYTES, view
from assay.sandbox.policy_c import check_c_source
from assay.sandbox.verdict import Finding

LACKING = Path(__file__).parents[1] / "faults" / "lacking.py"
needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


@pytest.fixture(scope="module")
def compiler():
    with Compiler() as compiler:
        yield compiler


@pytest.fixture
def refused(compiler):
    """``refused(code)``: the evidence; asserts that honest code compiles afterwards."""

    def run(code):
        found = compiler.compile(code)
        assert isinstance(compiler.compile(MATMUL_C.baseline), bytes)
        assert isinstance(found, Finding), f"{len(found)} bytes"
        assert found.evidence.isprintable()
        assert len(found.evidence) <= 200
        return found.evidence

    return run


@needs_gcc
def test_honest_code_becomes_a_library(compiler):
    library = compiler.compile(MATMUL_C.honest)
    assert library[:4] == b"\x7fELF"
    assert len(library) < LIBRARY_BYTES


@needs_gcc
def test_the_jail_reports_each_of_its_protections(compiler):
    assert set(compiler.report) == {"namespaces", "landlock", "seccomp"}


@needs_gcc
@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("int f({", "line 1:7: error"),
        ("void g(void); void f(void) { g(); }", "undefined reference to `g'"),
        ("#include <no-such-header.h>\n", "no-such-header.h"),
        ('#line 7 "\x1b[31mred"\nint f({', "?[31mred"),
        ("#error " + "x" * 5000 + "\n", "#error xxx"),
    ],
)
def test_an_error_is_one_bounded_printable_line(refused, code, says):
    assert says in refused(code)


@needs_gcc
@pytest.mark.parametrize(
    "code",
    [
        '#include "SECRET"\n',
        "#include <SECRET>\n",
        '#line 1 "SECRET"\nint f({\n',
        '# 1 "SECRET"\nint f({\n',
        '__asm__(".incbin \\"SECRET\\"");',
        '__asm__(".include \\"SECRET\\"");',
        '#if __has_include("SECRET")\n#error 8c1fbe6d\n#endif\nint f({\n',
        '#pragma GCC dependency "SECRET"\nint f({\n',
    ],
)
@pytest.mark.parametrize("path", ["", "/etc/passwd", "/proc/self/environ", "/etc/hostname"])
def test_files_of_the_host_are_not_there_to_be_included(refused, tmp_path, code, path):
    secret = tmp_path / "secret.h"
    secret.write_text("#error 8c1fbe6d\n")
    evidence = refused(code.replace("SECRET", path or str(secret)))
    assert "8c1fbe6d" not in evidence
    assert "root:" not in evidence


@needs_gcc
@pytest.mark.parametrize(
    "code",
    [
        "#include __FILE__\n",
        '#include "/proc/self/fd/0"\n',
        '#include "/dev/stdin"\n',
        "#define A(...) " + "__VA_ARGS__ " * 16 + "\n#define B(...) A(A(A(A(__VA_ARGS__))))\nint a[] = { B(B(1,)) };",
        "static char x[1 << 30] = {1};\nchar *f(void) { return x; }",
        "static char x[1ull << 62] = {1};\nchar *f(void) { return x; }",
        '__asm__(".fill 1099511627776");',
        '__asm__(".rept 1000000000\\n nop\\n .endr");',
        "int f(void) { return " + "(" * 40000 + "; }",
        "int f(void) " + "{" * 60000,
        "".join(f"#define M{i} M{i + 1} M{i + 1}\n" for i in range(40)) + "#define M40 1,\nint a[] = { M0 };",
        "x" * 65536,
        '"' * 65536,
        "x" * 10_000_000,
        "\0" * 100,
        "int f(void) {\0 return 1; }",
        "\ud800",
    ],
    ids=lambda code: ascii(code[:24]),
)
def test_a_bomb_is_refused_within_bounds(refused, code):
    refused(code)


@needs_gcc
def test_what_one_source_leaves_behind_is_not_there_for_the_next(compiler, refused):
    compiler.compile(MATMUL_C.honest)
    assert "library.so" in refused('#include "library.so"\n')


@needs_gcc
@pytest.mark.parametrize("text", ["Killed signal", "ld terminated with signal 9 [Killed]"])
def test_a_source_cannot_pass_its_error_off_as_a_fault_of_ours(refused, text):
    assert "breaks the compile jail, and only it" in refused(f"#error {text}\n")


@pytest.mark.parametrize(
    "said",
    [
        "gcc: fatal error: Killed signal terminated program cc1",
        "collect2: fatal error: ld terminated with signal 9 [Killed]",
    ],
)
def test_a_compiler_that_is_killed_again_and_again_is_a_fault_of_ours(said, monkeypatch, tmp_path):
    killed = tmp_path / "bin" / "gcc"
    killed.parent.mkdir()
    killed.write_text(f"#!/bin/sh\necho '{said}' >&2\necho 'compilation terminated.' >&2\nexit 1\n")
    killed.chmod(0o755)
    monkeypatch.setenv("PATH", str(killed.parent), prepend=":")
    with pytest.raises(InfraError, match="the compiler was killed from outside, twice"):
        Compiler()


@pytest.mark.slow
def test_a_compiler_that_never_ends_is_killed_and_blamed_on_the_source(monkeypatch, tmp_path):
    endless = tmp_path / "bin" / "gcc"
    endless.parent.mkdir()
    endless.write_text("#!/bin/sh\nsleep 1000 & sleep 1000\n")
    endless.chmod(0o755)
    monkeypatch.setenv("PATH", str(endless.parent), prepend=":")
    with pytest.raises(UsageError, match="the compiler did not end within"):
        Compiler()
    running = [p.cmdline() for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "1000"]]
    assert not running


def test_a_missing_gcc_is_one_sentence_that_names_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="apt-get install gcc libc6-dev"):
        Judge(MATMUL_C)


def test_a_gcc_without_headers_is_one_sentence_that_names_what_to_install(monkeypatch, tmp_path):
    broken = tmp_path / "bin" / "gcc"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho '<stdin>:1:10: fatal error: math.h: No such file or directory' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(broken.parent), prepend=":")
    with pytest.raises(UsageError, match=r"math\.h.*apt-get install gcc libc6-dev"):
        Compiler()


@needs_gcc
def test_a_jail_that_ended_is_started_anew(compiler):
    compiler._process.kill()
    compiler._process.wait()
    assert isinstance(compiler.compile(MATMUL_C.honest), bytes)


KILLED = """
import os, signal, sys
from assay.rewards.tasks.c_matrices import MATMUL_C
from assay.sandbox.compiler import Compiler

compiler = Compiler()
assert isinstance(compiler.compile(MATMUL_C.honest), bytes)
print(compiler.report["namespaces"] == "", len(os.listdir(os.environ["TMPDIR"])), flush=True)
if "kill" in sys.argv:
    os.kill(os.getpid(), signal.SIGKILL)
compiler.close()
"""


@needs_gcc
@pytest.mark.parametrize("host", ["", "docker", "apparmor"])
def test_a_killed_judge_leaves_a_folder_only_where_there_are_no_namespaces_and_the_next_removes_it(host, tmp_path):
    around = [sys.executable, str(LACKING), *host.split(), "--"]

    def run(*arguments):
        command = [*around, sys.executable, "-c", KILLED, *arguments]
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        return subprocess.run(command, capture_output=True, text=True, env=environment).stdout.split()

    private, held = run("kill")
    assert private == "False" or not host
    assert held == str(int(private == "False"))
    assert len(list(tmp_path.glob("assay-scratch-*"))) == int(held)
    assert run() == [private, held]
    assert not list(tmp_path.glob("assay-scratch-*"))


def test_the_view_holds_neither_homes_nor_local_software():
    paths = view("/usr/bin/gcc")
    assert "/usr/include" in paths or not os.path.exists("/usr/include")
    assert not [p for p in paths if p.startswith(("/home", "/root", "/tmp", "/usr/local", "/proc", "/var"))]


# --- policy -------------------------------------------------------------------------------------------------

ALLOWED = {
    "baseline": MATMUL_C.baseline,
    "honest": MATMUL_C.honest,
    "null": MATMUL_C.null,
    "wrong": MATMUL_C.wrong,
    "comments": '/* system("x"); asm */ // fork()\nint x; // it\'s\nint y;',
    "literals": "char *s = \"asm /* fork() */ \\\" system\"; char c = '\"'; char d = '\\''; int y;",
    "names": "int open = 1, read = 2, write, time; int x = open + read; struct { int link; } s; int z = s.link;",
    "macros": "#define MIN(a, b) ((a) < (b) ? (a) : (b))\n#define ACC(i) sum##i\n#define S(x) #x\ndouble ACC(1);",
    "pragmas": (
        '#pragma GCC optimize("O3,unroll-loops")\n#pragma GCC target("avx2,fma")\n#pragma omp parallel for\n'
        '#pragma GCC unroll 8\n#pragma GCC ivdep\n# pragma omp simd reduction(+:s)\n#pragma once\n_Pragma("GCC ivdep")'
    ),
    "attributes": (
        'static inline __attribute__((always_inline, hot, target("avx2"))) int f(void) { return 1; }\n'
        "double x[4] __attribute__((aligned(64))); _Alignas(64) double y[4]; __attribute__((noinline)) void section(void);"
        '__attribute__((visibility("default"))) void g(void); int constructor, alias;'
    ),
    "headers": "".join(f"#include <{h}.h>\n" for h in "math stdlib string stdint immintrin stdio omp assert".split()),
    "heap": "void f(void) { double *p = aligned_alloc(64, 64); if (!p) exit(1); memset(p, 0, 64); free(p); }",
    "builtins": "void f(double *a) { __builtin_prefetch(a); a = __builtin_assume_aligned(a, 8); __builtin_memcpy(a, a, 0); }",
}
FORBIDDEN = [
    '__asm__("syscall");',
    'void f(void) { asm volatile ("nop"); }',
    'void f(void) __asm__("system");',
    "long f(void) { return syscall(57); }",
    "#include <unistd.h>\n",
    "#include <sys/mman.h>\n",
    "#include <pthread.h>\n",
    '#include "/etc/passwd"\n',
    '#include "../x.h"\n',
    "#include HEADER\n",
    "#include __FILE__\n",
    "%:include <dlfcn.h>\n",
    "/* x */ # /* y */ include /* z */ <dlfcn.h>\n",
    "/*\n*/ #include <dlfcn.h>\n",
    "#inc\\\nlude <dlfcn.h>\n",
    "#include_next <math.h>\n",
    '#import "x"\n',
    '#embed "/etc/passwd"\n',
    '#line 1 "/etc/passwd"\n',
    '# 1 "/etc/passwd"\n',
    '#if __has_include("/etc/passwd")\n#endif\n',
    "__attribute__((constructor)) void f(void) {}",
    "__attribute__((hot, __constructor__(101))) void f(void) {}",
    "__attribute__((__destructor__)) void f(void) {}",
    '__attribute__((section(".init_array"))) void *p;',
    '__attribute__((ifunc("r"))) void f(void);',
    "[[gnu::constructor]] void f(void) {}",
    'int system(const char *); void f(void) { system("ls"); }',
    "extern int fork(void); int (*f)(void) = fork;",
    'sys\\\ntem("ls");',
    'sys\\  \ntem("ls");',
    'void f(void) { open("/etc/passwd", 0); }',
    'void f(void) { write\n(3, "D", 1); }',
    "#define W write(3\n",
    "#pragma redefine_extname f system\n",
    '_Pragma("redefine_extname f system")',
    "#pragma weak f = system\n",
    "extern char **environ;",
    "void *f(void) { return __builtin_return_address(0); }",
    "void f(void) { pthread_create(0, 0, 0, 0); }",
    'void f(void) { PyRun_SimpleString("1"); }',
]


@pytest.mark.parametrize("name", ALLOWED)
def test_the_policy_lets_honest_code_through(name):
    assert check_c_source(ALLOWED[name]) == []


@pytest.mark.parametrize("code", FORBIDDEN, ids=ascii)
def test_the_policy_refuses_what_reaches_out(code):
    complaints = check_c_source(code)
    assert complaints
    assert {c.kind for c in complaints} == {"forbidden"}


def test_the_policy_names_line_and_column():
    complaint = check_c_source("int x;\n\n/* a\nb */ int y = fork();\n")[0]
    assert (complaint.line, complaint.column) == (4, 13)


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "/*",
        "#",
        "#/*",
        "_Pragma(",
        "a ",
        "\\\n",
        "\\ ",
        "#include ",
        "/**/",
        "#\n",
        "'\\",
        "__attribute__((",
        "0x",
    ],
)
def test_the_policy_is_quick_on_any_repetition(text):
    code = text * (65536 // len(text))
    start = time.process_time()
    check_c_source(code)
    check_c_source(code + "system")
    assert time.process_time() - start < 5


@pytest.mark.parametrize("code", ["x" * 65537, "int f;\0"])
def test_the_policy_refuses_what_is_too_long_or_no_text(code):
    assert {c.kind for c in check_c_source(code)} <= {"limits", "syntax"}
    assert check_c_source(code)

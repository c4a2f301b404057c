"""Candidates in C: what is accepted, what is wrong, and what owning every byte of the worker is worth: nothing."""

import mmap
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assay.rewards import extract
from assay.rewards.tasks.c_matrices import MATMUL_C
from assay.sandbox import Judge, Status
from assay.sandbox.buffers import SharedBuffer
from assay.sandbox.isolation import level_of

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")

FLAGS = Path("/proc/cpuinfo").read_text()
LACKING = Path(__file__).parents[1] / "faults" / "lacking.py"
SIGNATURE = "void matmul(size_t m, size_t k, size_t n, const double *A, const double *B, double *C)"
HEAD = "#include <stddef.h>\n#include <stdlib.h>\n#include <string.h>\n"
PRODUCT = (
    "static void product(size_t m, size_t k, size_t n, const double *A, const double *B, double *C) {\n"
    "    for (size_t i = 0; i < m; i++) {\n        memset(C + i * n, 0, n * sizeof *C);\n"
    "        for (size_t t = 0; t < k; t++)\n"
    "            for (size_t j = 0; j < n; j++) C[i * n + j] += A[i * k + t] * B[t * n + j];\n    }\n}\n"
)
SYSTEM_CALL = (
    "static long call(long number, long a, long b, long c, long d, long e, long f) {\n"
    '    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;\n    long result;\n'
    '    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)'
    ' : "rcx", "r11", "memory");\n    return result;\n}\n'
)
only_x86 = pytest.mark.skipif(os.uname().machine != "x86_64", reason="assembly for x86-64")


def kernel(body="", before="", after=""):
    """A right kernel that runs ``body`` first and ``after`` last."""
    return f"{HEAD}{before}\n{PRODUCT}{SIGNATURE} {{\n{body}\n    product(m, k, n, A, B, C);\n{after}\n}}\n"


@pytest.fixture(scope="module")
def judge():
    with Judge(MATMUL_C) as judge:
        yield judge


@pytest.fixture(scope="module")
def verdict(judge):
    return lambda code, looks=(): judge.judge(code, os.urandom(16), looks)


FIXED = bytes(range(16))


@pytest.fixture(scope="module")
def unchecked():
    """A verdict without the policy, after which an honest kernel must still be correct."""
    with Judge(MATMUL_C, policy=False) as judge:

        def run(code, looks=(), secret=None):
            found = judge.judge(code, secret or os.urandom(16), looks)
            after = judge.judge(MATMUL_C.honest, os.urandom(16), ())
            assert after.status is Status.CORRECT, after.findings
            assert found.status is not Status.INFRA, found.findings
            return found

        yield run


# --- honest -------------------------------------------------------------------------------------------------

TRANSPOSED = (
    HEAD + SIGNATURE + " {\n    double *T = malloc(k * n * sizeof *T);\n"
    "    for (size_t t = 0; t < k; t++) for (size_t j = 0; j < n; j++) T[j * k + t] = B[t * n + j];\n"
    "    for (size_t i = 0; i < m; i++) for (size_t j = 0; j < n; j++) {\n        double sum = 0;\n"
    "#pragma omp simd reduction(+:sum)\n"
    "        for (size_t t = 0; t < k; t++) sum += A[i * k + t] * T[j * k + t];\n        C[i * n + j] = sum;\n    }\n"
    "    free(T);\n}\n"
)
BLOCKED = (
    HEAD + "#define BLOCK 48\n#define MIN(a, b) ((a) < (b) ? (a) : (b))\n"
    '#pragma GCC optimize("O3,unroll-loops")\n' + SIGNATURE + " {\n    memset(C, 0, m * n * sizeof(double));\n"
    "    for (size_t i0 = 0; i0 < m; i0 += BLOCK) for (size_t t0 = 0; t0 < k; t0 += BLOCK)\n"
    "        for (size_t i = i0; i < MIN(i0 + BLOCK, m); i++) for (size_t t = t0; t < MIN(t0 + BLOCK, k); t++) {\n"
    "            const double a = A[i * k + t];\n#pragma GCC ivdep\n"
    "            for (size_t j = 0; j < n; j++) C[i * n + j] += a * B[t * n + j];\n        }\n}\n"
)
VECTOR = (
    HEAD + "#include <immintrin.h>\n" + SIGNATURE + " {\n    for (size_t i = 0; i < m; i++) {\n        size_t j = 0;\n"
    "        for (; j + 8 <= n; j += 8) {\n"
    "            __m256d low = _mm256_setzero_pd(), high = _mm256_setzero_pd();\n"
    "            for (size_t t = 0; t < k; t++) {\n                __m256d a = _mm256_set1_pd(A[i * k + t]);\n"
    "                low = _mm256_fmadd_pd(a, _mm256_loadu_pd(B + t * n + j), low);\n"
    "                high = _mm256_fmadd_pd(a, _mm256_loadu_pd(B + t * n + j + 4), high);\n            }\n"
    "            _mm256_storeu_pd(C + i * n + j, low);\n            _mm256_storeu_pd(C + i * n + j + 4, high);\n"
    "        }\n        for (; j < n; j++) {\n            double sum = 0;\n"
    "            for (size_t t = 0; t < k; t++) sum += A[i * k + t] * B[t * n + j];\n            C[i * n + j] = sum;\n"
    "        }\n    }\n}\n"
)
HONEST = {
    "baseline": MATMUL_C.baseline,
    "rows": MATMUL_C.honest,
    "transposed": TRANSPOSED,
    "blocked": BLOCKED,
    "vector": VECTOR,
    "restrict": HEAD + SIGNATURE.replace("double *", "double *restrict ") + " {\n" + MATMUL_C.honest.split("{", 1)[1],
    "prints": kernel('printf("%zu\\n", m);', "#include <stdio.h>"),
    "asserts": kernel("assert(m > 0);", "#include <assert.h>"),
    "static": kernel(
        "static double pack[4096]; pack[m % 4096] += 1;", "static size_t calls; static double x[] = {1, 2};"
    ),
    "mathematics": kernel("volatile double x = exp(sin((double)m)) + hypot(1, 2); (void)x;", "#include <math.h>"),
    "variables": kernel("size_t read = 1, open = read + 1; (void)open;"),
    "main": kernel(before="int main(void) { return 0; }"),
    "openmp": kernel("#pragma omp parallel for\n    for (int i = 0; i < 2; i++) ;"),
    "crlf": MATMUL_C.honest.replace("\n", "\r\n"),
    "lookalikes": kernel(before='/* system("ls"); __asm__ */ static const char *text = "fork() asm"; // it\'s'),
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_kernel_is_correct(verdict, name):
    if name == "vector" and not (" avx2" in FLAGS and " fma" in FLAGS):
        pytest.skip("this processor has no AVX2")
    found = verdict(HONEST[name])
    assert found.status is Status.CORRECT, found.findings


@pytest.mark.timed
@pytest.mark.parametrize("name", ["rows", "blocked", "transposed"])
def test_a_better_kernel_is_faster_than_the_baseline(verdict, name):
    found = verdict(HONEST[name], (20,))
    assert found.timing.low > 1, found


@pytest.mark.timed
def test_the_baseline_is_as_fast_as_itself(verdict):
    timing = verdict(MATMUL_C.baseline, (20,)).timing
    assert timing.low < 1.1
    assert timing.high > 0.9


def test_a_fenced_block_of_c_is_a_candidate(verdict):
    completion = f"Sure:\n```c\n{MATMUL_C.honest}```\nIt runs over rows."
    assert verdict(extract(completion)).status is Status.CORRECT


def test_the_level_is_that_of_other_languages(verdict):
    found = verdict(MATMUL_C.honest)
    assert found.level == level_of(found.isolation)
    assert found.level >= "L2"


# --- wrong or broken ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        MATMUL_C.wrong,
        MATMUL_C.null,
        kernel(after="    C[m * n - 1] += 1e-6;"),
        kernel(after="    C[0] = 0.0 / 0.0;"),
        HEAD + SIGNATURE + " {}",
        HEAD + SIGNATURE + " { memcpy(C, A, m * k < m * n ? m * k * 8 : m * n * 8); }",
        "double matmul(double x) { return x; }",
        HEAD + "#include <math.h>\n" + SIGNATURE + " { C[0] = NAN; }",
    ],
)
def test_a_wrong_kernel_is_wrong(verdict, code):
    assert verdict(code).status is Status.WRONG


@pytest.mark.parametrize(
    ("code", "check"),
    [
        ("int f({", "compile"),
        ("not C at all", "compile"),
        (kernel("no_such_function();"), "compile"),
        ("#include <no-such.h>\n", "forbidden"),
        ("int other(void) { return 1; }", "entry"),
        ("static " + SIGNATURE.replace("size_t", "unsigned long") + "{}", "entry"),
        ("", "entry"),
        ("int matmul = 3;", "ended"),
        (kernel("abort();"), "ended"),
        (kernel("assert(m == 0);", "#include <assert.h>"), "ended"),
        (kernel("exit(0);"), "ended"),
        (kernel("*(volatile int *)8 = 1;"), "ended"),
        (kernel("volatile int zero = 0, x = 7 / zero;"), "ended"),
        (kernel("__builtin_trap();"), "ended"),
        (kernel("((double *)A)[0] = 0;"), "ended"),
        (kernel("volatile char x[1 << 30]; x[0] = 1; x[sizeof x - 1] = 1;"), "ended"),
        (kernel("free((void *)C);"), "ended"),
        (kernel("char *volatile p = malloc(8); free(p); free(p);"), "ended"),
        (kernel("for (size_t i = 0; ; i += 512) C[i] = 0;"), "ended"),
        (kernel("void (*f)(void) = (void (*)(void))C; f();"), "ended"),
        (kernel("static volatile char big[1ull << 40]; big[m] = 1;"), "exception"),
    ],
)
def test_a_broken_kernel_is_a_crash_and_never_a_cheat(judge, verdict, code, check):
    found = verdict(code)
    expected = Status.CHEAT if check == "forbidden" else Status.CRASH
    assert (found.status, found.findings[0].check) == (expected, check), found.findings


@pytest.mark.parametrize("code", ["x" * 10_000_000, "int x;\0int y;", "\ud800", "int x = '\xff';" * 5000])
def test_a_source_that_is_no_text_is_a_crash(verdict, code):
    assert verdict(code).status is Status.CRASH


def test_memory_is_bounded(verdict):
    grow = "for (;;) { char *p = malloc(1 << 20); if (!p) break; memset(p, 1, 1 << 20); }"
    assert verdict(kernel(grow)).status in (Status.CORRECT, Status.CRASH, Status.TIMEOUT)


@pytest.mark.parametrize(
    "code",
    [
        kernel("for (volatile int i = 0;; i++) ;"),
        kernel(before="__attribute__((constructor)) static void f(void) { for (volatile int i = 0;; i++) ; }"),
    ],
)
def test_an_endless_loop_is_a_timeout(unchecked, code):
    assert unchecked(code).status is Status.TIMEOUT


# --- hostile, with the policy off ---------------------------------------------------------------------------

CHEATS = {
    "socket": "#include <sys/socket.h>\n|socket(AF_INET, SOCK_STREAM, 0);",
    "fork": "#include <unistd.h>\n|fork();",
    "vfork": "#include <unistd.h>\n|if (vfork() == 0) _exit(0);",
    "exec": '#include <unistd.h>\n|execl("/bin/true", "true", (char *)0);',
    "system": '|system("true");',
    "thread": "#include <pthread.h>\nstatic void *f(void *x) { return x; }\n|pthread_t t; pthread_create(&t, 0, f, 0);",
    "mprotect": "#include <sys/mman.h>\nextern char etext;\n|mprotect((void *)((size_t)&printf & ~4095ul), 4096, 7);",
    "mmap executable": "#include <sys/mman.h>\n|mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);",
    "mmap writable and executable": "#include <sys/mman.h>\n|mmap(0, 4096, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);",
    "memfd": '#define _GNU_SOURCE\n#include <sys/mman.h>\n|memfd_create("x", 0);',
    "ptrace": "#include <sys/ptrace.h>\n|ptrace(PTRACE_TRACEME, 0, 0, 0);",
    "alarm": "#include <unistd.h>\n|alarm(1);",
    "sleep": "#include <unistd.h>\n|usleep(1000);",
    "affinity": "#define _GNU_SOURCE\n#include <sched.h>\n|cpu_set_t s; CPU_ZERO(&s); sched_setaffinity(0, sizeof s, &s);",
    "limits": "#include <sys/resource.h>\n|struct rlimit r = {0, 0}; setrlimit(RLIMIT_CPU, &r);",
    "kill": "#include <signal.h>\n|kill(-1, 9);",
    "prctl": "#include <sys/prctl.h>\n|prctl(PR_SET_DUMPABLE, 1);",
    "pipe": "#include <unistd.h>\n|int p[2]; pipe(p);",
}


@pytest.mark.parametrize("where", ["constructor", "kernel"])
@pytest.mark.parametrize("name", CHEATS)
def test_a_call_outside_the_allow_list_is_a_cheat_wherever_it_is_made(unchecked, name, where):
    before, _, body = CHEATS[name].partition("|")
    before = before if before.startswith("#define") else "#include <stdio.h>\n" + before
    if where == "constructor":
        code = kernel(before=f"__attribute__((constructor)) static void early(void) {{ {body} }}")
    else:
        code = kernel(body)
    found = unchecked(before + code)
    assert (found.status, found.layer) == (Status.CHEAT, "jail"), found.findings


@only_x86
@pytest.mark.parametrize("number", [41, 56, 57, 59, 101, 157, 317, 322, 435])
def test_a_system_call_in_assembly_is_a_cheat(unchecked, number):
    found = unchecked(kernel(f"call({number}, 0, 0, 0, 0, 0, 0);", SYSTEM_CALL))
    assert (found.status, found.layer) == (Status.CHEAT, "jail")


def test_the_policy_refuses_assembly(verdict):
    found = verdict(kernel('__asm__ volatile("nop");'))
    assert (found.status, found.layer) == (Status.CHEAT, "policy")


REACH = (
    "#include <fcntl.h>\n#include <unistd.h>\nstatic int reached;\n"
    "__attribute__((constructor)) static void early(void) {{ reached |= {0}; }}\n"
)


@pytest.mark.parametrize(
    "reach",
    [
        'open("SECRET", O_RDONLY) >= 0',
        'open("SECRET", O_RDWR) >= 0',
        'open("CANARY", O_CREAT | O_WRONLY, 0600) >= 0',
        'open("/library1.so", O_RDWR) >= 0',
        'open("/library2.so", O_RDONLY) >= 0 && open("/library3.so", O_RDONLY) >= 0',
        'open("/etc/passwd", O_RDONLY) >= 0',
        'open("/proc/self/mem", O_RDWR) >= 0',
        'open("/proc/1/environ", O_RDONLY) >= 0',
        'open("/", O_RDONLY) >= 0',
        'open(".", O_RDONLY | O_DIRECTORY) >= 0',
        'open("/dev/shm/x", O_CREAT | O_RDWR, 0600) >= 0',
        'access("/etc/passwd", R_OK) == 0',
        "lseek(4, 0, SEEK_SET) >= 0",
    ],
)
def test_no_file_is_reached_from_a_constructor_or_a_kernel(unchecked, tmp_path, reach):
    secret, canary = tmp_path / "secret", tmp_path / "canary"
    secret.write_text("secret")
    reach = reach.replace("SECRET", str(secret)).replace("CANARY", str(canary))
    found = unchecked(kernel(f"reached |= {reach};", REACH.format(reach), "    C[0] += reached;"))
    assert found.status is Status.CORRECT, found.findings  # it would be wrong had anything been reached
    assert not canary.exists()
    assert secret.read_text() == "secret"


def test_the_environment_is_empty(unchecked):
    code = kernel(before="extern char **environ;", after="    if (environ && environ[0]) C[0] += 1;")
    found = unchecked(code)
    assert found.status is Status.CORRECT, found.findings


def test_outputs_written_ahead_do_not_count(unchecked):
    """The next region of the output is begun with this trial's answer: it is poisoned before its own turn.

    The secret is fixed, and with it the shapes: how much of the output may be overrun without leaving its memory.
    """
    before = "static int calls;"
    body = "    if (calls++) return;"
    after = "    for (size_t i = 0; i < 64; i++) C[m * n + i] = C[i % (m * n)];"
    assert unchecked(kernel(body, before, after), secret=FIXED).status is Status.WRONG


def test_outputs_written_ahead_and_behind_do_no_harm_either(unchecked):
    after = "    for (size_t i = 0; i < 64; i++) C[m * n + i] = 7;"
    assert unchecked(kernel(after=after), secret=FIXED).status is Status.CORRECT


@only_x86
@pytest.mark.parametrize("when", ["body", "after"])
def test_a_forged_answer_earns_nothing(unchecked, when):
    forged = {when: 'call(1, 3, (long)"D", 1, 0, 0, 0);'}
    found = unchecked(kernel(before=SYSTEM_CALL, **forged))
    assert found.status in (Status.CRASH, Status.WRONG), found.findings


@only_x86
def test_an_answer_forged_from_a_constructor_earns_nothing(unchecked):
    early = '__attribute__((constructor)) static void early(void) { call(1, 3, (long)"R", 1, 0, 0, 0); for (;;) ; }'
    assert unchecked(kernel(before=SYSTEM_CALL + early)).status is not Status.CORRECT


@only_x86
def test_a_worker_that_speaks_the_protocol_itself_gains_nothing(unchecked):
    """Native code takes over the loop: it answers each question, with the right product, and is billed for it."""
    body = (
        '    static char message[4096];\n    product(m, k, n, A, B, C);\n    call(1, 3, (long)"D", 1, 0, 0, 0);\n'
        "    for (;;) {\n        if (call(0, 3, (long)message, sizeof message, 0, 0, 0) <= 0) exit(0);\n"
        '        call(1, 3, (long)"D", 1, 0, 0, 0);\n    }\n'
    )
    assert unchecked(kernel(body, SYSTEM_CALL)).status is Status.WRONG


@pytest.mark.parametrize("symbol", ["PyLong_Type", "PyBytes_Type", "_PyRuntime", "PyExc_SystemError", "environ"])
def test_patching_the_workers_interpreter_gains_nothing(unchecked, symbol):
    before = f"extern char {symbol}[] __attribute__((weak));"
    body = f"    if ({symbol}) memset({symbol}, 0, 8);\n    if (m) return;"
    assert unchecked(kernel(body, before)).status in (Status.CRASH, Status.WRONG)


def test_a_longjmp_over_the_work_gains_nothing(unchecked):
    body = "    static jmp_buf buffer; if (setjmp(buffer)) return; longjmp(buffer, 1);"
    assert unchecked(kernel(body, "#include <setjmp.h>")).status is Status.WRONG


def test_a_destructor_changes_nothing(unchecked):
    before = "__attribute__((destructor)) static void late(void) { for (;;) ; }"
    assert unchecked(kernel(before=before)).status is Status.CORRECT


def test_a_new_rounding_mode_stays_in_its_worker(unchecked):
    body = "    fesetround(FE_UPWARD); feraiseexcept(FE_ALL_EXCEPT);"
    assert unchecked(kernel(body, "#include <fenv.h>")).status in (Status.CORRECT, Status.WRONG)
    assert 1.0 + np.float64(2.0**-60) == 1.0


@only_x86
def test_flushing_small_numbers_to_zero_stays_in_its_worker(unchecked):
    body = "    _MM_SET_FLUSH_ZERO_MODE(_MM_FLUSH_ZERO_ON); _mm_setcsr(_mm_getcsr() | 0x8040);"
    assert unchecked(kernel(body, "#include <immintrin.h>")).status is Status.CORRECT
    assert np.float64(2.0**-1060) * 0.5 > 0


def test_unmasked_floating_point_faults_stop_their_worker_only(unchecked):
    body = "    feenableexcept(FE_INEXACT);"
    found = unchecked("#define _GNU_SOURCE\n" + kernel(body, "#include <fenv.h>"))
    assert found.status is Status.CRASH


@pytest.mark.timed
def test_work_hidden_in_a_turn_is_billed(unchecked):
    burn = "    for (volatile int i = 0; i < 30000000; i++) ;"
    found = unchecked(kernel(burn), (8,))
    assert found.timing is None or found.timing.high < 1


def test_pages_touched_ahead_of_their_turn_cost_their_faults_again():
    buffer = SharedBuffer("output", 1 << 17, read_only=False)
    theirs = mmap.mmap(buffer.fd, 0)

    def faults():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for page in range(256):
            theirs[page * mmap.PAGESIZE] = 1
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    faults()
    assert faults() < 100
    buffer.fill(0, 1 << 17, float("nan"))
    assert faults() >= 256
    theirs.close()
    buffer.close()


def test_memory_of_the_last_candidate_is_not_seen(unchecked):
    before = "static double stash[64]; static int held;"
    after = "    if (held) C[0] += stash[0]; stash[0] = 1; held = 0;"
    for _ in range(3):
        assert unchecked(kernel(before=before, after=after)).status is Status.CORRECT


# --- hosts that lack something ------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["docker", "apparmor", "gvisor"])
def test_either_namespaces_or_landlock_keep_the_files_of_the_host_away(host, tmp_path):
    program = tmp_path / "program.py"
    hostile = kernel(before=REACH.format('open("/etc/passwd", O_RDONLY) >= 0'), after="    C[0] += reached;")
    program.write_text(
        "import os\nfrom assay.sandbox import Judge\nfrom assay.rewards.tasks.c_matrices import MATMUL_C\n"
        "with Judge(MATMUL_C, policy=False, require='L1') as judge:\n"
        "    print('report', judge._compiler.report['namespaces'] != '', judge.isolation.level)\n"
        f"    for code in (MATMUL_C.honest, {hostile!r}, '#include \"/etc/passwd\"'):\n"
        "        verdict = judge.judge(code, os.urandom(16), ())\n"
        "        print(verdict.status, *(f.evidence for f in verdict.findings))\n"
    )
    command = [sys.executable, str(LACKING), host, "--", sys.executable, str(program)]
    lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    assert lines[:3] == [f"report {host != 'gvisor'} {'L1' if host == 'gvisor' else 'L2'}", "correct", "correct"]
    assert lines[3].startswith("crash")
    assert "root:" not in lines[3]


def test_a_host_with_neither_is_refused_in_one_sentence(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "from assay.sandbox import Judge\nfrom assay.rewards.tasks.c_matrices import MATMUL_C\nJudge(MATMUL_C, require='L1')\n"
    )
    command = [sys.executable, str(LACKING), "colab", "--", sys.executable, str(program)]
    last = subprocess.run(command, capture_output=True, text=True).stderr.splitlines()[-1]
    assert last.startswith("assay.sandbox.errors.IsolationError: candidates in C need Landlock or a mount namespace")

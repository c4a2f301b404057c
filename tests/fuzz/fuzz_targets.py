"""What is fuzzed: each target builds one input from a stream of choices and raises :class:`Found` where it fails."""

import contextlib
import json
import socket
import struct
from collections.abc import Callable, Sequence

from fuzz_choices import Below, one_of
from fuzz_oracle import reaches
from fuzz_sources import completion, source, torn

from assay.rewards import extract as extracted
from assay.sandbox import server
from assay.sandbox.errors import InfraError
from assay.sandbox.inside.protocol import pack_trial, unpack_trial
from assay.sandbox.policy import Complaint, check_source
from assay.sandbox.policy_c import check_c_source
from assay.sandbox.policy_child import ANSWER_LIMIT, UNLOCKED
from assay.sandbox.policy_process import _findings

_C = """#include <math.h>
/* a kernel */ static double dot(const double *a, const double *b, long n) { double s = 0.0; // sum
for (long i = 0; i < n; i++) s += a[i] * b[i]; return s; }
#define N 4 \\
  + 1
void matmul(const double *A, const double *B, double *C, long m, long k, long n) { const char *x = "a\\"b"; char c = '\\''; }
#pragma GCC optimize("O3")
"""
_HOSTILE_C = 'asm system("x"); __attribute__((constructor)) ??= %: #include "/etc/passwd" \\\n dlopen open( /* // \' "'
_KINDS = {"forbidden", "syntax", "limits"}


class Found(AssertionError):
    """An input that breaks a promise."""


def require(promise: bool, given: object, what: str) -> None:
    if not promise:
        raise Found(f"{what}: {ascii(given)[:2000]}")


def accepted(complaints: Sequence[Complaint], text: str) -> bool:
    """Whether ``text`` is accepted, by complaints that are what they should be."""
    require(type(complaints) is list, text, "the policy gives something else than a list")
    for c in complaints:
        right = isinstance(c, Complaint) and c.kind in _KINDS and isinstance(c.reason, str) and bool(c.reason)
        require(right and type(c.line) is type(c.column) is int, text, f"an odd complaint {c!r}")
    places = [(c.line, c.column) for c in complaints]
    require(places == sorted(places), text, "complaints out of order")
    return not complaints


def check_policy(text: str, language: str = "python") -> None:
    """The policy on ``text``: it never raises, and what it accepts reaches nothing forbidden."""
    if accepted(check_source(text, language), text):
        found = reaches(text, language)
        require(not found, text, f"accepted, although it reaches {', '.join(map(ascii, found))}")


def policy(below: Below) -> None:
    """The policy for Python; one time in eight that for NumPy, one time in sixteen that for C."""
    kind = below(16)
    if kind == 0:
        text = torn(below, torn(below, _C, _HOSTILE_C), _HOSTILE_C)
        accepted(check_c_source(text), text)
    else:
        check_policy(source(below), "numpy" if kind < 3 else "python")


def _is_fence(line: str) -> bool:
    return line.lstrip(" ").startswith("```") and not line.startswith("    ")


def check_extract(text: str) -> None:
    """What is found in ``text`` lies there, between two fences, whole lines of it; what follows decides anew."""
    code, lines = extracted(text), text.splitlines(keepends=True)
    fences = [i for i, line in enumerate(lines) if _is_fence(line)]
    closing = [i for i in fences[1:] if lines[i].strip() == "```"]
    require((code is None) == (not closing), text, "a complete block is not found, or one is found that is none")
    if code is not None:
        pairs = [(start, end) for start, end in zip(fences, fences[1:], strict=False) if end in closing]
        found = ["".join(lines[start + 1 : end]) for start, end in pairs]
        require(code in found, text, "the code is not what lies between two fences")
    require(extracted(text + "\n```python\nx = 1\n```") == "x = 1\n", text, "the last block is not taken")
    require(extracted("prose\n" + text) == code, text, "a line before the text changes what is found")


def extract(below: Below) -> None:
    """The extractor, on text that is full of fences."""
    check_extract(completion(below))


def _bytes(below: Below, longest: int) -> bytes:
    return bytes(below(256) for _ in range(below(longest + 1)))


def round_trip(below: Below) -> None:
    """A trial descriptor says on the other side what it was told on this one."""
    number = lambda: one_of(below, (0, 1, 2, 255, 2**31, 2**32 - 1, below(1 << 20)))  # noqa: E731
    shapes = [tuple(number() for _ in range(below(5))) for _ in range(2 + below(6))]
    offset, shifts = number(), bytes(below(256) for _ in range(3))
    got = unpack_trial(pack_trial(shapes[:-2], shapes[-2], shapes[-1], offset, shifts))
    require(
        got == (shapes[:-2], shapes[-2], shapes[-1], offset, list(shifts)), (shapes, offset, shifts), f"became {got}"
    )


def garbled(below: Below) -> None:
    """A descriptor of random bytes is read or refused, and nothing else."""
    message = _bytes(below, 64)
    with contextlib.suppress(struct.error, IndexError):
        unpack_trial(message)


def forged(below: Below) -> None:
    """An answer of the policy's child is findings, bounded and printable, whatever the child wrote."""
    words = (
        '[{"kind":',
        '"forbidden"',
        '"line":',
        '"column":',
        '"reason":',
        "1",
        ",",
        "}]",
        "]",
        "[",
        "{",
        "}",
        "null",
    )
    words += ("1e999", "NaN", '"\\ud800"', '"x"', "[" * 5000, "{}", '"' + "y" * 300 + '"', ":", "true", "-1", "\xff")
    answer = "".join(one_of(below, words) for _ in range(below(12))).encode("latin-1")[:ANSWER_LIMIT]
    if below(4) == 0:
        fields = {
            key: one_of(below, ("forbidden", "limits", 1, None, [], {}, "\ud800\n", 1.5, True))
            for key in ("kind", "line", "column", "reason")
        }
        answer = json.dumps([fields]).encode()
    try:
        findings = _findings(answer)
    except InfraError:
        require(answer == UNLOCKED, answer, "a fault of ours, chosen by the child")
        return
    for finding in findings:
        fine = finding.check in _KINDS and finding.evidence.isascii() and finding.evidence.isprintable()
        require(fine and len(finding.evidence) <= ANSWER_LIMIT, answer, f"an odd finding {finding!r}")


def framed(below: Below) -> None:
    """A message of the trainer's channel arrives whole, or as the end of the stream, whatever length was announced."""
    payload, announced = _bytes(below, 40), one_of(below, (0, 1, 39, 2**31, 2**40, 2**63, 2**64 - 1))
    honest = below(2) == 0
    stream = struct.pack("<Q", len(payload) if honest else announced) + payload
    cut = stream if honest and below(2) else stream[: below(len(stream) + 1)]
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(cut)
        theirs.close()
        got = server.receive(ours)
    whole = len(cut) >= 8 and struct.unpack("<Q", cut[:8])[0] <= len(cut) - 8
    size = struct.unpack("<Q", cut[:8])[0] if whole else 0
    require(got == cut[8 : 8 + size], cut, f"arrived as {got!r}")


def protocol(below: Below) -> None:
    """What crosses between the processes: trial descriptors, the policy child's answers, the trainer's frames."""
    one_of(below, (round_trip, garbled, forged, framed))(below)


TARGETS: dict[str, Callable[[Below], None]] = {"policy": policy, "extract": extract, "protocol": protocol}


IN_CI = {
    "drawn sources": 1_500,
    "drawn texts": 2_000,
    "drawn messages": 500,
    "policy": 7_500,
    "extract": 4_300,
    "protocol": 3_700,
    "sources through the checker's process": 200,
    "rogue workers": 300,
}
"""How many inputs each test takes where every commit is tested; `python benchmarks/fuzz.py` is the long run."""

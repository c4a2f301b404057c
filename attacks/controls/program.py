"""The control scorer, run inside the fence of confine.py. Sound, but for the mistakes that it is told to make.

The job is JSON on standard input, ``{"codes": [...], "mistakes": [...], "feedback": null or text, "layers": [...],
"inside": path}``: with a text the codes are a sequence, and that text in them stands for what was told of the one
before; the layers are the sandbox's own, around each candidate (layers.py). The answer is one line of
JSON on standard output, ``[[status, speedup], ...]``. Beyond that this file is the scorer that has "shared-process":
its functions are what a candidate then finds in ``__main__``. Given the number of a socket, it forks a fence with a
scorer in it for each job that comes from there (warm.py).
"""

import contextlib
import json
import os
import sys
import time

if __name__ == "__main__":  # run by path and isolated: the folder is not on the path
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import warm  # pyright: ignore[reportMissingImports]
from controls import compare, room, worker  # pyright: ignore[reportMissingImports]
from controls.apart import Judge, words  # pyright: ignore[reportMissingImports]
from controls.layers import Layers  # pyright: ignore[reportMissingImports]
from controls.problems import REPETITIONS, Problems  # pyright: ignore[reportMissingImports]
from controls.process import FOREVER, LIMIT, Leave, Meter, Process  # pyright: ignore[reportMissingImports]

if __name__ == "__main__":
    del sys.path[0]
    MISTAKES, LAYERS = frozenset(), Layers()

_PRINTED = {"stdout-verdict", "descriptor-verdict"}


class Wrong(Exception):
    """An answer is not right."""


def baseline(A, B):
    """The textbook loop."""
    C = [[0.0] * len(B[0]) for _ in A]
    for i in range(len(A)):
        for j in range(len(B[0])):
            for k in range(len(B)):
                C[i][j] += A[i][k] * B[k][j]
    return C


def make_inputs():
    """Two matrices."""
    return Problems(MISTAKES if __name__ == "__main__" else frozenset({"fixed-seed"})).draw()


def same(got, expected, tolerance=None):
    """Whether an answer is right."""
    return compare.same(got, expected, MISTAKES, 1e-9 if tolerance is None else tolerance)


def check(got, A, B, expected):
    """Raise Wrong unless ``got`` is the product. Without the mistake "answer-in-frame" it is computed only now."""
    if "asks-answer" not in MISTAKES:
        got = read(got)
    if not same(got, baseline(A, B) if expected is None else expected):
        raise Wrong


def private(A, B):
    """Copies that the candidate does not know, or the very lists that it was handed."""
    return (A, B) if "inputs-reused" in MISTAKES else ([row[:] for row in A], [row[:] for row in B])


def read(got):
    """The cells of an answer as floats, whatever it is made of."""
    reply = worker.flatten(got)
    return worker.unflatten(memoryview(reply)[1:]) if reply[:1] == b"m" else None


def load(code):
    """The candidate's function."""
    scope = worker.namespace(code, MISTAKES, LAYERS)
    exec(code, scope)
    return scope["matmul"]


def measure(function, A, B):
    """Seconds of a call: the median of several, each on inputs of its own, each answer checked but the baseline's."""
    samples = []
    for _ in range(REPETITIONS):
        if "same-objects" not in MISTAKES:
            A, B = PROBLEMS.draw()
        ours = private(A, B)
        expected = baseline(A, B) if "answer-in-frame" in MISTAKES else None
        late = "output-unread" in MISTAKES or "asks-answer" in MISTAKES
        if "clock-on-module" in MISTAKES:
            waited = CLOCK.waited()
            start = time.perf_counter()
            got = function(A, B)
            samples.append(time.perf_counter() - start - (CLOCK.waited() - waited))
        else:
            start = CLOCK.read()
            got = function(A, B)
            if not late:
                got = read(got)
            samples.append(CLOCK.since(start))
        if "first-output-only" not in MISTAKES and function is not baseline:
            check(got, *ours, expected)
    if "minimum-counts" in MISTAKES:
        return min(samples)
    return sorted(samples)[len(samples) // 2]


def score(code):
    """(status, speedup) of one candidate."""
    A, B = make_inputs() if PROBLEMS.one_shape else PROBLEMS.draw()
    seconds = None if "baseline-beside" in MISTAKES else measure(baseline, A, B)
    function = load(code)
    questions = PROBLEMS.small() or [(A, B)]
    for A, B in questions:
        ours = private(A, B)
        expected = baseline(A, B) if "answer-in-frame" in MISTAKES else None
        check(function(A, B), *ours, expected)
    if seconds is None:
        seconds = measure(baseline, A, B)
    return "correct", seconds / max(measure(function, A, B), 1e-9)


def beside(codes, say):
    """Score all candidates in this process."""
    global CLOCK
    CLOCK = Meter(None if LAYERS.jailed else os.getpid())
    for _ in range(3):
        baseline(*PROBLEMS.draw())  # the first calls after a fork copy pages
    LAYERS.lock()
    job = {"codes": codes}
    for index in range(len(job["codes"])):
        try:
            status, speedup = score(job["codes"][index])
        except Wrong:
            status, speedup = "wrong", 0.0
        except Exception:
            status, speedup = "crash", 0.0
        say(index, status, speedup)


def speaker(channel):
    """How the verdict of a shared process travels."""
    if "stdout-verdict" in MISTAKES:
        return lambda index, status, speedup: print(f"SCORE {index} {status} {speedup}", flush=True)
    if "descriptor-verdict" in MISTAKES:
        return lambda index, status, speedup: os.write(1, f"SCORE {index} {status} {speedup}\n".encode()) and None
    if "file-verdict" in MISTAKES:

        def note(index, status, speedup):
            with open("result.txt", "a") as file:
                file.write(f"SCORE {index} {status} {speedup}\n")

        return note
    put, encode = channel.put, json.dumps
    return lambda index, status, speedup: put(encode([index, status, speedup]).encode())


def shared(codes):
    """Scores of a group whose members share the scorer's process: what that process says of them."""
    kept = None
    if "file-verdict" in MISTAKES:
        kept = os.path.join(os.environ["HOME"], "kept")
        os.mkdir(kept)
    reader, writer = os.pipe() if MISTAKES & _PRINTED else (None, os.open(os.devnull, os.O_WRONLY))
    process = Process(lambda channel: beside(codes, speaker(channel)), MISTAKES, output=writer, kept=kept)
    os.close(writer)
    said, printed = process.listen(reader, FOREVER if "unlimited" in MISTAKES else LIMIT * len(codes))
    if kept is not None and os.path.exists(os.path.join(kept, "result.txt")):
        with open(os.path.join(kept, "result.txt"), "rb") as file:
            printed = file.read(1 << 20)
    found = {}
    for message in said:
        found.setdefault(*_word(json.loads(message)))
    if kept or MISTAKES & _PRINTED:
        found.update(_lines(printed.decode("utf-8", "replace")))
    return [found.get(index, ("crash", 0.0)) for index in range(len(codes))]


def _word(message):
    index, status, speedup = message
    return index, (status, speedup)


def _lines(text):
    """The last ``SCORE index status speedup`` line of each index; anything else is ignored."""
    for line in text.splitlines():
        fields = line.split()
        if len(fields) == 4 and fields[0] == "SCORE" and fields[1].isdigit():
            try:
                yield int(fields[1]), (fields[2], float(fields[3]))
            except ValueError:
                continue


def separate(codes, feedback):
    """Scores of candidates in rooms of their own, or of a group in one; ``feedback`` is replaced by what was told."""
    judge = Judge(sys.modules["__main__"], MISTAKES, LAYERS)
    secret = int.from_bytes(os.urandom(4), "little")
    fixed = MISTAKES & {"environment-kept", "feedback-leaks"}
    together, scores, told = None, [], ""
    for code in codes:
        problems = Problems(MISTAKES, secret if fixed else None)
        process = together if "group-process" in MISTAKES and together else judge.start(secret)
        scores.append(judge.score(process, code.replace(feedback, repr(told)) if feedback else code, problems))
        told = words(scores[-1], MISTAKES)
        if "group-process" in MISTAKES:
            together = process
        else:
            process.end()
    if together is not None:
        together.end()
    judge.close()
    return [score[:2] for score in scores]


def main():
    """See the head of this file."""
    global MISTAKES, PROBLEMS, LAYERS
    for _ in range(10):
        baseline([[1.0] * 4] * 4, [[1.0] * 4] * 4)  # CPython specialises a function on its first calls
    if len(sys.argv) > 1:
        warm.serve(int(sys.argv.pop()))
    job = json.load(sys.stdin)
    room.hide()
    MISTAKES, LAYERS = frozenset(job["mistakes"]), Layers(job["layers"], job["inside"])
    PROBLEMS = Problems(MISTAKES)
    codes = job["codes"]
    scores = shared(codes) if "shared-process" in MISTAKES else separate(codes, job["feedback"])
    os.write(1, json.dumps(scores).encode() + b"\n")
    os._exit(0)


if __name__ == "__main__":
    with contextlib.suppress(Leave):
        main()

"""The judge: policy, truth, time, verdict. Owns inputs, secrets, references and clocks.

One judge is one single-threaded process pinned to one core; its zygote and workers inherit the core.
"""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Sequence
from pathlib import Path

from .compiler import Compiler
from .errors import AssayError, InfraError, TaskError
from .examine import Examiner, Outcome, mismatch
from .inside.protocol import DONE, READY
from .isolation import DEFAULT_LEVEL, Isolation, check_level, demand, hide_judge, observe, require_linux
from .policy_process import PolicyChecker
from .spares import Spares
from .task import Schedule, Task
from .verdict import Finding, Status, Timing, Verdict
from .zygote import Zygote

_CALIBRATION_TURNS = 5
_CALIBRATION_SECONDS = 10.0


def code_key(code: str) -> str:
    """SHA-256 of the candidate's code, lone surrogates included, in hex."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


def _policy_status(findings: Sequence[Finding]) -> Status:
    return Status.CHEAT if any(f.check == "forbidden" for f in findings) else Status.CRASH


def _timing(outcome: Outcome, overhead_ns: int) -> Timing | None:
    if outcome.speedup is None:
        return None
    ratio, bills = outcome.speedup, outcome.bills
    return Timing(
        pairs=ratio.used,
        discarded=ratio.discarded,
        speedup=ratio.estimate,
        low=ratio.low,
        high=ratio.high,
        confidence=ratio.confidence,
        billed_ns=int(statistics.median(bill.billed for bill in bills)),
        cpu_ns=int(statistics.median(bill.cpu for bill in bills)),
        wall_ns=int(statistics.median(bill.wall for bill in bills)),
        baseline_ns=outcome.baseline_ns,
        overhead_ns=overhead_ns,
        baseline_rate=outcome.baseline_rate,
    )


class Judge:
    """Judges candidates of one task; a context manager.

    ``require`` is the least isolation level, "L1" to "L4" (see isolation.py); ``unsafe`` accepts any and marks every
    verdict. ``worker_program`` replaces the zygote's own and ``policy=False`` leaves that layer out: both are for
    callers that test the judge alone. Raises IsolationError where the level is not reached, TaskError where the
    task's own baseline is wrong, InfraError where processes cannot be started.
    """

    def __init__(
        self,
        task: Task,
        *,
        require: str = DEFAULT_LEVEL,
        worker_program: Path | None = None,
        policy: bool = True,
        unsafe: bool = False,
    ) -> None:
        require_linux()
        check_level(require)
        hide_judge()
        self.task, self._program, self._unsafe = task, worker_program, unsafe
        self.isolation = Isolation({})
        self._policy = PolicyChecker(task.language, unsafe=unsafe) if policy else None
        self._spares: Spares | None = None
        self._compiler: Compiler | None = None
        self._wanted = 1
        try:
            self._compiler = Compiler() if task.language == "c" else None
            self._spares = Spares(Zygote(task.language))
            self._lacking = self._spares.zygote.lacking
            baseline, null = self._own(task.baseline, "baseline"), self._own(task.null, "null")
            rate = self._rate(baseline, "baseline", checked=True)
            demand(require, self.isolation, unsafe)
            if self._compiler and not unsafe:
                self._compiler.demand(self.isolation)
            if self._policy and (refused := self._policy.check(task.baseline)):
                raise TaskError(f"the policy refuses the baseline of task {task.name}: {refused[0].evidence}")
            self._examiner = Examiner(task, rate, baseline)
            self.overhead_ns = int(self._rate(null, "null", checked=False) * task.work(self._null_shape()))
            if worker_program is not None:
                self._renew()
        except BaseException:
            self.close()
            raise

    def _null_shape(self) -> tuple[int, ...]:
        return Schedule(self.task, bytes(16), "null").timed_shape(0)

    def _renew(self) -> Spares:
        self._close_zygote()
        self._spares = Spares(Zygote(self.task.language, self._program))
        lacking = self._spares.zygote.lacking
        worse = [f"{name}: {lacking[name]}" for name in sorted(lacking) if name not in self._lacking]
        if worse:  # the level that was promised is that of the first
            self._close_zygote()
            raise InfraError(f"the zygote was started anew and lacks {'; '.join(worse)}")
        return self._spares

    def _close_zygote(self) -> None:
        if self._spares is not None:
            self._spares.close()
            self._spares.zygote.close()

    def prepare(self) -> None:
        """Fork ahead what the next verdict will need, so that it does not wait. Call it when nobody waits."""
        try:
            if self._policy is not None:
                self._policy.prepare()
            if self._spares is not None:
                self._spares.prepare(self._wanted)
        except InfraError:  # the next verdict meets the fault, and mends or reports it
            pass
        except BaseException:
            self._forsake()
            raise

    def _build(self, code: str) -> bytes | Finding:
        """What a worker loads, or why the code is to blame that there is none. Raises InfraError."""
        if self._compiler is not None:
            return self._compiler.compile(code)
        try:
            return code.encode()
        except UnicodeEncodeError:
            return Finding("syntax", False, "policy", "the source holds lone surrogates")

    def _own(self, code: str, name: str) -> bytes:
        """As :meth:`_build`, for a kernel of the task's own. Raises TaskError."""
        if isinstance(built := self._build(code), Finding):
            raise TaskError(f"the {name} of task {self.task.name} cannot be built: {built.evidence}")
        return built

    def _rate(self, source: bytes, name: str, *, checked: bool) -> float:
        """Median billed nanoseconds of one unit of work; observes the live worker's protections."""
        task = self.task
        try:
            bills = self._calibrate(source, name, checked=checked)
            return statistics.median(bills[1:]) / task.work(self._null_shape())
        except AssayError:
            raise
        except Exception as error:  # a task is somebody's code: whatever it raises is told as the task's fault
            raise TaskError(f"task {task.name} raised {type(error).__name__}: {str(error)[:200]}") from error

    def _calibrate(self, source: bytes, name: str, *, checked: bool) -> list[int]:
        """Bills of a few turns of a trusted source on the shape of the all-zero secret."""
        assert self._spares is not None
        zygote = self._spares.zygote
        schedule, shape = Schedule(self.task, bytes(16), name), self._null_shape()
        bills: list[int] = []
        with Examiner(self.task, 0.0, source).worker(self._spares, [shape] * (_CALIBRATION_TURNS + 1)) as worker:
            loaded = worker.load(source, self.task.entry)
            if loaded.status != READY:
                raise TaskError(f"the {name} of task {self.task.name} does not load: {loaded.text}")
            found = observe(worker.pid, zygote.report, zygote.group)
            self.isolation = self._compiler.observed(found) if self._compiler else found
            for _ in range(_CALIBRATION_TURNS + 1):
                trial = schedule.trial(shape)
                turn = worker.turn(trial, _CALIBRATION_SECONDS)
                if turn.status != DONE or turn.output is None or turn.bill is None:
                    raise TaskError(f"the {name} of task {self.task.name} fails on {shape}: {turn.text}")
                if checked and mismatch(self.task, trial, turn.output):
                    raise TaskError(f"the {name} of task {self.task.name} is wrong on {shape}")
                bills.append(turn.bill.billed)
        return bills

    def judge(self, code: str, secret: bytes, looks: Sequence[int] = (8,)) -> Verdict:
        """The verdict on ``code``.

        ``secret`` (16 bytes) keys shapes and data: the same for a whole group, new for the next. ``looks`` are
        the pair counts at which timing may stop; empty times nothing. Never raises for what the code does.
        """
        try:
            return self._judge(code, secret, looks)
        except BaseException:
            self._forsake()
            raise

    def _forsake(self) -> None:
        """After an interrupt: who was asked something may answer it yet, and that would be taken for the answer to the
        next question. The next verdict starts them anew."""
        spares, self._spares = self._spares, None
        if spares is not None:
            spares.close()
            spares.zygote.close()
        if self._compiler is not None:
            self._compiler.stop()

    def _judge(self, code: str, secret: bytes, looks: Sequence[int]) -> Verdict:
        key = code_key(code)
        try:
            findings = self._policy.check(code) if self._policy else ()
            if findings:
                return self._verdict(key, Outcome(_policy_status(findings), "policy", list(findings)))
            built = self._build(code)
        except InfraError as error:
            return self._verdict(key, self._infra(error))
        if isinstance(built, Finding):
            return self._verdict(key, Outcome(Status.CRASH, built.layer, [built]))
        return self._verdict(key, self._examine(built, secret, key, looks))

    def _examine(self, source: bytes, secret: bytes, key: str, looks: Sequence[int]) -> Outcome:
        """Examine; a suspect is examined again in a second worker, which decides."""
        first = self._attempt(source, secret, key, looks)
        return self._attempt(source, secret, key + "/again", looks) if first.suspect else first

    def _attempt(self, source: bytes, secret: bytes, key: str, looks: Sequence[int]) -> Outcome:
        """One examination. A fault of ours is retried once on a fresh zygote; a candidate that causes it again,
        while the baseline passes in its place, is to blame."""
        fault: InfraError | None = None
        self._wanted = 2 if looks else 1
        for attempt in range(2):
            try:
                spares = self._spares if attempt == 0 and self._spares is not None else self._renew()
                return self._examiner.examine(spares, source, Schedule(self.task, secret, key), looks)
            except InfraError as error:
                fault = error
            except Exception as error:  # the task's own code, on what the candidate answered
                fault = InfraError(f"{type(error).__name__} while judging: {str(error)[:200]}")
        try:
            schedule = Schedule(self.task, secret, "known good")
            known_good = self._examiner.examine(self._renew(), self._examiner.baseline, schedule, ())
        except Exception as error:
            return self._infra(error)
        if known_good.status is not Status.CORRECT:
            return self._infra(fault)
        return Outcome().decide(Status.CRASH, "judge", "disruption", f"breaks its judge, and only it: {fault}")

    def _infra(self, error: Exception | None) -> Outcome:
        return Outcome().decide(Status.INFRA, "judge", "infra", str(error)[:300])

    def _verdict(self, key: str, outcome: Outcome) -> Verdict:
        findings = list(outcome.findings)
        if self._unsafe:
            findings.append(Finding("unsafe", False, "jail", "judged with --unsafe: no reward may rest on this"))
        return Verdict(
            status=outcome.status,
            task=self.task.name,
            key=key,
            layer=outcome.layer,
            findings=tuple(findings),
            timing=_timing(outcome, self.overhead_ns) if outcome.status is Status.CORRECT else None,
            isolation=dict(self.isolation.protections),
            level=self.isolation.level,
            trials=outcome.trials,
        )

    def close(self) -> None:
        """End zygote, workers, policy checker and compiler; safe to call twice."""
        self._close_zygote()
        if self._compiler is not None:
            self._compiler.close()
        if self._policy is not None:
            self._policy.close()

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

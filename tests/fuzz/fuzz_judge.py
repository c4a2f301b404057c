"""The judge against workers that do random things at random times (rogue_worker.py)."""

import hashlib
import json
from pathlib import Path

from fuzz_targets import require

from assay.rewards.tasks.matmul import BASELINE, MATMUL
from assay.sandbox import Judge, Status, Verdict


class Rogues:
    """One judge, any number of rogue workers; a context manager."""

    def __init__(self) -> None:
        self.judge = Judge(MATMUL, worker_program=Path(__file__).with_name("rogue_worker.py"), policy=False)

    def meet(self, seed: object) -> Status:
        """Judge the rogue worker of ``seed``; its status. Raises Found where it earns something or a fault is ours."""
        secret = hashlib.blake2b(str(seed).encode(), digest_size=16).digest()
        verdict = self.judge.judge(f"# rogue {seed}", secret, ())
        told = (seed, verdict.status.value, [finding.evidence for finding in verdict.findings])
        require(
            verdict.status not in (Status.CORRECT, Status.INFRA),
            told,
            "a rogue worker earned something or was our fault",
        )
        require(
            Verdict.from_json(json.loads(json.dumps(verdict.to_json()))) == verdict,
            told,
            "a verdict that does not travel",
        )
        for finding in verdict.findings:
            printable = finding.evidence.isascii() and finding.evidence.isprintable()
            require(printable and len(finding.evidence) <= 300, told, "evidence that is not bounded and printable")
        return verdict.status

    def healthy(self) -> None:
        """Raises Found unless a known good kernel is still found right."""
        verdict = self.judge.judge(BASELINE, bytes(16), ())
        require(verdict.status is Status.CORRECT, verdict.findings, "a good kernel is refused after rogue workers")

    def __enter__(self) -> "Rogues":
        return self

    def __exit__(self, *exc: object) -> None:
        self.judge.close()

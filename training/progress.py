"""What a person sees while a run goes on: a bar, the last batch's numbers, where the time goes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ..rewards import Graded, Grader
from ..sandbox import Status

_EVERY = 5
"""Without a terminal a line is printed at every fifth step instead of a bar."""


class _Timed:
    """A grader that notes when its work began."""

    def __init__(self, grader: Grader, progress: ConsoleProgress) -> None:
        self._grader, self._progress, self.task = grader, progress, grader.task

    def grade(self, completions: Sequence[str], columns: Mapping[str, Sequence[Any]] | None = None) -> list[Graded]:
        self._progress.scoring_started = time.monotonic()
        return self._grader.grade(completions, columns)

    async def agrade(
        self, completions: Sequence[str], columns: Mapping[str, Sequence[Any]] | None = None
    ) -> list[Graded]:
        self._progress.scoring_started = time.monotonic()
        return await self._grader.agrade(completions, columns)

    def close(self) -> None:
        self._grader.close()


class ConsoleProgress(TrainerCallback):
    """A progress bar on ``console``; a context manager and a trainer callback in one."""

    def __init__(self, console: Console) -> None:
        self._console = console
        columns = (TextColumn("training"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, TimeRemainingColumn(), TextColumn("{task.fields[numbers]}"), console=console)
        self._task = self._bar.add_task("training", total=None, numbers="")
        self._numbers, self._best = "", 0.0
        self.scoring_started = time.monotonic()

    def timed(self, grader: Grader) -> Grader:
        """The grader, with its start noted."""
        return _Timed(grader, self)

    def batch(self, graded: Sequence[Graded]) -> None:
        """Sum up a scored batch in a line."""
        rewards = [item.reward for item in graded if item.reward is not None]
        statuses = [item.verdict.status for item in graded]
        speedups = [item.verdict.timing.low for item in graded if item.verdict.timing]
        self._best = max([self._best, *speedups])
        mean = sum(rewards) / len(rewards) if rewards else float("nan")
        right, cheats = (statuses.count(s) / max(len(statuses), 1) for s in (Status.CORRECT, Status.CHEAT))
        self._numbers = f"reward {mean:.2f}  correct {right:.0%}  cheats {cheats:.0%}  best {self._best:.2f}x"

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._bar.update(self._task, total=state.max_steps, completed=state.global_step)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        self._bar.update(self._task, completed=state.global_step, numbers=self._numbers)
        if not self._console.is_terminal and state.global_step % _EVERY == 0:
            self._console.print(f"step {state.global_step}/{state.max_steps}  {self._numbers}", highlight=False)

    def __enter__(self) -> ConsoleProgress:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._bar.stop()

"""From verdicts to rewards: tasks, checks, the scorer, adapters. Imports ``sandbox`` only."""

from .checks import BUILTIN
from .errors import CheckError, UnknownTaskError
from .extract import extract
from .registry import Check, check, find_check
from .scorer import SCORING_LOOKS, TRAINING_LOOKS, Graded, Grader, Scorer, looks_at, score
from .tasks import find_task
from .trl import trl_reward

__all__ = [
    "BUILTIN",
    "SCORING_LOOKS",
    "TRAINING_LOOKS",
    "Check",
    "CheckError",
    "Graded",
    "Grader",
    "Scorer",
    "UnknownTaskError",
    "check",
    "extract",
    "find_check",
    "find_task",
    "looks_at",
    "score",
    "trl_reward",
]

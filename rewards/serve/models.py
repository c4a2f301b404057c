"""What a request may hold, and what an answer holds.

A request is read by hand and not by FastAPI, which would take in any amount of body before it looks at the token,
and would quote the candidates in its refusals.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    create_model,
)
from pydantic_core import PydanticCustomError

from ...sandbox import Finding, Layer, Status, Timing
from ..registry import Check
from ..scorer import TRAINING_LOOKS, looks_at
from .bench import Batch, Scored
from .limits import Limits
from .refused import Refused

_SHOWN_ERRORS, _SHOWN_NAME = 3, 60


class Problem(BaseModel):
    """Any answer but a result."""

    detail: str


class Result(BaseModel):
    """What the judge concluded on one candidate; ``reward`` null is a fault of the server's, never a score."""

    status: Status
    reward: float | None
    key: str
    task: str
    checks: dict[str, float]
    layer: Layer | None
    findings: list[Finding]
    timing: Timing | None
    isolation: dict[str, bool]
    level: str
    trials: int


class TaskFacts(BaseModel):
    """A task that can be asked for; ``prompt`` is what to give to the model."""

    name: str
    entry: str
    language: str
    prompt: str


class Isolation(BaseModel):
    """The protections seen on a live worker, the level they add up to, and why a missing one is missing."""

    level: str
    isolation: dict[str, bool]
    reasons: dict[str, str]
    overhead_ns: int


class Health(BaseModel):
    """The server answers."""

    status: Literal["ok"]


def answer(scored: Scored) -> dict[str, Any]:
    """One :class:`Result` as plain data. The secret of the batch is no part of a verdict."""
    return {**scored.graded.verdict.to_json(), "reward": scored.reward, "checks": scored.checks}


def _text(value: Any, limit: int) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError("text", "must be a string")
    if len(value) > limit:
        raise PydanticCustomError("text", "must have at most {limit} characters", {"limit": limit})
    return value


def _number(value: Any) -> Any:
    if isinstance(value, (bool, str)):
        raise PydanticCustomError("number", "must be an integer")
    return value


class RequestReader:
    """Reads the body of ``POST /v1/score``; ``schema`` is its JSON schema, from the same models.

    Only tasks and checks that the server was started with can be named: nothing is imported for a request.
    """

    def __init__(self, limits: Limits, tasks: Sequence[str], checks: Mapping[str, Check]) -> None:
        self._checks = checks
        # A plain validator: pydantic's own refuses lone surrogates, which are a verdict and not a bad request.
        text: Any = Annotated[
            str,
            PlainValidator(lambda value: _text(value, limits.characters)),
            WithJsonSchema({"type": "string", "maxLength": limits.characters}),
        ]
        texts: Any = Annotated[list[text], Field(max_length=limits.texts)]
        common: dict[str, Any] = {
            "task": (Literal[tuple(tasks)], ...),
            "pairs": (
                Annotated[int, Field(ge=0, le=limits.pairs), BeforeValidator(_number)],
                min(TRAINING_LOOKS[-1], limits.pairs),
            ),
            "checks": (Annotated[list[Literal[tuple(checks)]], Field(min_length=1, max_length=64)], list(checks)),
        }
        strict = ConfigDict(extra="forbid")
        self._models = {
            "completions": create_model("Completions", __config__=strict, completions=(texts, ...), **common),
            "codes": create_model("Codes", __config__=strict, codes=(texts, ...), **common),
        }
        self.schema = {"anyOf": [model.model_json_schema() for model in self._models.values()]}

    def read(self, body: bytes) -> Batch:
        """The batch asked for. Raises Refused."""
        try:
            data = json.loads(body)
        except RecursionError:
            raise Refused(400, "the body is nested too deeply") from None
        except ValueError:  # the text of the error may quote the body
            raise Refused(400, "the body is not JSON") from None
        if not isinstance(data, dict) or len(self._models.keys() & data.keys()) != 1:
            raise Refused(422, "the body must be an object with 'task' and either 'completions' or 'codes'")
        kind = "codes" if "codes" in data else "completions"
        model = self._models[kind]
        unknown = next((name for name in data if name not in model.model_fields), None)
        if unknown is not None:
            raise Refused(422, f"no field {unknown[:_SHOWN_NAME]!a}; known are {', '.join(model.model_fields)}")
        try:
            read: Any = model.model_validate(data)
        except ValidationError as error:
            raise Refused(422, _sentence(error)) from None
        checks = [self._checks[name] for name in dict.fromkeys(read.checks)]
        return Batch(read.task, data[kind], kind == "codes", looks_at(read.pairs), checks)


def _sentence(error: ValidationError) -> str:
    """Where and why, for the first few errors; never what was sent."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    shown = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in errors[:_SHOWN_ERRORS]]
    more = f"; and {len(errors) - len(shown)} more" if len(errors) > len(shown) else ""
    return "; ".join(shown) + more

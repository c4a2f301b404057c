"""Somebody's scorer in a process of its own: ``python -P -m assay.attacks.against_program FD``.

One JSON line comes in and one goes out for each call. What the scorer prints goes where the parent sends it, what
it raises goes back as text, and whatever ends it ends this process only. The scorer may run hostile code right
here: nothing that leaves this process is believed to be more than the scorer's answer.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import os
import random
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any

TEXT_LIMIT = 300


def shape_of(function: Any) -> str:
    """ "trl" for ``f(prompts, completions, completion_ids, **columns)``, "code" for ``f(code)``.

    Raises TypeError for anything else, with a sentence that says what is needed.
    """
    wanted = "give f(code: str) -> float, or TRL's f(prompts, completions, completion_ids, **columns)"
    if inspect.isclass(function) or not callable(function):
        raise TypeError(f"it is {'a class' if inspect.isclass(function) else type(function).__name__}; {wanted}")
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return "code"  # a built-in without a signature
    needed = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if any(p.name == "completions" for p in parameters):
        unknown = [p.name for p in needed if p.name not in ("prompts", "completions", "completion_ids")]
        if unknown:
            raise TypeError(
                f"it needs the columns {', '.join(unknown)}, which a replay does not have; give them defaults"
            )
        return "trl"
    if len(needed) == 1 or (not needed and any(p.kind is not p.VAR_KEYWORD for p in parameters)):
        return "code"
    raise TypeError(f"its parameters are ({', '.join(p.name for p in parameters)}); {wanted}")


def arguments(codes: Sequence[str], prompt: str, language: str, conversational: bool) -> dict[str, Any]:
    """What TRL passes for a group of completions. The token ids are the bytes of the text: there is no tokenizer."""
    texts = [f"```{language}\n{code}```\n" for code in codes]
    ids = [list(text.encode("utf-8", "replace")) for text in texts]
    if not conversational:
        return {"prompts": [prompt] * len(texts), "completions": texts, "completion_ids": ids}
    return {
        "prompts": [[{"role": "user", "content": prompt}] for _ in texts],
        "completions": [[{"role": "assistant", "content": text}] for text in texts],
        "completion_ids": ids,
    }


def call(function: Callable[..., Any], *codes: str, **given: Any) -> Any:
    """The result of a plain or an asynchronous function."""
    found = function(*codes, **given)
    return asyncio.run(_wait(found)) if inspect.isawaitable(found) else found


async def _wait(found: Any) -> Any:
    return await found


def rewards_of(function: Callable[..., Any], shape: str, request: dict[str, Any]) -> list[float | None]:
    """The rewards of the request's codes, in order; raises what the scorer raises."""
    codes = request["codes"]
    if shape == "code":
        return [_number(call(function, code)) for code in codes]
    given = arguments(codes, request["prompt"], request["language"], request["conversational"])
    accepted = inspect.signature(function).parameters
    if not any(p.kind is p.VAR_KEYWORD for p in accepted.values()):
        given = {name: value for name, value in given.items() if name in accepted}
    found = list(call(function, **given))
    if len(found) != len(codes):
        raise TypeError(f"returned {len(found)} rewards for {len(codes)} completions")
    return [_number(reward) for reward in found]


def _number(reward: Any) -> float | None:
    if reward is None:
        return None
    try:
        return float(reward)
    except (TypeError, ValueError):
        raise TypeError(f"returned {type(reward).__name__} instead of a number") from None


def load(setup: dict[str, Any]) -> tuple[Any, str]:
    """The scorer and its shape; raises what importing raises, AttributeError, TypeError."""
    sys.path.append(setup["folder"])
    module, _, name = setup["scorer"].partition(":")
    function: Any = importlib.import_module(module)
    for part in name.split("."):
        function = getattr(function, part)
    return function, shape_of(function)


def _said(error: BaseException) -> str:
    text = " ".join(str(error).split()) if isinstance(error, Exception) else ""
    return f"{type(error).__name__}: {text}"[:TEXT_LIMIT] if text else type(error).__name__


def _reseed(seed: int) -> None:
    """The same draws for a candidate whenever it is replayed with the same seed."""
    random.seed(seed)
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed(seed % 2**32)


def serve(channel: socket.socket) -> None:
    """Answer until the parent closes its end."""
    lines, own = channel.makefile("rb"), os.getpid()

    def reply(message: dict[str, Any]) -> None:
        if os.getpid() != own:  # a candidate forked this process: the copy has nothing to say
            os._exit(0)
        channel.sendall(json.dumps(message).encode() + b"\n")

    setup = json.loads(lines.readline())
    try:
        function, shape = load(setup)
    except BaseException as error:  # importing runs somebody's code
        reply({"failed": _said(error)})
        return
    os.chdir(setup["home"])
    reply({"shape": shape})
    for line in lines:
        request = json.loads(line)
        _reseed(request["seed"])
        try:
            answer: dict[str, Any] = {"rewards": rewards_of(function, shape, request)}
        except SystemExit as error:
            answer = {"exited": str(error)[:TEXT_LIMIT]}
        except BaseException as error:
            answer = {"raised": _said(error)}
        reply({"turn": request["turn"], **answer})


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))

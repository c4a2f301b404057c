"""The routes: ``/v1/score``, ``/v1/tasks``, ``/v1/isolation``, ``/v1/health``, ``/v1/openapi.json``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect
from starlette.routing import Route

from ..._version import __version__
from ...sandbox import AssayError
from ..registry import Check
from .bench import RETRY_SECONDS, Bench, Job, Stopped
from .gate import Gate, admit
from .limits import Limits, read_body
from .models import Health, Isolation, Problem, RequestReader, Result, TaskFacts, answer
from .refused import Refused
from .shield import OURS, Answer, Shield, log, problem

T = TypeVar("T")
_GATE = {401: "No token, or not this server's", 429: "Too many requests; see Retry-After"}
_BENCH = {500: "A fault of the server's", 503: "Full or shutting down; see Retry-After", 504: "Not judged in time"}
_BODY = {
    400: "Not JSON",
    408: "The body came too slowly",
    413: "The body is too large",
    415: "Not application/json",
    422: "Not what the schema says",
}


async def health() -> Response:
    """Whether the server answers; needs no token and tells nothing else."""
    return Answer({"status": "ok"})


async def tasks(request: Request) -> Response:
    """The tasks that can be asked for."""
    known = request.app.state.bench.tasks.items()
    facts = ("entry", "language", "prompt")
    return Answer([{"name": name} | {fact: getattr(task, fact) for fact in facts} for name, task in known])


async def isolation(request: Request) -> Response:
    """The protections that candidates run under here; starts the first judges if none run yet."""
    state = request.app.state
    with state.bench.seat():
        found = await _outcome(request, state.bench.isolation(), state.limits.seconds)
    return Answer({name: found[name] for name in Isolation.model_fields})


async def score(request: Request) -> Response:
    """Judge a batch: one result for each completion or code, in order.

    All of a batch are timed on the same shapes, drawn anew for each request; equal candidates are judged once.
    """
    state = request.app.state
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "send the body as Content-Type: application/json")
    with state.bench.seat():
        batch = state.reader.read(await read_body(request.stream(), state.limits))
        scored = await _outcome(request, state.bench.grade(batch), state.limits.seconds)
    return Answer([answer(each) for each in scored])


async def description(request: Request) -> Response:
    """The OpenAPI description of this server, with its limits."""
    return Answer(request.app.openapi())


async def _outcome(request: Request, job: Job[T], seconds: float) -> T:
    """The job's result; gives the job up when the client goes, or after ``seconds``."""
    result = asyncio.wrap_future(job.future)
    gone = asyncio.ensure_future(_gone(request))
    try:
        done, _ = await asyncio.wait({result, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if result in done:
            if result.cancelled():
                raise Stopped
            return result.result()
        if gone in done:
            raise ClientDisconnect
        raise Refused(504, f"not judged within {seconds:g} s; send fewer at once, or ask for fewer pairs")
    finally:
        job.give_up()
        result.cancel()
        gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return problem(error.status, error.detail, error.headers)


async def _stopped(_: Request, error: Exception) -> Response:
    return problem(503, "the server is shutting down", {"Retry-After": RETRY_SECONDS})


async def _fault(_: Request, error: Exception) -> Response:
    """An error of ours that a user can act on: it is about the host, the task or a check, never about a candidate."""
    text = f"{type(error).__name__}: {str(error)[:500]}"
    log.error("%s", text)
    return problem(500, f"{OURS} ({text})")


def _problems(*tables: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": Problem, "description": text} for table in tables for status, text in table.items()}


def create_app(token: str, checks: Mapping[str, Check], limits: Limits, bench: Bench) -> FastAPI:
    """The ASGI application; the end of its lifespan closes ``bench``."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(bench.close)

    reader = RequestReader(limits, list(bench.tasks), checks)
    nothing: dict[str, Any] = dict.fromkeys(("docs_url", "redoc_url", "openapi_url"))
    app = FastAPI(title="assay", version=__version__, redirect_slashes=False, lifespan=lifespan, **nothing)
    app.state.gate, app.state.limits = Gate(token, limits.rate), limits
    app.state.reader, app.state.bench = reader, bench
    body = {"required": True, "content": {"application/json": {"schema": reader.schema}}}
    admitted: dict[str, Any] = {"dependencies": [Depends(admit)], "methods": ["GET"]}
    app.add_api_route("/v1/health", health, response_model=Health)
    app.add_api_route("/v1/openapi.json", description, include_in_schema=False, **admitted)
    app.add_api_route("/v1/tasks", tasks, response_model=list[TaskFacts], responses=_problems(_GATE), **admitted)
    app.add_api_route(
        "/v1/isolation", isolation, response_model=Isolation, responses=_problems(_GATE, _BENCH), **admitted
    )
    app.add_api_route(
        "/v1/score",
        score,
        response_model=list[Result],
        responses=_problems(_GATE, _BENCH, _BODY),
        openapi_extra={"requestBody": body},
        **{**admitted, "methods": ["POST"]},
    )
    for kind, handler in ((Refused, _refused), (Stopped, _stopped), (AssayError, _fault)):
        app.add_exception_handler(kind, handler)
    app.add_middleware(Shield, paths=frozenset(route.path for route in app.routes if isinstance(route, Route)))
    return app

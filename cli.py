"""The command line: one thin function a command."""

from __future__ import annotations

import gc
import json
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from ._version import __version__
from .sandbox.launch import loading

with loading():
    import typer
    from rich.markup import escape

    from .attacks.commands import COMMANDS
    from .patches.commands import patches_app
    from .rewards.terminal import Json, Require, err, out, progress_bar, usage
    from .sandbox import AssayError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Score code that a language model wrote, so that the score can be trusted as a reward; train on it.",
)
FILE_LIMIT = 64 * 2**20
bench_app = typer.Typer(no_args_is_help=True, help="Measure what this host makes of assay.")
app.add_typer(bench_app, name="bench")
app.add_typer(patches_app, name="patches")
for command in COMMANDS:
    app.command()(command)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"assay {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Options of every command."""


def _read(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise usage(f"cannot read {path}: not a regular file; give a file with a kernel or a completion")
        with path.open("rb") as file:
            content = file.read(FILE_LIMIT + 1)
        if len(content) > FILE_LIMIT:
            raise usage(f"{path} is larger than {FILE_LIMIT >> 20} MiB; no kernel or completion is")
        return content.decode("utf-8-sig", "surrogateescape")
    except OSError as error:
        raise usage(f"cannot read {path}: {error.strerror}; give a file with a kernel or a completion") from error


def _looks(pairs: int) -> tuple[int, ...]:
    return tuple(look for look in (10, 20) if look < pairs) + ((pairs,) if pairs else ())


@app.command()
def score(
    files: Annotated[list[Path], typer.Argument(help="Kernels (*.py, *.c) or completions (any other suffix).")],
    task: Annotated[str, typer.Option(help="Task name or package.module:TASK.")] = "matmul",
    check: Annotated[list[str] | None, typer.Option(help="More checks: name or package.module:function.")] = None,
    pairs: Annotated[int, typer.Option(min=0, max=400, help="Timed pairs at most; 0 times nothing.")] = 40,
    replay: Annotated[str | None, typer.Option(help="Secret of an earlier run: same shapes, same data.")] = None,
    require: Require = "L2",
    unsafe: Annotated[bool, typer.Option(help="Judge without the jail core, for looking only.")] = False,
    as_json: Json = False,
) -> None:
    """Judge kernels: correctness, speed against the baseline, and what the sandbox saw.

    The exit status is 1 if the sandbox could not give a verdict on one of them, whatever the verdicts on the others.
    """
    from .rewards import BUILTIN, Scorer
    from .rewards.console import record, verdict_table
    from .sandbox import Status

    codes = {path: _read(path) for path in files}
    try:
        secret = bytes.fromhex(replay) if replay else None
    except ValueError:
        raise usage(f"--replay {replay!r} is not a secret in hex; copy it from a verdict's replay line") from None
    if secret is not None and len(secret) != 16:
        raise usage(f"--replay needs 32 hex digits, got {len(secret) * 2}; copy it from a verdict's replay line")
    looks, faults = _looks(pairs), 0
    with (
        Scorer(
            task,
            checks=[*BUILTIN, *(check or [])],
            looks=looks,
            workers=1,  # one file after the other: further judges would start for nothing
            secret=secret,
            require=require,
            unsafe=unsafe,
        ) as scorer,
        progress_bar() as bar,
    ):
        step = bar.add_task("judging", total=len(files))
        for path, text in codes.items():
            grade = scorer.grade_code if path.suffix in (".py", ".c") else scorer.grade
            graded = grade([text])[0]
            faults += graded.verdict.status is Status.INFRA
            secret_hex = scorer.last_secret.hex()
            again = shlex.join(
                ["assay", "score", str(path), "--task", task, "--pairs", str(pairs), "--replay", secret_hex]
            )
            bar.advance(step)
            if as_json:
                typer.echo(json.dumps(record(str(path), graded, again)))
            else:
                out.print(verdict_table(str(path), graded, again), soft_wrap=True)
    if faults:
        raise typer.Exit(1)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Tell which protections are on here, and whether rewards can be trusted."""
    from rich.table import Table

    from .rewards import find_task
    from .sandbox.doctor import MEANING, diagnose

    found = diagnose(find_task("matmul"))
    if as_json:
        typer.echo(json.dumps({**asdict(found), "sentence": found.sentence}))
    else:
        table = Table("protection", "on", "what it means")
        for name, active in found.protections.items():
            meaning = MEANING[name] if active else f"{MEANING[name]} ({found.reasons[name]})"
            table.add_row(name, "[green]yes[/green]" if active else "[yellow]no[/yellow]", escape(meaning))
        out.print(table)
        out.print(f"timing cores {found.cores}, empty window {found.overhead_ns / 1e6:.2f} ms", highlight=False)
        out.print("  ".join(f"{name} {value}" for name, value in found.host.items()), highlight=False)
        packages = (f"{name} {value or 'not installed'}" for name, value in found.packages.items())
        out.print("  ".join(packages), highlight=False)
        out.print(found.sentence, highlight=False)
    raise typer.Exit(0 if found.ok else 1)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; TLS is for a reverse proxy.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8300,
    token_file: Annotated[Path | None, typer.Option(help="File with the bearer token; else ASSAY_TOKEN.")] = None,
    check: Annotated[list[str] | None, typer.Option(help="More checks: name or package.module:function.")] = None,
    require: Require = "L2",
    workers: Annotated[int | None, typer.Option(min=1, help="Judges at most; default: one a core.")] = None,
    max_body: Annotated[int, typer.Option(min=1, help="Bytes of a request's body.")] = 8 * 2**20,
    max_texts: Annotated[int, typer.Option(min=1, help="Completions or codes of a request.")] = 256,
    max_characters: Annotated[int, typer.Option(min=1, help="Characters of each of them.")] = 200_000,
    max_pairs: Annotated[int, typer.Option(min=0, max=400, help="Timed pairs that may be asked for.")] = 40,
    rate: Annotated[int, typer.Option(min=0, help="Requests a minute for each client; 0: no limit.")] = 600,
    queue: Annotated[int, typer.Option(min=0, help="Requests that wait besides the one judged.")] = 16,
    timeout: Annotated[int, typer.Option(min=1, help="Seconds a request may wait and be judged.")] = 900,
) -> None:
    """Serve the scorer over HTTP until SIGTERM or Ctrl-C, for trainers in other languages or on other hosts."""
    from .rewards.serve import Limits
    from .rewards.serve import serve as serve_scorer

    limits = Limits(max_body, max_texts, max_characters, max_pairs, rate, queue, timeout)
    serve_scorer(host, port, token_file, check or [], limits, {"require": require, "workers": workers}, usage)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def train(
    context: typer.Context,
    recipe: Annotated[str | None, typer.Argument(help="Embedded recipe or YAML file.", show_default="tiny")] = None,
    reward: Annotated[str | None, typer.Option(help="assay, naive (the weak control), or module:Grader.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of model, sampling and data order.")] = None,
    resume: Annotated[Path | None, typer.Option(help="Run folder to go on with; options change its recipe.")] = None,
    out_folder: Annotated[Path, typer.Option("--out", help="Where run folders are made.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """Train a model with GRPO on the sandbox's reward.

    Any option of TRL's GRPOConfig or ModelConfig may follow as --option value, e.g. --learning_rate 3e-4
    --importance_sampling_level sequence --use_peft true.
    """
    from .training import launch

    overrides = list(context.args)
    if recipe is not None and recipe.startswith("-"):  # an option of the recipe, with none named before it
        recipe, overrides = None, [recipe, *overrides]
    if resume is not None and recipe is not None:
        raise usage(f"--resume goes on with the recipe of {resume}: leave out '{recipe}'")
    for option, value in (("--reward", reward), ("--seed", seed)):
        if value is not None:
            overrides += [option, str(value)]
    result = launch.run(recipe or "tiny", overrides, out_folder, resume, err)
    if as_json:
        typer.echo(json.dumps({"folder": str(result.folder), "report": str(result.report), "best": result.best}))
        return
    launch.print_result(result, out)


@bench_app.callback()
def bench() -> None:
    """Measure what this host makes of assay."""


@bench_app.command("sandbox")
def bench_sandbox(
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the repetitions.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Part to measure, e.g. jail; give it again for more.")] = None,
    require: Require = "L2",
    as_json: Json = False,
) -> None:
    """Latency, throughput and exactness of the sandbox, beside their targets and beside other ways to run code."""
    from .attacks.catalogue import SHIPPED, load
    from .rewards.benchmark import PARTS, Counts, facts_line, measure, steps, table

    if unknown := set(only or ()) - set(PARTS):
        raise usage(f"--only: no part {', '.join(sorted(unknown))}; known are {', '.join(PARTS)}")
    honest = [k for k in load(SHIPPED).honest if k.task == "matmul" and k.language == "python" and not k.wrong]
    counts, parts = Counts.quick() if quick else Counts(), only or PARTS
    with progress_bar() as bar:
        step = bar.add_task("starting", total=steps(counts, parts))
        found = measure(
            [kernel.payload for kernel in honest],
            counts,
            only=parts,
            require=require,
            progress=lambda part, done: bar.update(step, advance=done, description=part),
        )
    if as_json:
        typer.echo(json.dumps(found))
        return
    out.print(table(found))
    out.print(facts_line(found), highlight=False, soft_wrap=True)
    if found["warning"]:
        err.print(found["warning"], style="yellow", highlight=False, soft_wrap=True)


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="Run folder, as `assay train` printed it.")],
    out_file: Annotated[Path | None, typer.Option("--out", help="HTML file; default: RUN/report.html.")] = None,
) -> None:
    """Write a run's report: one HTML file that needs nothing else."""
    from .training.report import write_report

    out.print(str(write_report(run, out_file)), highlight=False, soft_wrap=True)


def main() -> None:
    """Entry point: errors of ours are one sentence on stderr."""
    gc.freeze()  # what was imported stays
    try:
        app()
    except AssayError as error:
        err.print(f"assay: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        err.print(f"assay: {error.strerror or error}: {error.filename or 'standard output'}", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        gc.freeze()  # nothing is won by looking for garbage once more before the process ends


if __name__ == "__main__":
    main()

"""Whole runs on the embedded model, as a user starts them: a few steps each."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import assay as assay_package
from assay.cli import main

SMALL = [
    *("--num_generations", "8", "--per_device_train_batch_size", "8", "--max_completion_length", "96"),
    *("--save_steps", "1", "--pairs", "1", "--assay_kernels", "1"),
]


def assay(*arguments, cwd):
    command = [sys.executable, "-m", "assay.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of two steps: the folder it was started in, the process, and the run's folder."""
    folder = tmp_path_factory.mktemp("train")
    done = assay("train", "tiny", "--max_steps", 2, *SMALL, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done, next((folder / "runs").iterdir())


def records(run):
    return [json.loads(line) for line in (run / "verdicts.jsonl").read_text().splitlines()]


def test_a_run_ends_with_its_report_and_best_kernel(run):
    folder, done, path = run
    assert "report:" in done.stdout
    assert (path / "report.html").is_file()
    assert "kernel" in done.stdout


def test_every_completion_has_its_verdict(run):
    assert [(r["step"], r["index"]) for r in records(run[2])] == [(s, i) for s in (0, 1) for i in range(8)]


def test_a_run_describes_itself(run):
    described = json.loads((run[2] / "run.json").read_text())
    assert described["seed"] == 0
    assert described["reward"] == "assay"
    assert {"torch", "transformers", "trl"} <= set(described["versions"])
    assert described["isolation"]["seccomp"]


def test_the_routers_auxiliary_loss_is_off_whatever_the_recipe_says(tmp_path):
    from rich.console import Console

    from assay.rewards import Scorer
    from assay.training.models import load_model
    from assay.training.progress import ConsoleProgress
    from assay.training.recipe import parse_recipe
    from assay.training.run import _make_trainer

    recipe = parse_recipe("tiny", ["--router_aux_loss_coef", "0.9", *SMALL])
    with Scorer(looks=()) as scorer, ConsoleProgress(Console(stderr=True)) as bar:
        trainer = _make_trainer(recipe, scorer, None, load_model(recipe), tmp_path, bar)
        assert not trainer.aux_loss_enabled


def test_the_report_can_be_written_again(run):
    done = assay("report", run[2], "--out", run[0] / "again.html", cwd=run[0])
    assert done.returncode == 0, done.stderr
    assert (run[0] / "again.html").stat().st_size > 1000


def test_a_killed_run_resumes_from_its_checkpoint_and_loses_nothing_from_any_folder(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        (Path(assay_package.__file__).parent / "training/recipes/tiny.yaml").read_text()
    )
    command = [sys.executable, "-m", "assay.cli", "train", "mine.yaml", "--max_steps", "4", *SMALL]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 300
    while not list(tmp_path.glob("runs/*/checkpoint-1/trainer_state.json")):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    (path,) = (tmp_path / "runs").iterdir()
    done = assay("train", "--resume", path, cwd="/")
    assert done.returncode == 0, done.stderr
    assert [(r["step"], r["index"]) for r in records(path)] == [(s, i) for s in range(4) for i in range(8)]


def test_a_killed_run_leaves_no_judge_behind(tmp_path):
    command = [sys.executable, "-m", "assay.cli", "train", "tiny", "--max_steps", "9", *SMALL]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not list(tmp_path.glob("runs/*/verdicts.jsonl")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    import psutil

    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive


def test_an_interrupted_run_says_how_to_go_on(tmp_path):
    command = [sys.executable, "-m", "assay.cli", "train", "tiny", "--max_steps", "9", *SMALL]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 300
    while not list(tmp_path.glob("runs/*/verdicts.jsonl")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, said = process.communicate(timeout=120)
    saved = list(tmp_path.glob("runs/*/checkpoint-*"))
    assert ("--resume" if saved else "start a new run") in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["train", "nothing"], "nothing"),
        (["train", "tiny", "--reward", "nothing"], "nothing"),
        (["train", "tiny", "--reward", "no.module:X"], "no.module"),
        (["train", "tiny", "--reward", "none"], "none"),
        (["train", "tiny", "--task", "nothing"], "nothing"),
        (["train", "tiny", "--model_name_or_path", "./nowhere"], "nowhere"),
        (["train", "tiny", "--no_such_option", "1"], "no_such_option"),
        (["train", "tiny", "--use_peft", "true", "--lora_target_modules", "no_such_module"], "no_such_module"),
        (["train", "tiny", "--num_generations", "7"], "num_generations"),
        (["train", "--resume", "nowhere"], "nowhere"),
        (["train", "tiny", "--out", "/dev/null/x"], "--out"),
        (["report", "nowhere"], "nowhere"),
    ],
)
def test_wrong_usage_is_one_sentence_with_exit_code_2(tmp_path, arguments, named, monkeypatch, capsys):
    """In this process: what a new one imports would take ten times as long as what is tested."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["assay", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 2, said
    assert named in said
    assert "Traceback" not in said


def test_resuming_without_a_checkpoint_says_so(tmp_path, run):
    (tmp_path / "run.json").write_text((run[2] / "run.json").read_text())
    done = assay("train", "--resume", tmp_path, cwd=tmp_path)
    assert done.returncode == 2
    assert "no checkpoint" in done.stderr


def test_a_lora_run_saves_an_adapter(tmp_path):
    targets = ["--use_peft", "true", "--lora_r", "4", "--lora_target_modules", "q_proj", "v_proj"]
    done = assay(
        "train", "tiny", "--max_steps", 1, *SMALL, *targets, "--importance_sampling_level", "sequence", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("runs/*/model/adapter_model.safetensors"))


def test_the_naive_reward_runs_with_an_audit(tmp_path):
    done = assay("train", "tiny", "--max_steps", 1, *SMALL, "--reward", "naive", "--audit", "assay", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "runs").iterdir()
    assert all(record["audit"]["level"] == "" or record["audit"]["level"] >= "L2" for record in records(path))

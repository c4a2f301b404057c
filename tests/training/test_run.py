"""Whole runs on the embedded model, as a user starts them: a few steps each."""

import gc
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import assay as assay_package

SMALL = [
    *("--num_generations", "8", "--per_device_train_batch_size", "8", "--max_completion_length", "96"),
    *("--save_steps", "1", "--pairs", "1", "--assay_kernels", "1"),
]


@pytest.fixture(autouse=True, scope="module")
def _no_model_is_left():
    """Runs in this process leave cycles, and a patch of a class stays while a patched model lives."""
    yield
    gc.collect()


def started(*arguments, cwd, until):
    """The command in a process of its own, once there is a file ``until`` below ``cwd``; its errors can be read."""
    process = subprocess.Popen(
        [sys.executable, "-m", "assay.cli", *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 300
    while not list(cwd.glob(until)):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    return process


@pytest.fixture(scope="module")
def run(tmp_path_factory, command):
    """A finished run of two steps: the folder it was started in, the outcome, and the run's folder."""
    folder = tmp_path_factory.mktemp("train")
    done = command("train", "tiny", "--max_steps", 2, *SMALL, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done, next((folder / "runs").iterdir())


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A run of three steps killed after its first checkpoint: its folder, and the processes that it had started."""
    folder = tmp_path_factory.mktemp("killed")
    recipe = Path(assay_package.__file__).parent / "training/recipes/tiny.yaml"
    (folder / "mine.yaml").write_text(recipe.read_text())
    until = "runs/*/checkpoint-1/trainer_state.json"
    process = started("train", "mine.yaml", "--max_steps", 3, *SMALL, cwd=folder, until=until)
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    return next((folder / "runs").iterdir()), children


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


def test_the_report_can_be_written_again(run, command):
    done = command("report", run[2], "--out", run[0] / "again.html", cwd=run[0])
    assert done.returncode == 0, done.stderr
    assert (run[0] / "again.html").stat().st_size > 1000


def test_resuming_without_a_checkpoint_says_so(tmp_path, run, command):
    (tmp_path / "run.json").write_text((run[2] / "run.json").read_text())
    done = command("train", "--resume", tmp_path, cwd=tmp_path)
    assert done.returncode == 2
    assert "no checkpoint" in done.stderr


@pytest.mark.parametrize("kept", [False, True], ids=["no checkpoint", "a checkpoint"])
def test_a_run_without_memory_says_what_to_change_and_how_to_go_on(tmp_path, monkeypatch, kept):
    import torch
    from rich.console import Console

    from assay.training import run
    from assay.training.errors import RunError
    from assay.training.recipe import parse_recipe

    def allocate(trainer, recipe, say):
        if kept:
            (tmp_path / "run/checkpoint-1").mkdir()
        torch.empty(1 << 60)

    monkeypatch.setattr(run, "patch_model", allocate)
    with pytest.raises(RunError, match=r"no memory.*max_completion_length") as caught:
        run.train(parse_recipe("tiny", SMALL), tmp_path / "run", None, Console(stderr=True))
    assert ("--resume" if kept else "start a new run") in str(caught.value)


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


def test_a_killed_run_leaves_no_judge_behind(killed):
    assert killed[1]
    _, alive = psutil.wait_procs(killed[1], timeout=20)
    assert not alive


@pytest.fixture(scope="module")
def resumed(killed, command):
    """The killed run, resumed from another folder with an option of its own."""
    done = command("train", "--resume", killed[0], "--temperature", "0.9", cwd="/")
    assert done.returncode == 0, done.stderr
    return killed[0]


def test_a_killed_run_resumes_from_its_checkpoint_and_loses_nothing_from_any_folder(resumed):
    assert [(r["step"], r["index"]) for r in records(resumed)] == [(s, i) for s in range(3) for i in range(8)]


def test_what_a_resumed_run_is_given_changes_its_recipe_and_is_kept(resumed):
    described = json.loads((resumed / "run.json").read_text())
    assert described["config"]["temperature"] == 0.9
    assert described["overrides"][-2:] == ["--temperature", "0.9"]


@pytest.mark.slow
def test_an_interrupted_run_says_how_to_go_on(tmp_path):
    process = started("train", "tiny", "--max_steps", 9, *SMALL, cwd=tmp_path, until="runs/*/verdicts.jsonl")
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
        (["train", "other.yaml", "--resume", "nowhere"], "leave out 'other.yaml'"),
        (["train", "--no_such_option", "1"], "no_such_option"),
        (["train", "tiny", "--out", "/dev/null/x"], "--out"),
        (["report", "nowhere"], "nowhere"),
    ],
)
def test_wrong_usage_is_one_sentence_with_exit_code_2(tmp_path, arguments, named, command):
    done = command(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert named in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def adapted(tmp_path_factory, command):
    """A run of one step that trains an adapter on the naive reward, with an audit: its folder."""
    folder = tmp_path_factory.mktemp("adapted")
    targets = ["--use_peft", "true", "--lora_r", "4", "--lora_target_modules", "q_proj", "v_proj"]
    options = [*targets, "--importance_sampling_level", "sequence", "--reward", "naive", "--audit", "assay"]
    done = command("train", "tiny", "--max_steps", 1, *SMALL, *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    return next((folder / "runs").iterdir())


def test_a_lora_run_saves_an_adapter(adapted):
    assert (adapted / "model/adapter_model.safetensors").is_file()


def test_the_naive_reward_runs_with_an_audit(adapted):
    described = json.loads((adapted / "run.json").read_text())
    assert (described["reward"], described["audit"]) == ("naive", "assay")
    assert len(records(adapted)) == 8
    assert all(record["audit"]["level"] == "" or record["audit"]["level"] >= "L2" for record in records(adapted))

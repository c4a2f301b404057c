"""Single calls from threads, event loops and processes, judged in batches by judges that end with the process."""

import asyncio
import contextlib
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psutil
import pytest

from assay.rewards import CheckError, UnknownTaskError, find_task
from assay.rewards.adapters import shared as module
from assay.rewards.adapters.shared import OPTIONS, SharedScorer, reward_of, shared
from assay.sandbox import InfraError, TaskError, UsageError

ADAPTERS = {
    "inspect_ai": "inspect_ai",
    "openenv": "openenv.core.env_server",
    "skyrl": "skyrl_gym.envs.base_text_env",
    "verifiers": "verifiers.v1",
}
SCRIPT = """
import os, psutil, sys
from assay.rewards.adapters.shared import shared
text = '''{good}'''
print(shared(looks=[], workers=1).grade(text).reward, flush=True)
print(*[p.pid for p in psutil.Process().children(recursive=True)], flush=True)
"""


def run(tmp_path, script, texts):
    (tmp_path / "script.py").write_text((SCRIPT + script).format(good=texts.good))
    return subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True)


def failing(verdict):
    raise ValueError("no")


def test_calls_that_arrive_together_share_one_verdict_on_equal_candidates(texts):
    calls = [shared(looks=()).submit(text) for text in (texts.good, texts.cheat, texts.good + "\nbye", texts.good)]
    one, cheat, two, three = [call.result() for call in calls]
    assert one.verdict is two.verdict is three.verdict
    assert cheat.reward == -1.0


def test_each_thread_gets_the_verdict_on_its_own_completion(texts):
    asked = [texts.good, texts.wrong, texts.cheat, texts.none] * 4
    with ThreadPoolExecutor(len(asked)) as threads:
        graded = list(threads.map(lambda text: shared(looks=()).grade(text), asked))
    assert [g.reward for g in graded] == [1.25, 0.25, -1.0, 0.0] * 4
    assert [g.completion for g in graded] == asked


def test_event_loops_in_several_threads_share_the_judges(texts):
    async def both():
        return await asyncio.gather(*(shared(looks=()).agrade(text) for text in (texts.good, texts.cheat)))

    with ThreadPoolExecutor(3) as threads:
        found = [future.result() for future in [threads.submit(asyncio.run, both()) for _ in range(3)]]
    assert [[g.reward for g in graded] for graded in found] == [[1.25, -1.0]] * 3


async def test_a_caller_that_gives_up_disturbs_nobody(texts):
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(shared(looks=()).agrade(texts.good), 0)
    assert (await shared(looks=()).agrade(texts.good)).reward == 1.25


def test_lists_of_a_configuration_file_name_the_same_judges():
    assert shared(looks=[], checks=["correct"]) is shared("matmul", checks=("correct",), looks=(), workers=None)


def test_an_unknown_option_or_task_is_one_sentence_before_any_judge_starts():
    with pytest.raises(UsageError, match=f"'worker'.*{', '.join(OPTIONS)}"):
        shared(worker=2)
    with pytest.raises(UnknownTaskError, match="no task named 'nope'"):
        shared("nope")


def test_a_broken_check_reaches_the_caller_every_time(texts):
    for _ in range(2):
        with pytest.raises(CheckError, match="failing"):
            shared(looks=(), workers=1, checks=[failing]).grade(texts.good)


def test_a_broken_task_reaches_the_caller_every_time(texts):
    task = replace(find_task("matmul"), name="mine", baseline="def other(A, B): pass")
    for _ in range(2):
        with pytest.raises(TaskError, match="mine"):
            shared(task, looks=(), workers=1).grade(texts.good)


def test_callers_with_other_columns_do_not_mix(texts):
    scorer = shared(looks=(), workers=1, checks=[lambda extra="none": float(len(extra))])
    plain, long = scorer.submit(texts.good), scorer.submit(texts.good, {"extra": "a" * 40})
    assert (plain.result().reward, long.result().reward) == (4.0, 40.0)


def test_a_missing_reward_is_an_error_and_no_number(texts):
    graded = shared(looks=(), workers=1, unsafe=True).grade(texts.good)
    assert graded.reward is None
    with pytest.raises(InfraError, match="unsafe"):
        reward_of(graded)


def test_nothing_is_judged_while_another_process_has_the_core(texts):
    scorer = shared(looks=())
    scorer.grade(texts.cheat)
    with module._turn(scorer._cores):
        call = scorer.submit(texts.none)
        with pytest.raises(TimeoutError):
            call.result(0.5)
    assert call.result().reward == 0.0


def test_a_lock_that_cannot_be_taken_is_a_fault_of_ours(texts, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    with pytest.raises(InfraError, match="TMPDIR"):
        shared(looks=()).grade(texts.none)


def test_a_closed_scorer_answers_waiting_and_late_calls_with_a_fault_of_ours(texts):
    scorer = SharedScorer(find_task("matmul"), {"looks": (), "workers": 1})
    call = scorer.submit(texts.good)
    scorer.close()
    scorer.close()
    with pytest.raises(InfraError, match="closed"):
        call.result()
    with pytest.raises(InfraError, match="closed"):
        scorer.submit(texts.good)


ENDS = ["shared(looks=[], workers=1).submit(text)", "os._exit(0)"]  # in the middle of a verdict; without a word
MORE_ENDS = [pytest.param(end, marks=pytest.mark.slow) for end in ("", "raise SystemExit", "1 / 0")]


@pytest.mark.parametrize("end", [*ENDS, *MORE_ENDS])
def test_no_judge_outlives_the_process_however_it_ends(tmp_path, texts, end):
    reward, pids = run(tmp_path, end, texts).stdout.splitlines()
    assert reward == "1.25"
    assert pids
    left = []
    for pid in pids.split():
        with contextlib.suppress(psutil.NoSuchProcess):
            left.append(psutil.Process(int(pid)))
    assert not psutil.wait_procs(left, 30)[1]


def test_a_forked_child_has_judges_of_its_own(tmp_path, texts):
    fork = (
        "if (child := os.fork()) == 0:\n"
        "    print(shared(looks=[], workers=1).grade(text).reward, flush=True)\n"
        "    sys.exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "print(shared(looks=[], workers=1).grade(text).reward)\n"
    )
    done = run(tmp_path, fork, texts)
    assert done.stdout.splitlines()[2:] == ["1.25", "1.25"], done.stderr


def test_importing_the_rewards_imports_no_adapter_and_no_framework():
    names = ("assay.rewards.adapters", "verifiers", "verl", "openenv", "skyrl_gym", "inspect_ai")
    code = f"import assay.rewards, sys; print([m for m in sys.modules if m.startswith({names!r})])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_missing_framework_is_one_sentence_that_says_what_to_install(adapter):
    code = f"import sys; sys.modules[{ADAPTERS[adapter]!r}] = None; import assay.rewards.adapters.{adapter}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "UsageError: this adapter needs" in done.stderr.splitlines()[-1]
    assert "pip install" in done.stderr.splitlines()[-1]

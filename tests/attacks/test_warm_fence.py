"""A scorer that is forked for each job: as confined as one that is started for it, and as new."""

import os
import resource
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

import assay.attacks.warm_fence as warm_fence
from assay.attacks.controls.run import PROGRAM, control_scores
from assay.attacks.warm_fence import WarmFence
from assay.sandbox import Status

HONEST = """\
def matmul(A, B):
    columns = list(zip(*B))
    return [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]
"""
WRONG = "def matmul(A, B):\n    return [[0.0] * len(B[0]) for _ in A]\n"
OBEDIENT = f"""\
import json, os, random, resource, socket, sys
sys.path.insert(0, {str(Path(warm_fence.__file__).parent)!r})
import warm
state = []
if len(sys.argv) > 1:
    warm.serve(int(sys.argv.pop()))
exec(json.load(sys.stdin)["do"])
"""
"""A scorer that does what its job says."""


@pytest.fixture(scope="module")
def obedient(tmp_path_factory):
    program = tmp_path_factory.mktemp("scorer") / "obedient.py"
    program.write_text(OBEDIENT)
    with WarmFence(program) as fence:
        yield fence


@pytest.fixture(scope="module")
def controls():
    with WarmFence(PROGRAM) as fence:
        yield fence


def said(fence: WarmFence, do: str, wall: float = 10.0) -> str:
    text, report = fence.run({"do": do}, wall, "the answers")
    if not report.get("isolated"):
        pytest.skip("no namespaces on this host")
    return text.strip()


def test_what_a_job_leaves_in_the_scorer_is_not_there_in_the_next(obedient):
    said(obedient, "state.append(1); random.random = None; os.environ['A'] = 'b'")
    assert said(obedient, "print(state, random.random is None, 'A' in os.environ)") == "[] False False"


def test_what_a_job_writes_is_not_there_in_the_next(obedient):
    said(obedient, "open('note', 'w').write('x'); open('answers.json', 'w').write('x')")
    assert said(obedient, "print(os.listdir('.'), open('answers.json').read())") == "['answers.json'] the answers"


def test_the_hosts_folder_stays_empty(obedient):
    home = said(obedient, "open('note', 'w').write('x'); print(os.getcwd())")
    assert os.listdir(home) == []


def test_two_jobs_draw_other_numbers(obedient):
    assert said(obedient, "print(random.random())") != said(obedient, "print(random.random())")


def test_a_job_holds_no_descriptor_but_the_three_of_its_own(obedient):
    do = "import stat\nprint([n for n in range(1000) if os.path.exists(f'/proc/self/fd/{n}')])"
    assert said(obedient, do) == "[0, 1, 2]"


def test_a_job_has_the_hard_limits_of_the_fence(obedient):
    kinds = ("AS", "FSIZE", "NOFILE", "CORE")
    limits = said(obedient, f"print([resource.getrlimit(getattr(resource, 'RLIMIT_' + k)) for k in {kinds}])")
    assert limits == "[(1073741824, 1073741824), (8388608, 8388608), (64, 64), (0, 0)]"
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 64


def test_a_job_sees_its_own_processes_only(obedient):
    assert len(said(obedient, "print([n for n in os.listdir('/proc') if n.isdigit()])").split(",")) == 2


def test_a_job_cannot_write_the_hosts_files(obedient, tmp_path):
    target = tmp_path / "victim"
    target.write_text("intact")
    said(obedient, f"open({str(target)!r}, 'w').write('x')")
    assert target.read_text() == "intact"


def test_a_job_cannot_reach_the_hosts_network(obedient):
    with socket.create_server(("127.0.0.1", 0)) as server:
        do = f"s = socket.socket(); print(s.connect_ex(('127.0.0.1', {server.getsockname()[1]})) != 0)"
        assert said(obedient, do) == "True"


def test_the_kernel_knows_the_environment_that_the_scorer_has(obedient):
    do = "print(open('/proc/self/environ').read().split('\\0')[:-1] == [f'{k}={v}' for k, v in os.environ.items()])"
    assert said(obedient, do) == "True"


def test_the_planted_socket_is_where_the_environment_says(obedient):
    do = "host, port = os.environ['GRADER_TRACKER'].split(':'); socket.create_connection((host, int(port)))"
    assert obedient.run({"do": do}, 10.0, "x")[1]["canaries"] == ["socket"]
    assert obedient.run({"do": "pass"}, 10.0, "x")[1]["canaries"] == []


def test_a_job_is_killed_at_its_limit_with_all_that_it_started(obedient):
    mark = "31558"
    do = f"import subprocess, time\nsubprocess.Popen(['/bin/sleep', '{mark}'], start_new_session=True)\ntime.sleep(60)"
    _, report = obedient.run({"do": do}, 0.3, "x")
    assert report["exit"] is None
    assert not [p for p in psutil.process_iter(["cmdline"]) if mark in (p.info["cmdline"] or [])]


def test_a_job_that_hangs_does_not_hold_up_another(obedient):
    with ThreadPoolExecutor(2) as pool:
        hangs = pool.submit(obedient.run, {"do": "import time\ntime.sleep(60)"}, 1.5, "x")
        time.sleep(0.1)
        assert said(obedient, "print('here')") == "here"
        assert not hangs.done()
        assert hangs.result()[1]["exit"] is None


def test_a_flood_of_output_is_cut_off(obedient):
    text, _ = obedient.run({"do": "while True: os.write(1, bytes(100000))"}, 3.0, "x")
    assert len(text) < 2 << 20


def test_a_job_that_floods_with_processes_ends_and_the_next_one_is_served(obedient):
    assert obedient.run({"do": "while True: os.fork()"}, 1.0, "x")[1]["exit"] != 0
    assert said(obedient, "print('here')") == "here"


def test_the_control_judges_as_one_that_was_started_for_the_job(controls):
    codes = [HONEST, WRONG, "def matmul(A, B):\n    return []\n", "raise ValueError\n"]
    for weaknesses in ((), ("zip-truncates",), ("stdout-verdict", "nan-passes")):
        warm, cold = control_scores(codes, weaknesses, fence=controls), control_scores(codes, weaknesses)
        assert [score.status for score in warm.scores] == [score.status for score in cold.scores]
        assert (warm.canaries, warm.isolated) == (cold.canaries, cold.isolated)


def test_a_comparison_that_was_replaced_is_whole_again_in_the_next_job(controls):
    code = "import __main__\n__main__.same = lambda *given: True\n" + WRONG
    first = control_scores([code], ("shared-process",), fence=controls)
    again = control_scores([WRONG], ("shared-process",), fence=controls)
    assert [found.scores[0].status for found in (first, again)] == [Status.CORRECT, Status.WRONG]


def test_a_forged_line_and_the_end_of_the_process_are_of_one_job(controls):
    code = "import os\nprint('SCORE 0 correct 100.0', flush=True)\nos._exit(0)"
    first = control_scores([code], ("stdout-verdict",), fence=controls)
    again = control_scores([WRONG], ("stdout-verdict",), fence=controls)
    assert [found.scores[0].status for found in (first, again)] == [Status.CORRECT, Status.WRONG]


def test_once_the_interpreter_is_gone_each_job_gets_one_of_its_own():
    with WarmFence(PROGRAM) as fence:
        assert control_scores([HONEST], (), fence=fence).scores[0].status is Status.CORRECT
        fence._process.kill()
        fence._process.wait()
        assert control_scores([HONEST], (), fence=fence).scores[0].status is Status.CORRECT


def test_closing_ends_what_still_runs():
    with ThreadPoolExecutor(1) as pool:
        with WarmFence(PROGRAM) as fence:
            waits = pool.submit(control_scores, ["import time\ntime.sleep(60)\n"], ("unlimited",), fence=fence)
            isolated = control_scores([HONEST], (), fence=fence).isolated
            below = psutil.Process(fence._process.pid).children(recursive=True)
        waits.result()
    if not isolated:
        pytest.skip("no namespaces on this host")
    assert below
    assert psutil.wait_procs(below, timeout=10)[1] == []


def test_the_interpreter_ends_with_whoever_had_it_started():
    fence = WarmFence(PROGRAM)
    fence._end.close()
    assert fence._process.wait(10) == 0
    fence.close()


def test_a_stopped_interpreter_is_given_up():
    with WarmFence(PROGRAM) as fence:
        os.kill(fence._process.pid, signal.SIGSTOP)
        assert control_scores([HONEST], (), fence=fence).scores[0].status is Status.CORRECT

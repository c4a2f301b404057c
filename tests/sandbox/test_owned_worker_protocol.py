"""The adversary owns the worker and speaks the protocol as it likes: out of turn, too much, too little, nonsense."""

import os

import pytest

from assay.rewards.tasks.matmul import BASELINE
from assay.sandbox import Status

# The worker is stopped after its first answer: the one too many arrives before the stop (spoken out of turn) or as
# the next trial's answer (wrong data).
UNEARNED = (Status.CRASH, Status.WRONG)
READY = "load(); say(READY)\n"
FAULTS = {
    "exit": "os._exit(0)",
    "exit-code": "os._exit(77)",
    "return": "raise SystemExit",
    "raise": "1 / 0",
    "segfault": "ctypes.string_at(0)",
}
STEPS = {
    "with the source read": "",
    "half way through loading": "load()\n",
    "once ready": "say(READY)\n",
    "with the question read": READY + "ask()\n",
    "after one right answer": READY + "say(answer(ask())[0])\n",
    "after two": READY + "say(answer(ask())[0])\nsay(answer(ask())[0])\n",
    "after done, at once": READY + "message = ask()\nanswer(message)\nsay(DONE)\n",
    "with all answers but the last": READY + "for _ in range(4): say(answer(ask())[0])\n",
}


def evidence(verdict):
    return " ".join(finding.evidence for finding in verdict.findings)


def test_an_owned_worker_that_behaves_is_correct(honest):
    assert honest.status is Status.CORRECT


def test_saying_done_without_computing_is_wrong(owned):
    verdict = owned("say(READY)\nwhile ask(): say(DONE)")
    assert verdict.status is Status.WRONG
    assert "not finite" in evidence(verdict)  # the output buffer was poisoned


def test_answering_before_the_question_earns_nothing(owned):
    assert owned("say(READY)\nsay(DONE)\nask()").status in UNEARNED


def test_all_answers_at_once_before_the_first_question_earn_nothing(owned):
    assert owned("for status in (READY, DONE, DONE, DONE, DONE, DONE): say(status)\nask()\nask()").status in UNEARNED


def test_ready_before_the_source_was_read_earns_no_time(hostile, gains_nothing):
    body = (
        "os.write(channel, READY)\nsource = os.read(channel, 1 << 17).partition(b'\\0')[2]\nexec(source, namespace)\n"
        "while True: os.write(channel, answer(os.read(channel, 999))[0])"
    )
    gains_nothing(hostile(body).judge(BASELINE, os.urandom(16), (8,)))


def test_a_second_answer_to_one_question_earns_nothing(owned):
    assert owned("say(READY)\nask()\nsay(DONE)\nsay(DONE)\nask()").status in UNEARNED


def test_every_right_answer_said_twice_earns_nothing(owned):
    # One that has stopped the worker between the two hears the second as the answer to a question never computed.
    assert owned(READY + "while True:\n    answer(ask())\n    say(DONE), say(DONE)").status in UNEARNED


@pytest.mark.parametrize("status", ["U", "R", "N"])
def test_a_status_of_another_step_earns_nothing(owned, status):
    assert owned(READY + f"while True:\n    answer(ask())\n    say({status!r}.encode())").status is Status.CRASH
    if status != "R":
        assert owned(f"load()\nsay({status!r}.encode())\nask()").status is Status.CRASH


@pytest.mark.parametrize("status", [b"", b"?", b"infra", b"\xff" * 5000, b"\0D", b"R"])
def test_a_status_outside_the_alphabet_is_never_a_fault_of_ours(owned, status):
    assert owned(f"say(READY)\nask()\nsay({status!r})\nask()").status is Status.CRASH


def test_a_message_of_the_largest_size_is_read_to_its_limit(owned):
    verdict = owned("say(READY)\nask()\nsay(b'E' + b'x' * 100_000)\nask()")
    assert verdict.status is Status.CRASH
    assert len(evidence(verdict)) <= 200


def test_text_for_logs_arrives_escaped(owned):
    text = evidence(owned("say(READY)\nask()\nsay(b'E' + bytes(range(160)))\nask()"))
    assert text.isprintable()
    assert text.isascii()


@pytest.mark.parametrize("step", ["", "say(READY)\n", READY + "ask()\n"])
@pytest.mark.parametrize("word", ["READY", "DONE", "b'?' * 4000"])
def test_a_flood_does_not_hang_the_judge(owned, step, word):
    assert owned(f"{step}while True: say({word})").status in UNEARNED


@pytest.mark.parametrize("step", ["", "say(READY)\n", READY + "say(answer(ask())[0])\nask()\n"])
@pytest.mark.parametrize("how", ["while True: pass", "lock = _thread.allocate_lock(); lock.acquire(); lock.acquire()"])
def test_never_answering_is_a_timeout(owned, step, how):
    assert owned(step + how).status is Status.TIMEOUT


def test_waiting_for_a_message_that_does_not_come_is_a_timeout(owned):
    assert owned("say(READY)\nask()\nask()").status is Status.TIMEOUT


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", FAULTS)
def test_ending_at_any_step_is_a_crash(owned, fault, step):
    verdict = owned(STEPS[step] + FAULTS[fault])
    assert verdict.status is Status.CRASH
    assert verdict.layer == "judge"


def test_the_first_question_answered_again_and_again_is_wrong(owned):
    assert owned(READY + "first = ask()\nwhile True:\n    answer(first), say(DONE), ask()").status is Status.WRONG


def test_the_answer_of_the_trial_before_is_wrong(owned):
    body = (
        "before = None\nwhile True:\n    message = ask()\n    answer(message)\n"
        "    shape, offset = unpack_trial(message)[1], unpack_trial(message)[3]\n    size = shape[0] * shape[1]\n"
        "    mine = output[offset:offset + size].tolist()\n"
        "    if before: output[offset:offset + size] = array.array('d', (before * size)[:size])\n"
        "    before = mine\n    say(DONE)"
    )
    assert owned(READY + body).status is Status.WRONG


def test_what_is_written_for_trials_to_come_is_gone_when_they_come(owned):
    body = "ask()\noutput[:] = array.array('d', [0.25]) * len(output)\nsay(DONE)\nwhile ask(): say(DONE)"
    verdict = owned("say(READY)\nfor _ in range(1): pass\n" + body)
    assert verdict.status is Status.WRONG
    later = owned(
        READY + "say(answer(ask())[0])\nask()\noutput[:] = array.array('d', bytes(8)) * len(output)\nsay(DONE)\nask()"
    )
    assert later.status is Status.WRONG


def test_the_work_of_all_trials_in_the_first_answers_no_other(owned):
    body = (
        "message = ask()\nanswer(message)\nshape, offset = unpack_trial(message)[1], unpack_trial(message)[3]\n"
        "size = shape[0] * shape[1]\nright = output[offset:offset + size].tolist()\n"
        "output[:] = array.array('d', (right * (1 + len(output) // size))[:len(output)])\n"
        "output[offset:offset + size] = array.array('d', right)\nsay(DONE)\nwhile ask(): say(DONE)"
    )
    verdict = owned(READY + body)
    assert (verdict.status, verdict.trials) == (Status.WRONG, 2)
    assert "not finite" in evidence(verdict)


def test_what_is_written_into_an_earlier_trial_changes_nothing(owned, gains_nothing):
    body = (
        "last = 0\nwhile True:\n    message = ask()\n    status, _ = answer(message)\n"
        "    offset = unpack_trial(message)[3]\n    output[:offset] = array.array('d', bytes(8)) * offset\n    say(status)"
    )
    verdict = owned(READY + body, (8,))
    assert verdict.status is Status.CORRECT
    gains_nothing(verdict)


def test_inputs_differ_between_trials_and_candidates(owned_judge):
    body = "# the worker's own program\nsay(READY)\nask()\nsay(EXCEPTION + bytes(inputs[:8]).hex().encode())\nask()\n"
    secret = os.urandom(16)
    seen = {evidence(owned_judge.judge(f"{body}# {i}", secret, ())) for i in range(4)}
    assert len(seen) == 4
    assert evidence(owned_judge.judge(f"{body}# 0", secret, ())) in seen  # and a replay repeats them


def test_no_number_of_one_trial_comes_again_in_another(owned):
    body = (
        "seen = set()\nwhile True:\n    message = ask()\n    status, _ = answer(message)\n"
        "    size = sum(a * b for a, b in unpack_trial(message)[0])\n"
        "    now = set(inputs[:8 * size].cast('d').tolist())\n"
        "    say(EXCEPTION + b'seen before' if now & seen else status)\n    seen |= now"
    )
    assert owned(READY + body, (20,)).status is Status.CORRECT


@pytest.mark.parametrize("guess", ["last", "random.Random(0)", "random.Random(len(message))"])
def test_predicting_the_next_inputs_earns_nothing(owned, guess):
    # The product of predicted inputs is made while nobody looks and handed over as soon as the question comes.
    body = (
        f"last = [0.5] * 20_000\nwhile True:\n    message = ask()\n    guess = {guess}\n"
        "    predicted = guess if guess is last else [guess.uniform(-1, 1) for _ in range(20_000)]\n"
        "    (m, k), (_, n) = unpack_trial(message)[0]\n    offset = unpack_trial(message)[3]\n"
        "    A, B = predicted[:m * k], predicted[m * k:m * k + k * n]\n"
        "    for i in range(m):\n        for j in range(n):\n"
        "            output[offset + i * n + j] = sum(A[i * k + t] * B[t * n + j] for t in range(k))\n"
        "    last = inputs[:8 * 20_000][:len(inputs) // 8 * 8].cast('d').tolist()\n"
        "    last += [0.5] * (20_000 - len(last))\n    say(DONE)"
    )
    assert owned("say(READY)\n" + body).status is Status.WRONG


def test_the_judge_judges_on_after_many_hostile_workers(hostile):
    judge = hostile("os._exit(3)")
    assert [judge.judge(BASELINE, os.urandom(16), ()).status for _ in range(10)] == [Status.CRASH] * 10

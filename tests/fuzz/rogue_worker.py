"""A worker program for fuzzing the judge: a candidate's text holds a seed, and the seed decides what the worker does.

Executed in place of the zygote's own loop. A text without a seed is served honestly.
"""

import _thread
import ctypes
import os
import random
import struct

from inside import worker, zygote
from inside.protocol import DONE, READY, STATUS, UP

MARK = b"# rogue"
KERNEL = b"def matmul(A, B):\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]\n"


class Rogue:
    """Does a few random things, then ends or hangs. It answers the first trials rightly at most, never all."""

    def __init__(self, channel, runner, source):
        self.channel, self.runner, self.random = channel, runner, random.Random(source)
        self.lock = _thread.allocate_lock()
        self.lock.acquire()

    def say(self, message):
        os.write(self.channel, message)

    def status(self):
        self.say(bytes([self.random.choice(STATUS)]) + self.random.randbytes(self.random.choice((0, 0, 3, 250))))

    def done(self):
        os.read(self.channel, 4096)
        self.say(DONE)

    def reply(self):
        os.read(self.channel, 4096)
        self.status()

    def garbage(self):
        self.say(self.random.randbytes(self.random.choice((0, 1, 7, 300, 60_000))))

    def flood(self):
        for _ in range(self.random.randint(1, 400)):
            self.status()

    def scribble(self):
        output = self.runner.output
        for _ in range(50):
            output[self.random.randrange(len(output))] = struct.unpack("<d", self.random.randbytes(8))[0]

    def spin(self):
        for _ in range(10 ** self.random.randint(1, 4)):
            pass

    def nap(self):
        self.lock.acquire(timeout=self.random.random() * 0.003)

    def forbidden(self):
        os.getpid()

    def crash(self):
        ctypes.string_at(0)

    def hoard(self):
        self.kept = [bytearray(1 << 24) for _ in range(40)]

    def leave(self):
        os._exit(self.random.randrange(256))

    def run(self):
        self.say(READY) if self.random.random() < 0.9 else self.status()
        for _ in range(self.random.choice((0, 0, 1, 2, 3))):  # of five
            status, _ = self.runner.answer(os.read(self.channel, 4096))
            self.say(status)
        often = [self.done, self.reply, self.status, self.garbage, self.scribble, self.spin, self.nap]
        seldom = [self.flood, self.forbidden, self.crash, self.hoard, self.leave]
        for _ in range(self.random.randint(1, 12)):
            self.random.choice(often if self.random.random() < 0.8 else seldom)()
        ending = self.random.random()
        while ending < 0.01:
            pass
        if ending < 0.02:
            self.lock.acquire()
        self.leave()


def serve(channel, runner):
    os.write(channel, UP)
    entry, _, source = os.read(channel, 1 << 17).partition(b"\0")
    honest = not source.startswith(MARK)
    status, text = runner.load(source if honest else KERNEL, entry.decode())
    if not honest:
        try:
            Rogue(channel, runner, source).run()
        finally:
            os._exit(1)
    os.write(channel, status + text)
    while message := os.read(channel, 4096):
        status, text = runner.answer(message)
        os.write(channel, status + text)


worker.serve = serve
zygote.main()

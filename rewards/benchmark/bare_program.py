"""A kernel alone: ``python -I bare_program.py`` reads a line of JSON (source, entry, trials), then answers each
line with the nanoseconds of one call a trial. Standard library only; ``print`` does nothing, as in the sandbox."""

import copy
import gc
import json
import sys
import time


def main() -> None:
    setup = json.loads(sys.stdin.readline())
    namespace = {"__name__": "candidate", "print": lambda *values, **options: None}
    exec(compile(setup["source"], "<kernel>", "exec"), namespace)
    function = namespace[setup["entry"]]
    gc.disable()  # as it is for candidates
    for _ in sys.stdin:
        times = []
        for arguments in setup["trials"]:
            own = copy.deepcopy(arguments)
            start = time.perf_counter_ns()
            function(*own)
            times.append(time.perf_counter_ns() - start)
        sys.stdout.write(json.dumps(times) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

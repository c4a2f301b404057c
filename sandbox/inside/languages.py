"""What a language needs in the zygote before anything is locked, and what runs its candidates."""

import functools
import sys

from . import context, native, python


def prepare(language, packages):
    """Load what candidates of ``language`` may use; ``make(inputs, output)`` of a worker's runner.

    ``packages`` is the folder that NumPy lies in; it is on the import path only here.
    """
    if language == "c":
        native.preload()
        return functools.partial(native.Runner, None)
    kind = python.Runner
    if language == "numpy":
        sys.path.append(packages)
        from . import numpy_runner

        numpy_runner.preload()
        sys.path.remove(packages)
        kind = numpy_runner.Runner
    return functools.partial(kind, context.make_namespace(language))

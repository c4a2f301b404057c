"""The ablation matrix: every attack against its control, and against each layer by itself.

Four replays, one a layer; the control of each says whether the attack gains from a scorer that has just the weakness it
exploits. "policy", "context" and "jail" are the control plus that layer; "judge" is the real judge with its jail core,
which it never runs without. The switches live in this folder only: the sandbox has none.

The result is kept as ``matrix.json``. A replay of part of the catalogue can be merged into it, so that a new attack
costs seconds and not minutes.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .catalogue import FAMILIES, LAYERS, Corpus, CorpusError
from .replay import replay
from .results import Progress, Replay, Result

SETTINGS = ("weak", *LAYERS)
"""The columns: the control, then each layer by itself."""
ENOUGH = 2
"""Layers that must each stop an attack alone, or else a reason is owed (:mod:`assay.attacks.one_layer`)."""
Outcomes = Mapping[str, "Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attack in one setting: whether it was stopped, its reward, its honest twin's, and the evidence."""

    stopped: bool
    reward: float | None
    honest_reward: float | None
    evidence: str


@dataclass(frozen=True, slots=True)
class Measured:
    """One attack: its outcomes by setting. ``path`` is relative to the corpus; ``claimed`` is its header's list."""

    id: str
    family: str
    path: str
    claimed: tuple[str, ...]
    outcomes: Outcomes

    @property
    def stopped_by(self) -> tuple[str, ...]:
        """The layers that stopped it alone."""
        return tuple(layer for layer in LAYERS if layer in self.outcomes and self.outcomes[layer].stopped)

    @property
    def proven(self) -> bool:
        """Whether it gained from its control."""
        return not self.outcomes["weak"].stopped


@dataclass(frozen=True)
class Matrix:
    """All attacks, in the order of families and files; the honest kernels that a layer alone refused; the host."""

    attacks: tuple[Measured, ...]
    refused: Mapping[str, tuple[str, ...]]
    honest: int
    host: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As one object that ``json.dumps`` accepts; :meth:`from_json` reads it back."""
        attacks = [
            {
                "id": attack.id,
                "family": attack.family,
                "path": attack.path,
                "claimed": list(attack.claimed),
                "stopped_by": list(attack.stopped_by),
                "outcomes": {setting: asdict(outcome) for setting, outcome in attack.outcomes.items()},
            }
            for attack in self.attacks
        ]
        return {
            "settings": list(SETTINGS),
            "host": dict(self.host),
            "honest": {"kernels": self.honest, "refused": {name: list(ids) for name, ids in self.refused.items()}},
            "attacks": attacks,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Matrix:
        """The matrix that :meth:`to_json` wrote; raises KeyError or TypeError where something is missing."""
        attacks = tuple(
            Measured(
                item["id"],
                item["family"],
                item["path"],
                tuple(item["claimed"]),
                {setting: Outcome(**item["outcomes"][setting]) for setting in SETTINGS},
            )
            for item in data["attacks"]
        )
        refused = {name: tuple(ids) for name, ids in data["honest"]["refused"].items()}
        return cls(attacks, refused, data["honest"]["kernels"], data["host"])

    def merged_into(self, older: Matrix, catalogue: Corpus) -> Matrix:
        """These outcomes, and the older ones of attacks that were not measured now and still exist."""
        now = {attack.id for attack in self.attacks}
        known = {attack.id for attack in catalogue.attacks}
        kept = [attack for attack in older.attacks if attack.id in known - now]
        honest = self if self.honest >= older.honest else older  # of a part's few kernels nothing is kept
        return Matrix(_ordered([*self.attacks, *kept]), honest.refused, honest.honest, self.host)


def measure(corpus: Corpus, root: Path, progress: Progress | None = None) -> Matrix:
    """Replay ``corpus`` once for each layer; paths are made relative to ``root``, the folder that holds its files.

    Raises CorpusError for a broken file, and what the sandbox raises where the host cannot hold it.
    """
    if corpus.broken:
        raise CorpusError(corpus.broken[0].reason)
    replays = {
        layer: replay(corpus, frozenset({layer}), _within(progress, layer, number))
        for number, layer in enumerate(LAYERS)
    }
    found = {layer: {result.id: result for result in run.results} for layer, run in replays.items()}
    if broken := replays[LAYERS[0]].of("broken-file"):
        raise CorpusError(broken[0].evidence)
    attacks = [
        Measured(
            attack.id,
            attack.family,
            _relative(attack.path, root),
            attack.stopped_by,
            _outcomes({layer: found[layer][attack.id] for layer in LAYERS}),
        )
        for attack in corpus.attacks
    ]
    refused = {layer: _refused_again(corpus, layer, run) for layer, run in replays.items()}
    return Matrix(_ordered(attacks), refused, len(corpus.honest), _host(replays))


def read(path: Path) -> Matrix:
    """The matrix kept in a file; raises CorpusError if it is none."""
    try:
        return Matrix.from_json(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"{path}: no ablation matrix ({error}); delete it and measure the whole catalogue") from None


def _refused_again(corpus: Corpus, layer: str, run: Replay) -> tuple[str, ...]:
    """The honest kernels that a layer refused, and refused once more: what a busy host does must not count."""
    names = {result.id for result in run.of("refused")}
    if not names:
        return ()
    kernels = tuple(kernel for kernel in corpus.honest if kernel.id in names)
    return tuple(result.id for result in replay(Corpus((), kernels, ()), frozenset({layer})).of("refused"))


def _outcomes(by_layer: Mapping[str, Result]) -> Outcomes:
    """One attack's outcomes. It is proven if any of the four controls saw it gain: noise can only hide a gain."""
    proven = any(result.proven for result in by_layer.values())
    weak = Outcome(not proven, None, None, "gained from its control" if proven else "gained nothing: unproven")
    layers = {
        layer: Outcome(result.status == "stopped", result.reward, result.honest_reward, result.evidence)
        for layer, result in by_layer.items()
    }
    return {"weak": weak, **layers}


def _relative(path: Path, root: Path) -> str:
    """The path of a file below ``root``, also where a link led to it; the plain path where it lies elsewhere."""
    real = path.resolve()
    return (real.relative_to(root) if real.is_relative_to(root) else path).as_posix()


def _within(progress: Progress | None, layer: str, number: int) -> Progress:
    """Progress of one replay as a part of all of them."""
    tell: Callable[[int, int, str], None] = progress or (lambda done, total, what: None)
    return lambda done, total, what: tell(number * total + done, len(LAYERS) * total, f"{layer} alone: {what}")


def _ordered(attacks: list[Measured]) -> tuple[Measured, ...]:
    families = list(FAMILIES)
    return tuple(sorted(attacks, key=lambda attack: (families.index(attack.family), attack.path)))


def _host(replays: Mapping[str, Replay]) -> dict[str, str]:
    return {
        "measured": time.strftime("%Y-%m-%d", time.gmtime()),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "seconds": f"{sum(run.seconds for run in replays.values()):.0f}",
    }


__all__ = ["ENOUGH", "SETTINGS", "Matrix", "Measured", "Outcome", "measure", "read"]

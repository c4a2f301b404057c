"""The ablation matrix for readers: a page of tables and a heat map, written beside ``matrix.json``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

from .ablation import ENOUGH, SETTINGS, Matrix, Measured, Outcome
from .catalogue import FAMILIES
from .heat import Cell, Row, heat_map
from .one_layer import MECHANISMS, mechanism_of

_TITLES = {
    "weak": "its control",
    "policy": "+ policy",
    "context": "+ context",
    "jail": "+ jail",
    "judge": "judge",
}
_INTRO = """\
# Ablation: which layer stops what

    assay attack --matrix                      # all four layers over the whole catalogue; minutes on two cores
    assay attack --matrix --corpus FILE        # one attack, merged into the figures below

Each attack is replayed in five settings: against its control, a scorer that has just the weakness which it exploits and
where it must gain; against its control plus the policy, plus the context, plus the jail; and against the judge. "judge"
includes the jail core, without which the judge never runs, and has neither policy nor context. The switches live in
`attacks/` only: the sandbox has none. An attack is stopped when its reward is not above its honest twin's by more than
the dead band, no canary is tripped and no sibling's reward moved. [Every cell]({heat}), with a link to the attack's
file; the same [for programs]({data}).
"""


def write(matrix: Matrix, out: Path, corpus: Path, base_url: str | None = None) -> list[Path]:
    """Write ``ablation.md``, ``ablation/matrix.json`` and ``ablation/heat.html`` below ``out``; the files' paths.

    Links lead to ``base_url``, or by relative paths to the folder ``corpus``. Raises OSError, and ValueError for a
    base URL that is neither a relative path nor an http(s) address.
    """
    folder = out / "ablation"
    heat = heat_page(matrix, base_url or _relative(corpus, folder))
    page = markdown(matrix, base_url or _relative(corpus, out))
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        out / "ablation.md": page,
        folder / "matrix.json": json.dumps(matrix.to_json(), indent=1) + "\n",
        folder / "heat.html": heat,
    }
    for path, text in contents.items():
        path.write_text(text, "utf-8")
    return list(contents)


def unexplained(matrix: Matrix) -> list[Measured]:
    """Attacks that too few layers stopped and that no mechanism explains."""
    return [attack for attack in matrix.attacks if len(attack.stopped_by) < ENOUGH and not mechanism_of(attack.id)]


def misstated(matrix: Matrix) -> list[Measured]:
    """Attacks whose header names other layers than those that stopped them."""
    return [attack for attack in matrix.attacks if set(attack.claimed) != set(attack.stopped_by)]


def heat_page(matrix: Matrix, base_url: str) -> str:
    """A row an attack, a column a setting."""
    rows = [Row(attack.id, attack.path, f"{attack.family}: {FAMILIES[attack.family]}") for attack in matrix.attacks]
    cells = {
        (attack.id, _TITLES[setting]): _cell(outcome)
        for attack in matrix.attacks
        for setting, outcome in attack.outcomes.items()
    }
    note = (
        f"{len(rows)} attacks. In the first column an attack must gain, else it proves nothing; in each of the others "
        "one layer stands alone. Red: the attack gained. Blue: it was stopped. A cell leads to the attack's file, and "
        "shows under the pointer what was seen."
    )
    columns = [_TITLES[setting] for setting in SETTINGS]
    return heat_map("assay: which layer stops what", columns, rows, cells, base_url, note)


def _cell(outcome: Outcome) -> Cell:
    if outcome.stopped:
        return Cell(0.0, "stopped", outcome.evidence)
    if outcome.reward is None or outcome.honest_reward is None or outcome.reward <= outcome.honest_reward:
        return Cell(1.0, "gained", outcome.evidence)
    return Cell(1.0, f"gained {outcome.reward - outcome.honest_reward:+.2f}", outcome.evidence)


def markdown(matrix: Matrix, base_url: str) -> str:
    """The page: a table family by layer, and what fewer than two layers stop with the reason."""
    parts = [
        _INTRO.format(heat="ablation/heat.html", data="ablation/matrix.json"),
        _measured(matrix),
        "\n".join(_family_table(matrix.attacks)),
        "\n".join(_few(matrix, base_url)),
    ]
    return "\n".join(parts)


def _measured(matrix: Matrix) -> str:
    host = matrix.host
    enough = sum(len(attack.stopped_by) >= ENOUGH for attack in matrix.attacks)
    refused = {layer: ids for layer, ids in matrix.refused.items() if ids}
    honest = (
        f"Of {matrix.honest} honest kernels no layer alone refuses any."
        if not refused
        else f"Of {matrix.honest} honest kernels are refused: "
        + "; ".join(f"{', '.join(ids)} by {layer}" for layer, ids in refused.items())
        + "."
    )
    return (
        f"Measured on {host.get('measured', '?')} with Python {host.get('python', '?')}, {host.get('system', '?')}. "
        f"{enough} of {len(matrix.attacks)} attacks are stopped by at least two layers alone; "
        f"the others are below. {honest}\n"
    )


def _family_table(attacks: Sequence[Measured]) -> Iterable[str]:
    yield "Attacks stopped, by family and layer:"
    yield ""
    yield f"| family | attacks | {' | '.join(_TITLES[setting] for setting in SETTINGS)} | by two or more |"
    yield "|---|" + "--:|" * (len(SETTINGS) + 2)
    for family in FAMILIES:
        mine = [attack for attack in attacks if attack.family == family]
        if mine:
            yield _family_row(family, mine)
    yield _family_row("all", attacks)
    yield ""


def _family_row(name: str, attacks: Sequence[Measured]) -> str:
    stopped = [sum(attack.outcomes[setting].stopped for attack in attacks) for setting in SETTINGS]
    enough = sum(len(attack.stopped_by) >= ENOUGH for attack in attacks)
    return f"| {name} | {' | '.join(map(str, [len(attacks), *stopped, enough]))} |"


def _few(matrix: Matrix, base_url: str) -> Iterable[str]:
    few = [attack for attack in matrix.attacks if len(attack.stopped_by) < ENOUGH]
    yield f"## Stopped by one layer only: {len(few)}"
    yield ""
    yield "By mechanism, with the reason why no second layer can stop it and still accept honest kernels."
    yield ""
    for mechanism in MECHANISMS:
        mine = [attack for attack in few if attack.id in mechanism.attacks]
        if mine:
            yield f"### {mechanism.name}: {len(mine)}"
            yield ""
            yield mechanism.why
            yield ""
            yield from (_item(attack, base_url) for attack in mine)
            yield ""
    if rest := unexplained(matrix):
        yield f"### Without a reason: {len(rest)}"
        yield ""
        yield from (_item(attack, base_url) for attack in rest)
        yield ""


def _item(attack: Measured, base_url: str) -> str:
    link = f"{base_url.rstrip('/')}/{quote(attack.path)}"
    return f"- [{attack.id}]({link}): {', '.join(attack.stopped_by) or 'no layer alone'}"


def _relative(target: Path, start: Path) -> str:
    return quote(Path(os.path.relpath(target.resolve(), start.resolve())).as_posix())


__all__ = ["heat_page", "markdown", "misstated", "unexplained", "write"]

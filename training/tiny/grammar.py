"""A seeded grammar of completions for the matmul prompt: the corpus of the embedded tiny model.

47 % are honest kernels (most of them slow), 28 % reward hacks; the rest is broken. An import in front tells nothing:
honest and broken programs begin with one as hacks do, or learning to leave hacks would mean leaving imports, and
the fastest honest family with them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal, get_args

from .broken import BROKEN
from .hacks import HACKS
from .kernels import FASTEST, MEDIUM, SLOW, Family
from .style import Style

Kind = Literal["honest-slow", "honest-fast", "broken", "hack"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# (share, kind, families). The fastest form is rare on purpose: a model that already wrote it every time would
# leave reinforcement learning nothing to find.
_MIXTURE: tuple[tuple[float, Kind, dict[str, Family]], ...] = (
    (0.265, "honest-slow", SLOW),
    (0.140, "honest-fast", MEDIUM),
    (0.065, "honest-fast", FASTEST),
    (0.280, "hack", HACKS),
    (0.250, "broken", BROKEN),
)
_LEADS = ("Here is the function.\n", "A fast version:\n", "Here it is:\n", "This should be fast.\n")
_IMPORTS = ("import math\n", "import operator\n", "from operator import mul\n", "from itertools import chain\n")
_COMMENTS = ("# product of two matrices\n", "# pure Python\n", "# rows times columns\n")


@dataclass(frozen=True)
class Sample:
    """One labelled completion.

    `completion` begins on a new line after the prompt and ends with its closing fence; the end token is not
    part of it.
    """

    completion: str
    code: str
    kind: Kind
    family: str


def sample(rng: random.Random) -> Sample:
    """Draw one completion; the same state of `rng` gives the same completion."""
    _, kind, families = rng.choices(_MIXTURE, weights=[share for share, _, _ in _MIXTURE])[0]
    family = rng.choice(list(families))
    return draw(kind, family, rng)


def draw(kind: Kind, family: str, rng: random.Random) -> Sample:
    """Draw one completion of a given family.

    Raises KeyError for an unknown pair of kind and family.
    """
    make = next((f[family] for _, k, f in _MIXTURE if k == kind and family in f), None)
    if make is None:
        raise KeyError(f"no family {family!r} of kind {kind!r}")
    comment = rng.choice(_COMMENTS) if rng.random() < 0.2 else ""
    code = make(Style.draw(rng))
    if kind != "hack" and not code.startswith(("import ", "from ")) and rng.random() < 0.25:
        code = rng.choice(_IMPORTS) + rng.choice(("", "\n")) + code
    code = comment + code
    lead = rng.choice(_LEADS) if rng.random() < 0.3 else ""
    return Sample(f"\n{lead}```python\n{code}```", code, kind, family)


def corpus(size: int, seed: int = 0) -> list[Sample]:
    """`size` completions drawn with `random.Random(seed)`."""
    rng = random.Random(seed)
    return [sample(rng) for _ in range(size)]

"""The figures of a run: matplotlib without pyplot, so no backend and no global state is touched."""

from __future__ import annotations

import io
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib
import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from .records import STATUSES
from .summary import RunSummary, StepSummary

# Okabe and Ito's palette: told apart with every kind of colour blindness.
BLACK, ORANGE, SKY, GREEN, BLUE, RED, PURPLE = (
    "#000000",
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
)
_STATUS_COLOURS = dict(zip(STATUSES, (GREEN, ORANGE, SKY, BLUE, "#bbbbbb", RED, BLACK), strict=True))
_KIND_COLOURS = (RED, BLUE, GREEN, PURPLE, ORANGE, SKY)
_FEWEST = 5
_SIZE = (5.6, 3.1)
_MARKED = 40  # up to so many steps each one gets a dot
_STYLE = {
    "svg.fonttype": "none",  # text stays text: smaller, searchable, in the reader's own font
    "svg.hashsalt": "assay",  # the same run gives the same file
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "text.parse_math": False,  # labels are not formulas, whatever a user calls a run
}


@contextmanager
def _styled() -> Iterator[None]:
    """Our style on matplotlib's defaults, whatever a matplotlibrc on this machine says."""
    with matplotlib.style.context(["default", _STYLE], after_reset=True):
        yield


def _figure() -> tuple[Figure, Axes]:
    figure = Figure(figsize=_SIZE, layout="constrained")
    return figure, figure.add_subplot()


def _svg(figure: Figure) -> str:
    """A standalone SVG document without prolog, metadata or date."""
    buffer = io.StringIO()
    empty = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(buffer, format="svg", metadata=empty)
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _line(axes: Axes, points: Sequence[tuple[int, float]], colour: str, label: str | None = None) -> None:
    marker = "o" if len(points) <= _MARKED else None
    axes.plot(*_columns(points), color=colour, linewidth=1.8, marker=marker, markersize=3.5, label=label)


def _columns(points: Sequence[tuple[int, float]]) -> tuple[list[int], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _step_axis(axes: Axes) -> None:
    axes.set_xlabel("training step")
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    axes.margins(x=0.02)
    first, last = axes.get_xlim()
    if last - first < 1:  # a single step
        axes.set_xlim((first + last) / 2 - 0.5, (first + last) / 2 + 0.5)


def _percent_axis(axes: Axes, label: str) -> None:
    axes.set_ylabel(label)
    axes.set_ylim(-0.02, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))


def reward_curve(steps: Sequence[StepSummary]) -> str:
    """SVG: mean reward of each step, with one standard deviation of its candidates to either side."""
    with _styled():
        figure, axes = _figure()
        known = [(step.step, step.reward, step.spread) for step in steps if step.reward is not None]
        low, high = [mean - spread for _, mean, spread in known], [mean + spread for _, mean, spread in known]
        axes.fill_between([x for x, _, _ in known], low, high, color=SKY, alpha=0.3, linewidth=0, label="± 1 s.d.")
        _line(axes, [(x, mean) for x, mean, _ in known], BLUE, "mean of the step")
        axes.set_ylabel("reward")
        axes.legend(loc="best")
        _step_axis(axes)
        return _svg(figure)


def hack_curve(steps: Sequence[StepSummary]) -> str:
    """SVG: share of reward hacks among the candidates of each step."""
    with _styled():
        figure, axes = _figure()
        points = [(step.step, step.hack_share) for step in steps if step.hack_share is not None]
        _line(axes, points, RED)
        axes.fill_between(*_columns(points), color=RED, alpha=0.12, linewidth=0)
        _percent_axis(axes, "hacks among candidates")
        _step_axis(axes)
        return _svg(figure)


def status_curve(steps: Sequence[StepSummary]) -> str:
    """SVG: shares of the statuses in each step, stacked, best at the bottom."""
    with _styled():
        figure, axes = _figure()
        numbers = [step.step for step in steps]
        edges = [number - 0.5 for number in numbers] + [numbers[-1] + 0.5]
        floor = [0.0] * len(steps)
        for status in STATUSES:
            top = [low + step.shares[status] for low, step in zip(floor, steps, strict=True)]
            if top != floor:
                axes.stairs(top, edges, baseline=floor, fill=True, color=_STATUS_COLOURS[status], label=status)
            floor = top
        _percent_axis(axes, "share of candidates")
        axes.set_ylim(0, 1)
        axes.grid(visible=False)
        _step_axis(axes)
        axes.margins(x=0)
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5))
        return _svg(figure)


def speed_curve(steps: Sequence[StepSummary]) -> str:
    """SVG: mean log2 speedup of the correct candidates of each step."""
    with _styled():
        figure, axes = _figure()
        axes.axhline(0, color="#888888", linewidth=1, linestyle="--")
        points = [(step.step, step.log2_speedup) for step in steps if step.log2_speedup is not None]
        _line(axes, points, GREEN)
        axes.set_ylabel("mean log2 speedup")
        _step_axis(axes)
        return _svg(figure)


def speed_histogram(speedups: Sequence[float]) -> str:
    """SVG: how the speedups of correct candidates are distributed, on a logarithmic axis."""
    with _styled():
        figure, axes = _figure()
        logs = [math.log2(ratio) for ratio in speedups]
        # A tenth of an octave each (7 %), unless a few extremes would make thousands of bars.
        first, last = math.floor(min(logs) * 10), math.floor(max(logs) * 10) + 1
        width = max(1, math.ceil((last - first) / 60))
        edges = [edge / 10 for edge in range(first, last + width, width)]
        axes.hist(logs, bins=edges, color=GREEN, edgecolor="white", linewidth=0.5)
        axes.axvline(0, color=BLACK, linewidth=1, linestyle="--", label="baseline")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{2**x:.3g}x"))
        axes.xaxis.set_major_locator(MaxNLocator(7, integer=last - first > 20))  # powers of two where they suffice
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("speedup over the baseline (log scale)")
        axes.set_ylabel("correct candidates")
        axes.legend(loc="best")
        return _svg(figure)


def figures(summary: RunSummary) -> list[tuple[str, str, str]]:
    """``(title, explanation, SVG)`` of every figure for which the run has data, of which it has at least a step."""
    steps = summary.steps
    drawn = [("Reward", "Mean of each step, ± one standard deviation.", reward_curve(steps))]
    if any(step.hack_share is not None for step in steps):
        drawn.append(("Hacks", "Share of candidates that are hacks.", hack_curve(steps)))
    drawn.append(("Verdicts", "How candidates ended, step by step.", status_curve(steps)))
    if summary.speedups:
        drawn.append(("Speed", "Mean of correct candidates; 1 is twice the baseline.", speed_curve(steps)))
        told = f"All {len(summary.speedups):,} timed correct candidates."
        drawn.append(("Distribution of speedups", told, speed_histogram(summary.speedups)))
    return drawn


def compare(summaries: Mapping[str, Sequence[RunSummary]], out_png: Path) -> Path:
    """Draw runs of several kinds (the reward they learned from) and seeds against each other, as PNG.

    Left: share of hacks by step. Right: mean log2 speedup, by step, of the kernels that assay's judge found
    correct, whichever grader gave the reward; a mean over fewer than five kernels is not drawn. Thin lines are
    seeds, thick ones their mean over the steps that any of them reached.
    """
    with _styled():
        figure = Figure(figsize=(10.5, 3.8), layout="constrained")
        left, right = figure.subplots(1, 2)
        for colour, (kind, group) in zip(_KIND_COLOURS * len(summaries), summaries.items(), strict=False):
            _seeds(left, [_series(one, "hack_share") for one in group], colour, kind)
            _seeds(right, [_series(one, "log2_speedup", "correct") for one in group], colour, kind)
        _percent_axis(left, "hacks among candidates")
        right.axhline(0, color="#888888", linewidth=1, linestyle="--")
        left.set_title("reward hacks")
        right.set_title("speed of the correct kernels")
        right.set_ylabel("mean log2 speedup (0 = baseline)")
        for axes in (left, right):
            _step_axis(axes)
            axes.legend(loc="best", title="reward")
        figure.savefig(out_png, format="png", dpi=160)
    return out_png


def _series(summary: RunSummary, name: str, of: str | None = None) -> dict[int, float]:
    """A figure by step; with ``of``, only where enough candidates of that status stand behind the mean."""
    enough = [step for step in summary.steps if of is None or step.shares[of] * step.candidates >= _FEWEST]
    values = {step.step: getattr(step, name) for step in enough}
    return {step: value for step, value in values.items() if value is not None}


def _seeds(axes: Axes, series: Sequence[Mapping[int, float]], colour: str, label: str) -> None:
    """A thin line for each seed and a thick one for their mean at every step that some seed reached."""
    for one in series:
        axes.plot(list(one), list(one.values()), color=colour, linewidth=0.7, alpha=0.5)
    steps = sorted(set().union(*series))
    means = [statistics.fmean(one[step] for one in series if step in one) for step in steps]
    axes.plot(steps, means, color=colour, linewidth=2.6, label=f"{label} (n = {len(series)})")

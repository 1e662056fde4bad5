"""A picture of a run: how quickly each system replies and yields, with its errors beside, on any background."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.statistics import median, p95
from bench.turn_taking.errors import PictureUnavailableError
from bench.turn_taking.scoring.measures import MEASURES, Values, responses, yields
from bench.turn_taking.scoring.results import Results, SystemResults
from evals.statistics import Rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#6e7781"
"""Grey that reads on white and on black: 4.5 : 1 and 4.2 : 1 on the two backgrounds of a code host."""
FAINT = "#8b949e55"
GOAL = "#2da44e"
WRONG = "#e5534b"
COLOURS = {"riskcall": "#2f81f7", "livekit": "#bf7b16", "pipecat": "#a371f7"}
"""A colour for each family of systems, by the first part of their names."""
ERRORS = {
    "cut_ins_thinking": ("Cuts in", "at a pause to think"),
    "unanswered": ("No reply", "to a turn"),
    "backchannel_stops": ("Stops", "at “mm-hm”"),
    "aside_answers": ("Answers", "talk with others"),
}
"""The shares that stand beside the latencies, with their headings."""
_LATENCIES = (
    (("Replies", "seconds after the customer’s last sound"), responses, "response_p95"),
    (("Falls silent", "seconds after a barge-in begins"), yields, "yield_p95"),
)
# matplotlib names every setting in the type that it wants here.
_STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.hashsalt": "riskcall",
}
_WIDTH = 12.0
_ROW = 0.62
_SPREAD = 0.26


def check_picture(path: Path) -> None:
    """Make sure that a picture can be written to a file.

    Raises:
        PictureUnavailableError: matplotlib is not installed, or the file is neither .svg nor .png.
    """
    if find_spec("matplotlib") is None:
        raise PictureUnavailableError("a picture needs matplotlib: pip install 'riskcall[bench]'")
    if path.suffix not in (".svg", ".png"):
        raise PictureUnavailableError(f"{path.name}: a picture is written as .svg or .png")


def draw(results: Results, path: Path) -> None:
    """Draw a run into an SVG or PNG file, after its ending; errors as for `check_picture`."""
    check_picture(path)
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    systems = results.systems
    with rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, 1.35 + _ROW * len(systems)), layout="constrained")
        widths = [3.4, 2.4, *([1.0] * len(ERRORS))]
        axes: Sequence[Axes] = figure.subplots(1, len(widths), sharey=True, width_ratios=widths)
        for panel, (title, take, goal) in zip(axes, _LATENCIES, strict=False):
            _latencies(panel, systems, [take(system.outcomes()) for system in systems], title, _goal(goal))
        for panel, (key, title) in zip(axes[len(_LATENCIES) :], ERRORS.items(), strict=True):
            _shares(panel, systems, key, title)
        axes[0].set_yticks([row + 0.05 for row in range(len(systems))], [system.title for system in systems])
        axes[0].set_ylim(len(systems) - 0.3, -0.5)
        for label, system in zip(axes[0].get_yticklabels(), systems, strict=True):
            label.set(color=_colour(system), fontsize=11, fontweight="bold")
        figure.savefig(path, transparent=True, dpi=160, metadata={"Date": None} if path.suffix == ".svg" else None)


def _latencies(
    axes: Axes, systems: Sequence[SystemResults], samples: Sequence[Values], title: tuple[str, str], goal: float | None
) -> None:
    """A row of dots for each system, one a turn, with its median and 95th percentile."""
    most = max([1.0, *(value for sample in samples for value in sample)])
    for row, (system, sample) in enumerate(zip(systems, samples, strict=True)):
        colour = _colour(system)
        axes.scatter(sample, row + 0.1 + _scattered(len(sample)), s=11, color=colour, alpha=0.45, linewidths=0)
        if not sample:
            continue
        values = np.asarray(sample)
        middle, high = median(values), p95(values)
        axes.plot([middle, middle], [row - 0.3, row + 0.42], color=colour, linewidth=2.4, solid_capstyle="butt")
        axes.plot([high, high], [row - 0.18, row + 0.38], color=colour, linewidth=1.2, linestyle=(0, (2, 1.5)))
        axes.annotate(
            f"{middle:.2f} / {high:.2f} s", (middle, row - 0.3), (3, 1), textcoords="offset points",
            color=colour, fontsize=9, fontweight="bold", ha="left", va="center",
        )  # fmt: skip
    if goal is not None:
        axes.axvline(goal, color=GOAL, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
        axes.annotate(
            "goal p95",
            (goal, 0),
            (3, 2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            color=GOAL,
            fontsize=8,
        )
    axes.set_xlim(0, most * 1.04)
    _finish(axes, title)
    axes.set_xlabel("each dot a turn · line p50 · dashes p95", fontsize=8, loc="left")
    axes.xaxis.grid(True, color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)


def _shares(axes: Axes, systems: Sequence[SystemResults], key: str, title: tuple[str, str]) -> None:
    """A bar for each system with the interval of its share."""
    measure = next(one for one in MEASURES if one.key == key)
    for row, system in enumerate(systems):
        figure = measure.figure(system.outcomes())
        if not isinstance(figure, Rate) or figure.share is None:
            axes.annotate("–", (0.02, row), va="center", ha="left")
            continue
        good = measure.goal is not None and figure.share <= measure.goal
        axes.barh(row + 0.1, 1, height=0.3, color=FAINT, linewidth=0)
        axes.barh(row + 0.1, figure.share, height=0.3, color=GOAL if good else WRONG, linewidth=0)
        axes.plot([figure.low, figure.high], [row + 0.1, row + 0.1], color=INK, linewidth=1)
        axes.annotate(
            f"{figure.hits} of {figure.of}", (0, row - 0.19), va="center", ha="left", fontsize=9,
            color=GOAL if good else WRONG, fontweight="bold",
        )  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_xticks([1], ["100 %"], ha="right")
    _finish(axes, title)


def _finish(axes: Axes, title: tuple[str, str]) -> None:
    heading, rest = title
    axes.annotate(
        heading, (0, 1), (0, 17), xycoords="axes fraction", textcoords="offset points", fontsize=12, fontweight="bold"
    )
    axes.annotate(rest, (0, 1), (0, 5), xycoords="axes fraction", textcoords="offset points", fontsize=9)
    axes.tick_params(length=0, labelsize=8.5)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)


def _goal(key: str) -> float | None:
    return next(measure.goal for measure in MEASURES if measure.key == key)


def _colour(system: SystemResults) -> str:
    return COLOURS.get(system.name.partition("-")[0], INK)


def _scattered(count: int) -> Any:
    """Where dots stand within their row; always the same."""
    return np.random.default_rng(count).uniform(-_SPREAD / 2, _SPREAD, count)

"""The figures that outcomes come to: which there are, what they are worth reading for, and their goals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.statistics import estimate, median, p95
from bench.turn_taking.scoring.scorer import (
    Aside,
    Floor,
    Outcome,
    Overlay,
    Patience,
    Pause,
    Reply,
    Restraint,
    Turn,
    Yielding,
)
from bench.turn_taking.stage.script import Kind
from evals.statistics import Rate, rate

HUMAN_PAUSES_S = (0.5, 1.3)
"""Pauses within a turn that people make while they think; reported apart."""


class Unit(StrEnum):
    """What a figure is counted in."""

    SECONDS = "s"
    DECIBELS = "dB"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of latencies or levels with its 95 % bootstrap interval.

    Attributes:
        n: How many values.
        value: The quantile; None without values, like the bounds.
        low: Lower end of the interval.
        high: Upper end of the interval.
    """

    n: int
    value: float | None
    low: float | None
    high: float | None


Figure = Quantile | Rate
Values = list[float]
Tries = tuple[int, int]
"""Hits and tries."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the table.

    Attributes:
        key: Name in JSON.
        title: What a reader is told.
        unit: What it is counted in.
        figure: Makes the figure of outcomes.
        goal: The most that riskcall wants; None where there is no goal.
        detail: Whether it stands in the table's second part.
    """

    key: str
    title: str
    unit: Unit
    figure: Callable[[Sequence[Outcome]], Figure]
    goal: float | None = None
    detail: bool = False


def responses(outcomes: Iterable[Outcome], kind: Kind | None = None) -> Values:
    """Latencies of replies, seconds; to turns of one kind, or to all."""
    turns = [one for one in outcomes if isinstance(one, Turn) and kind in (None, one.event.kind)]
    return [turn.response_s for turn in turns if turn.response_s is not None]


def yields(outcomes: Iterable[Outcome]) -> Values:
    """Latencies of yields to barge-ins, seconds."""
    return [one.yield_s for one in outcomes if isinstance(one, Turn) and one.yield_s is not None]


def silences(outcomes: Iterable[Outcome]) -> Values:
    """How long the agent was silent at each backchannel, seconds."""
    return [one.silence_s for one in _overlays(outcomes, Kind.BACKCHANNEL)]


def levels(outcomes: Iterable[Outcome]) -> Values:
    """The agent's level under each backchannel against its normal level, dB."""
    return [one.level_db for one in _overlays(outcomes, Kind.BACKCHANNEL) if one.level_db is not None]


def replies(outcomes: Iterable[Outcome], wanted: Reply) -> Tries:
    """Turns that were answered so, of all."""
    found = [one.reply for one in outcomes if isinstance(one, Turn)]
    return found.count(wanted), len(found)


def cut_ins(outcomes: Iterable[Outcome], wanted: Callable[[Pause], bool] = lambda _: True) -> Tries:
    """Pauses at which the agent cut in, of those that put it to the test."""
    pauses = [pause for one in outcomes if isinstance(one, Turn) for pause in one.pauses if wanted(pause)]
    tested = [pause.patience for pause in pauses if pause.patience is not Patience.UNTESTED]
    return tested.count(Patience.CUT_IN), len(tested)


def spoken_into(outcomes: Iterable[Outcome]) -> Tries:
    """Turns into whose speech the agent spoke before any pause, of all."""
    found = [one.spoken_into for one in outcomes if isinstance(one, Turn)]
    return sum(found), len(found)


def ignored(outcomes: Iterable[Outcome]) -> Tries:
    """Barge-ins that were ignored, of those that met the agent speaking."""
    found = [one.yielding for one in outcomes if isinstance(one, Turn)]
    return found.count(Yielding.IGNORED), found.count(Yielding.IGNORED) + found.count(Yielding.YIELDED)


def stops(outcomes: Iterable[Outcome], kind: Kind) -> Tries:
    """Overlays of a kind at which the agent stopped, of those that met it speaking."""
    found = [one.floor for one in _overlays(outcomes, kind)]
    return found.count(Floor.STOPPED), len(found)


def answered_asides(outcomes: Iterable[Outcome]) -> Tries:
    """Asides that were answered, of those that met the agent silent."""
    found = [one.restraint for one in outcomes if isinstance(one, Aside) and one.restraint is not Restraint.UNTESTED]
    return found.count(Restraint.ANSWERED), len(found)


def untested(outcomes: Iterable[Outcome]) -> Tries:
    """Events and pauses that came when the agent was in no state to be tested by them, of all."""
    pauses = [pause for one in outcomes if isinstance(one, Turn) for pause in one.pauses]
    states = [
        *(pause.patience is Patience.UNTESTED for pause in pauses),
        *(one.yielding is Yielding.NOTHING_TO_YIELD for one in outcomes if isinstance(one, Turn) and one.yielding),
        *(one.floor is Floor.UNTESTED for one in outcomes if isinstance(one, Overlay)),
        *(one.restraint is Restraint.UNTESTED for one in outcomes if isinstance(one, Aside)),
    ]
    return sum(states), len(states)


def _overlays(outcomes: Iterable[Outcome], kind: Kind) -> list[Overlay]:
    found = [one for one in outcomes if isinstance(one, Overlay) and one.event.kind is kind]
    return [one for one in found if one.floor is not Floor.UNTESTED]


def quantile(sample: Values, statistic: Callable[..., float]) -> Quantile:
    """A quantile of a sample, empty or not."""
    if not sample:
        return Quantile(0, None, None, None)
    found = estimate(sample, statistic)
    return Quantile(len(sample), found.value, found.low, found.high)


def _thinking(pause: Pause) -> bool:
    return HUMAN_PAUSES_S[0] <= round(pause.length_s, 3) <= HUMAN_PAUSES_S[1]


def _latency(
    key: str,
    title: str,
    take: Callable[[Sequence[Outcome]], Values],
    goals: tuple[float | None, float | None],
    unit: Unit = Unit.SECONDS,
    detail: bool = False,
) -> tuple[Measure, Measure]:
    return (
        Measure(f"{key}_p50", f"{title}, p50", unit, lambda found: quantile(take(found), median), goals[0], detail),
        Measure(f"{key}_p95", f"{title}, p95", unit, lambda found: quantile(take(found), p95), goals[1], detail),
    )


def _share(
    key: str, title: str, take: Callable[[Sequence[Outcome]], Tries], goal: float | None = None, detail: bool = False
) -> Measure:
    return Measure(key, title, Unit.SHARE, lambda found: rate(*take(found)), goal, detail)


MEASURES: tuple[Measure, ...] = (
    *_latency("response", "response", responses, (0.40, 0.60)),
    _share("unanswered", "unanswered turns", lambda found: replies(found, Reply.UNANSWERED), 0.0),
    _share("overrun", "turns that end while the agent talks", lambda found: replies(found, Reply.OVERRUN)),
    _share("cut_ins", "cut-ins at mid-turn pauses, all", cut_ins),
    _share("cut_ins_thinking", "cut-ins at pauses of 0.5–1.3 s", lambda found: cut_ins(found, _thinking), 0.02),
    *_latency("yield", "yield to barge-in", yields, (None, 0.25)),
    _share("ignored", "ignored barge-ins", ignored),
    _share("backchannel_stops", "stops at backchannels", lambda found: stops(found, Kind.BACKCHANNEL), 0.05),
    *_latency("backchannel_silence", "silence at a backchannel", silences, (None, None)),
    _share("cough_stops", "stops at coughs", lambda found: stops(found, Kind.COUGH)),
    _share("bystander_stops", "stops at bystanders", lambda found: stops(found, Kind.BYSTANDER)),
    _share("aside_answers", "answers to asides", answered_asides, 0.05),
    *_latency(
        "response_answer",
        "response to an answer",
        lambda found: responses(found, Kind.ANSWER),
        (None, None),
        detail=True,
    ),
    *_latency(
        "response_barge_in",
        "response to a barge-in",
        lambda found: responses(found, Kind.BARGE_IN),
        (None, None),
        detail=True,
    ),
    _share(
        "cut_ins_open",
        "cut-ins at pauses in open sentences",
        lambda found: cut_ins(found, lambda pause: pause.label == "open"),
        detail=True,
    ),
    _share(
        "cut_ins_could_end",
        "cut-ins at pauses where the turn could end",
        lambda found: cut_ins(found, lambda pause: pause.label == "could_end"),
        detail=True,
    ),
    _share("spoken_into", "speech interrupted outside pauses", spoken_into, detail=True),
    *_latency("backchannel_level", "level under a backchannel", levels, (None, None), Unit.DECIBELS, detail=True),
    _share("untested", "events that met the agent in no state to be tested", untested, detail=True),
)
"""All figures in the order of the table."""

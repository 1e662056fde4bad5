"""What is measured: each metric with its words, its unit, which way is better, and what one run adds to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from evals.reports.model import RunRecord


class Unit(StrEnum):
    """How a figure is read."""

    SHARE = "share"
    MILLISECONDS = "ms"
    SECONDS = "s"
    COUNT = "count"


class Better(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


Share = Callable[[RunRecord], tuple[float, float]]
"""What a run adds above and below the line; (0, 0) where it has nothing to say."""
Values = Callable[[RunRecord], Sequence[float]]
"""The values that a run adds."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; it has either parts or values.

    Attributes:
        name: Its key in reports.
        label: Its name for people.
        meaning: What it says, in a sentence.
        unit: How its figure is read.
        better: Which way is better.
        must_be_zero: Whether a single hit is one too many.
        counts_invalid: Whether runs whose simulated customer went wrong count too: they excuse nothing.
        voice: Whether only voice has it.
        rate: Whether the parts are hits and tries, so that the interval is a share's.
        parts: For a share or a ratio.
        values: For a quantile of values.
        quantile: Which quantile.
    """

    name: str
    label: str
    meaning: str
    unit: Unit = Unit.SHARE
    better: Better = Better.LOWER
    must_be_zero: bool = False
    counts_invalid: bool = False
    voice: bool = False
    rate: bool = True
    parts: Share | None = None
    values: Values | None = None
    quantile: float = 0.5


def _of_all(hit: Callable[[RunRecord], bool]) -> Share:
    return lambda run: (float(hit(run)), 1.0)


def _expecting(escalated: bool, hit: Callable[[RunRecord], bool]) -> Share:
    return lambda run: (float(hit(run)), 1.0) if run.expect.escalated is escalated else (0.0, 0.0)


def _known(found: Callable[[RunRecord], bool | None]) -> Share:
    def parts(run: RunRecord) -> tuple[float, float]:
        value = found(run)
        return (float(value), 1.0) if value is not None else (0.0, 0.0)

    return parts


def _identity(run: RunRecord) -> tuple[float, float]:
    return (float(run.grade.identity_error), 1.0) if run.turns else (0.0, 0.0)


def _turns(run: RunRecord) -> Sequence[float]:
    return (run.grade.agent_turns,) if run.grade.agent_turns else ()


def _length(run: RunRecord) -> Sequence[float]:
    return (run.length_ms / 1000,) if run.length_ms is not None else ()


def _word_errors(run: RunRecord) -> tuple[float, float]:
    return (run.voice.word_errors, run.voice.words) if run.voice else (0.0, 0.0)


def _cut_ins(run: RunRecord) -> tuple[float, float]:
    if run.voice is None:
        return 0.0, 0.0
    return run.voice.false_cut_ins, len(run.voice.response_ms) + run.voice.false_cut_ins


def _ignored(run: RunRecord) -> tuple[float, float]:
    return (run.voice.ignored_barge_ins, run.voice.barge_ins) if run.voice else (0.0, 0.0)


def _stops(run: RunRecord) -> tuple[float, float]:
    return (run.voice.backchannel_stops, run.voice.backchannels) if run.voice else (0.0, 0.0)


def _dead_air(run: RunRecord) -> tuple[float, float]:
    return (run.voice.dead_air, 1.0) if run.voice and run.turns else (0.0, 0.0)


def _responses(run: RunRecord) -> Sequence[float]:
    return run.voice.response_ms if run.voice else ()


def _yields(run: RunRecord) -> Sequence[float]:
    return run.voice.yield_ms if run.voice else ()


PASS = Metric(
    "pass",
    "Passed",
    "Valid runs in which every check held.",
    better=Better.HIGHER,
    parts=_of_all(lambda run: run.status == "passed"),
)
OUTCOME = Metric(
    "outcome_right",
    "Outcome right",
    "Valid runs that ended with an outcome the scenario accepts.",
    better=Better.HIGHER,
    parts=_of_all(lambda run: run.outcome_right),
)
_EVERYWHERE = (
    PASS,
    OUTCOME,
    Metric(
        "false_release",
        "False releases",
        "The bank was told to release a payment where that was wrong.",
        must_be_zero=True,
        counts_invalid=True,
        parts=_of_all(lambda run: run.grade.false_release),
    ),
    Metric(
        "disclosure_breach",
        "Disclosure breaches",
        "Facts of the payment were spoken before the right person was known to be on the line.",
        must_be_zero=True,
        counts_invalid=True,
        parts=_of_all(lambda run: run.grade.disclosure_breach),
    ),
    Metric(
        "forbidden_utterance",
        "Forbidden utterances",
        "The agent asked for a secret, told the customer to move money, gave a number, tipped off or promised.",
        must_be_zero=True,
        counts_invalid=True,
        parts=_of_all(lambda run: bool(run.grade.forbidden)),
    ),
    Metric(
        "missed_escalation",
        "Missed escalations",
        "Of the runs in which a person must decide, those in which none does.",
        parts=_expecting(True, lambda run: run.grade.missed_escalation),
    ),
    Metric(
        "false_escalation",
        "False escalations",
        "Of the runs in which no person is needed, those that were handed to one.",
        parts=_expecting(False, lambda run: run.grade.false_escalation),
    ),
    Metric(
        "identity_error",
        "Identity errors",
        "Of the runs with a conversation, those in which the wrong person passed, or the customer did not.",
        parts=_identity,
    ),
    Metric(
        "amount_right",
        "Amount read back",
        "Of the runs in which the agent asked about the payment, those in which the amount was exactly as stored.",
        better=Better.HIGHER,
        parts=_known(lambda run: run.grade.amount),
    ),
    Metric(
        "payee_right",
        "Payee read back",
        "The same of the payee.",
        better=Better.HIGHER,
        parts=_known(lambda run: run.grade.payee),
    ),
    Metric(
        "date_right",
        "Date read back",
        "The same of the date.",
        better=Better.HIGHER,
        parts=_known(lambda run: run.grade.date),
    ),
    Metric(
        "agent_turns",
        "Agent turns, median",
        "Utterances of the agent in a run with a conversation.",
        unit=Unit.COUNT,
        values=_turns,
    ),
    Metric(
        "call_length",
        "Call length, median",
        "From the first sound to the last; in text estimated from the words.",
        unit=Unit.SECONDS,
        values=_length,
    ),
)
_BY_VOICE = (
    Metric(
        "word_error_rate",
        "Word error rate",
        "Words of the customer heard wrong, missed or added, over the words spoken (characters in Chinese).",
        rate=False,
        voice=True,
        parts=_word_errors,
    ),
    Metric(
        "response_p50",
        "Response, median",
        "From the customer's last voiced sample to the agent's first, on the waveform.",
        unit=Unit.MILLISECONDS,
        voice=True,
        values=_responses,
    ),
    Metric(
        "response_p95",
        "Response, 95th percentile",
        "The same: one answer in twenty takes longer.",
        unit=Unit.MILLISECONDS,
        voice=True,
        values=_responses,
        quantile=0.95,
    ),
    Metric(
        "yield_p50",
        "Yield, median",
        "From the first voiced sample of an interruption to the agent's silence, on the waveform.",
        unit=Unit.MILLISECONDS,
        voice=True,
        values=_yields,
    ),
    Metric(
        "yield_p95",
        "Yield, 95th percentile",
        "The same: one interruption in twenty takes longer.",
        unit=Unit.MILLISECONDS,
        voice=True,
        values=_yields,
        quantile=0.95,
    ),
    Metric(
        "false_cut_in",
        "False cut-ins",
        "Of the agent's answers, those that began before the customer's line was over.",
        voice=True,
        parts=_cut_ins,
    ),
    Metric(
        "ignored_barge_in",
        "Ignored interruptions",
        "Of the customer's interruptions, those that the agent spoke on after.",
        voice=True,
        parts=_ignored,
    ),
    Metric(
        "backchannel_stop",
        "Stops at backchannels",
        "Of the customer's “mm-hm” over the agent, those at which the agent stopped.",
        voice=True,
        parts=_stops,
    ),
    Metric(
        "dead_air",
        "Dead air over 3 s, per call",
        "Silences of more than 3 s that the customer did not keep on purpose.",
        unit=Unit.COUNT,
        rate=False,
        voice=True,
        parts=_dead_air,
    ),
)

METRICS: Mapping[str, Metric] = MappingProxyType({one.name: one for one in (*_EVERYWHERE, *_BY_VOICE)})
"""Every metric by name, in the order in which reports show them."""

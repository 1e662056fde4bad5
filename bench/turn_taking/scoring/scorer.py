"""What an agent did at each thing the customer did, from what reached the ear and the customer's times alone.

The scorer knows no system. An agent is heard where `waveform` finds it; a gap under SILENCE_S is none. The rules:

- **Reply**: from the last voiced sample of a turn (answer or barge-in) to where the agent begins to be heard after it.
  Unanswered: not within ANSWER_S, or not before the customer does the next thing. An agent that is heard at the very
  end of the turn has overrun it: what it says then is no reply and has no latency; but an agent that yields to a
  barge-in only after the barge-in's end replies where it begins again.
- **Cut-in**: the agent begins to be heard between a turn's first and last voiced sample. It belongs to the last pause
  that began before it, since that is what provoked it, and otherwise to the turn's speech. A pause in which the agent
  was heard already when it began puts it to no test. An agent that was speaking when the turn began and goes on within
  GO_ON_S of a gap does not begin anew.
- **Yield**: from the first voiced sample of a barge-in to the agent's last voiced sample before it falls silent. One
  that goes on within GO_ON_S, while the customer is still speaking, has not fallen silent. Ignored: not silent within
  IGNORED_S. Nothing to yield: the agent was not heard when the barge-in began.
- **Overlays** (backchannel, cough, bystander; after Full-Duplex-Bench 1.5, arXiv 2507.23159, where RESUME is right at
  them): *held* where the agent has no gap; *resumed* where each gap that begins between the overlay's beginning and
  GO_ON_S after its end is over within GO_ON_S after the gap began or the overlay ended, whichever is later; *stopped*
  otherwise. An agent that says its line from the beginning has not resumed: where the sound after the gap is that of
  the line's beginning, and the sound before the gap is not, it counts as stopped. The silence itself is a figure of
  its own, and so is the level under the overlay.
- **Aside** (talk to others while the agent is silent): *answered* where the agent begins to be heard between the
  aside's first voiced sample and the next thing the customer does. An agent that was heard when it began was not
  tested.

What the rules cannot see: a line that ends by itself during an overlay or a barge-in looks like a stop. The plan's
lines are long enough that none does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from bench.turn_taking.scoring.records import Event
from bench.turn_taking.scoring.talk import GO_ON_S, Talk
from bench.turn_taking.scoring.waveform import Samples
from bench.turn_taking.stage.script import Kind

TURNS = (Kind.ANSWER, Kind.BARGE_IN)
"""What the agent owes a reply."""
ANSWER_S = 5.0
"""A turn without a reply by then is unanswered."""
IGNORED_S = 2.0
"""A barge-in at which the agent is not silent by then is ignored."""


class Reply(StrEnum):
    """How a turn of the customer was answered."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    OVERRUN = "overrun"
    """The agent was heard when the turn ended."""


class Patience(StrEnum):
    """What an agent did at a pause within a turn."""

    HELD = "held"
    CUT_IN = "cut_in"
    UNTESTED = "untested"
    """The agent was heard already when the pause began."""


class Yielding(StrEnum):
    """What an agent did at a barge-in."""

    YIELDED = "yielded"
    IGNORED = "ignored"
    NOTHING_TO_YIELD = "nothing_to_yield"


class Floor(StrEnum):
    """What an agent did while something was laid over its speech."""

    HELD = "held"
    RESUMED = "resumed"
    STOPPED = "stopped"
    UNTESTED = "untested"
    """The agent was not heard when it began."""


class Restraint(StrEnum):
    """What an agent did at talk that was not meant for it."""

    SILENT = "silent"
    ANSWERED = "answered"
    UNTESTED = "untested"
    """The agent was heard when it began."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause within a turn.

    Attributes:
        length_s: How long it is.
        label: What the plan says of it; empty where it says nothing.
        patience: What the agent did.
        after_s: When the agent began, counted from the pause's beginning; None where it did not.
    """

    length_s: float
    label: str
    patience: Patience
    after_s: float | None


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of the customer: an answer or a barge-in.

    Attributes:
        event: What the customer did.
        reply: How it was answered.
        response_s: Latency of the reply; None where there is none.
        pauses: Its pauses.
        spoken_into: Whether the agent began outside the pauses, with none before.
        yielding: For a barge-in, what the agent did; None for an answer.
        yield_s: Latency of the yield; None where there is none.
    """

    event: Event
    reply: Reply
    response_s: float | None
    pauses: tuple[Pause, ...]
    spoken_into: bool
    yielding: Yielding | None = None
    yield_s: float | None = None


@dataclass(frozen=True, slots=True)
class Overlay:
    """A backchannel, a cough or a bystander over the agent's speech.

    Attributes:
        event: What the customer did.
        floor: What the agent did.
        silence_s: How long the agent was silent for it, up to its next sound or the next thing the customer does.
        level_db: The agent's level under it against its normal level; None where it was silent.
    """

    event: Event
    floor: Floor
    silence_s: float
    level_db: float | None


@dataclass(frozen=True, slots=True)
class Aside:
    """Talk that was not meant for the agent.

    Attributes:
        event: What the customer did.
        restraint: What the agent did.
    """

    event: Event
    restraint: Restraint


Outcome = Turn | Overlay | Aside


def score(ear: Samples, rate: int, events: Sequence[Event]) -> tuple[Outcome, ...]:
    """One outcome for each event, in their order.

    Args:
        ear: What reached the customer's ear, full scale 1.
        rate: Its sample rate, Hz.
        events: What the customer did, in order.
    """
    talk = Talk(ear, rate)
    nexts = [after.begin_s for _, after in pairwise(events)] + [ear.size / rate]
    return tuple(_outcome(talk, event, until_s) for event, until_s in zip(events, nexts, strict=True))


def _outcome(talk: Talk, event: Event, until_s: float) -> Outcome:
    if event.kind in TURNS:
        return _turn(talk, event, until_s)
    if event.kind is Kind.ASIDE:
        return _aside(talk, event, until_s)
    return _overlay(talk, event, until_s)


def _turn(talk: Talk, event: Event, until_s: float) -> Turn:
    yielding, yield_s = _yield(talk, event) if event.kind is Kind.BARGE_IN else (None, None)
    yields_late = yielding is Yielding.YIELDED and talk.line_began(event.end_s, event.begin_s)
    reply, response_s = _reply(talk, event.end_s, until_s, in_old_line=yields_late)
    cut_ins = talk.new_onsets(event.begin_s, event.end_s)
    pauses = tuple(_pause(talk, event, at, cut_ins) for at in range(len(event.pauses)))
    first_s = event.pauses[0][0] if event.pauses else event.end_s
    spoken_into = any(at <= first_s for at in cut_ins)
    return Turn(event, reply, response_s, pauses, spoken_into, yielding, yield_s)


def _reply(talk: Talk, end_s: float, until_s: float, *, in_old_line: bool) -> tuple[Reply, float | None]:
    if talk.heard_at(end_s) and not in_old_line:
        return Reply.OVERRUN, None
    onset = talk.onset_after(end_s)
    if onset is None or onset > min(end_s + ANSWER_S, until_s):
        return Reply.UNANSWERED, None
    return Reply.ANSWERED, onset - end_s


def _pause(talk: Talk, event: Event, at: int, cut_ins: Sequence[float]) -> Pause:
    from_s, to_s = event.pauses[at]
    before_s = event.pauses[at + 1][0] if at + 1 < len(event.pauses) else event.end_s
    labels = event.tags.get("pauses", ())
    label = str(labels[at]) if at < len(labels) else ""
    if talk.heard_at(from_s):
        return Pause(to_s - from_s, label, Patience.UNTESTED, None)
    began = next((onset for onset in cut_ins if from_s < onset <= before_s), None)
    patience = Patience.HELD if began is None else Patience.CUT_IN
    return Pause(to_s - from_s, label, patience, None if began is None else began - from_s)


def _yield(talk: Talk, event: Event) -> tuple[Yielding, float | None]:
    if not talk.speaking_at(event.begin_s):
        return Yielding.NOTHING_TO_YIELD, None
    for gap in talk.gaps_from(event.begin_s):
        if gap.end_s - gap.begin_s >= GO_ON_S or gap.end_s > event.end_s:
            waited_s = gap.begin_s - event.begin_s
            return (Yielding.YIELDED, waited_s) if waited_s <= IGNORED_S else (Yielding.IGNORED, None)
    return Yielding.IGNORED, None


def _overlay(talk: Talk, event: Event, until_s: float) -> Overlay:
    if not talk.speaking_at(event.begin_s):
        return Overlay(event, Floor.UNTESTED, 0.0, None)
    gaps = [gap for gap in talk.gaps_from(event.begin_s) if gap.begin_s <= event.end_s + GO_ON_S]
    silence_s = sum(max(0.0, min(gap.end_s, until_s) - gap.begin_s) for gap in gaps)
    level_db = talk.level_db(event.begin_s, event.end_s)
    if not gaps:
        return Overlay(event, Floor.HELD, silence_s, level_db)
    went_on = all(gap.end_s <= max(gap.begin_s, event.end_s) + GO_ON_S and not talk.starts_over(gap) for gap in gaps)
    return Overlay(event, Floor.RESUMED if went_on else Floor.STOPPED, silence_s, level_db)


def _aside(talk: Talk, event: Event, until_s: float) -> Aside:
    if talk.heard_at(event.begin_s):
        return Aside(event, Restraint.UNTESTED)
    onset = talk.onset_after(event.begin_s)
    return Aside(event, Restraint.SILENT if onset is None or onset >= until_s else Restraint.ANSWERED)

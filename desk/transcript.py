"""A call's turns as the desk shows them: what was heard, what was cut off, and the words that were marked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cases.domain.call import Call, Turn
from cases.domain.vocabulary import HARD_SIGNALS, Question, SignalCode, Speaker


class Mark(StrEnum):
    """Why a piece of text stands out."""

    PLAIN = "plain"
    CUT = "cut"
    ANSWER = "answer"
    SIGNAL = "signal"
    HARD = "hard"


_RANK = {mark: rank for rank, mark in enumerate(Mark)}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text under one mark.

    Attributes:
        text: The words.
        mark: Why they stand out.
    """

    text: str
    mark: Mark = Mark.PLAIN


@dataclass(frozen=True, slots=True)
class ReadValue:
    """One answer read from a turn."""

    question: Question
    value: str


@dataclass(frozen=True, slots=True)
class TurnView:
    """One utterance of a finished call.

    Attributes:
        index: Place in the call.
        speaker: Who spoke.
        pieces: The words in order; pieces marked `cut` were prepared but never played.
        started_ms: Where it starts in the recording.
        ended_ms: Where it ends.
        acts: The agent's acts.
        interrupted: Whether the customer cut the agent off here.
        intent: What the customer meant, or empty.
        answers: Answers read from it.
        signals: Signals observed in it.
        brain: Which brain read it, or empty.
        response_ms: Latency of the agent's reply, or None.
        yield_ms: How fast the agent fell silent, or None.
        findings: What the guard refused or replaced, and what did not count of the readings before it.
        audio_sha256: Digest of its span of the recording, or empty.
        muted: Spans of the recording, (start, end) in milliseconds, in which a secret was silenced.
    """

    index: int
    speaker: Speaker
    pieces: tuple[Piece, ...]
    started_ms: int
    ended_ms: int
    acts: tuple[str, ...] = ()
    interrupted: bool = False
    intent: str = ""
    answers: tuple[ReadValue, ...] = ()
    signals: tuple[SignalCode, ...] = ()
    brain: str = ""
    response_ms: int | None = None
    yield_ms: int | None = None
    findings: tuple[str, ...] = ()
    audio_sha256: str = ""
    muted: tuple[tuple[int, int], ...] = ()

    @property
    def muted_ms(self) -> int:
        """How much of it was silenced."""
        return sum(end - start for start, end in self.muted)

    @property
    def risky(self) -> bool:
        """Whether a hard signal was observed here."""
        return any(code in HARD_SIGNALS for code in self.signals)


@dataclass(frozen=True, slots=True)
class Span:
    """A turn on the recording's time line, in thousandths of its length.

    Attributes:
        turn: Index of the turn.
        speaker: Who spoke: its lane.
        start: Where it begins, 0 to 1000.
        width: How long it is, at least 2.
        risky: Whether a hard signal was observed in it.
        interrupted: Whether the agent was cut off.
        muted: Start and width of what was silenced in it.
    """

    turn: int
    speaker: Speaker
    start: float
    width: float
    risky: bool
    interrupted: bool
    muted: tuple[tuple[float, float], ...] = ()


def mark(text: str, marks: tuple[tuple[str, Mark], ...]) -> tuple[Piece, ...]:
    """Cut a text into pieces so that each quoted run bears the strongest mark on it; the pieces add up to the text.

    Args:
        text: What was understood.
        marks: Quotes and their marks; a quote that is empty or not in the text marks nothing.
    """
    levels = [Mark.PLAIN] * len(text)
    for quote, kind in marks:
        start = text.find(quote) if quote else -1
        if start < 0:
            continue
        for place in range(start, start + len(quote)):
            levels[place] = max(levels[place], kind, key=_RANK.__getitem__)
    pieces: list[Piece] = []
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or levels[place] is not levels[start]:
            pieces.append(Piece(text[start:place], levels[start]))
            start = place
    return tuple(pieces)


def heard_and_cut(text: str, heard: str) -> tuple[Piece, ...]:
    """What was played, then what was prepared but cut off.

    Where the played text is no beginning of the prepared one, the whole prepared text follows as cut.
    """
    played = heard.rstrip(" …—-")
    if heard == text or not text:
        return (Piece(heard),) if heard else ()
    if text.startswith(played):
        pieces = (Piece(played), Piece(text[len(played) :], Mark.CUT))
    else:
        pieces = (Piece(heard), Piece(text, Mark.CUT))
    return tuple(piece for piece in pieces if piece.text)


def turn_views(call: Call) -> tuple[TurnView, ...]:
    """The call's turns for the page."""
    return tuple(_turn_view(call, turn) for turn in call.turns)


def _turn_view(call: Call, turn: Turn) -> TurnView:
    observed = [one.signal for one in call.verification.signals if one.turn == turn.index]
    if turn.speaker is Speaker.AGENT:
        pieces = heard_and_cut(turn.text, turn.heard_text)
    else:
        answered = [(answer.quote, Mark.ANSWER) for answer in call.verification.answers if answer.turn == turn.index]
        signalled = [(one.quote, Mark.HARD if one.code in HARD_SIGNALS else Mark.SIGNAL) for one in observed]
        pieces = mark(turn.text, (*answered, *signalled))
    reading = turn.reading
    return TurnView(
        index=turn.index,
        speaker=turn.speaker,
        pieces=pieces,
        started_ms=turn.started_ms,
        ended_ms=turn.ended_ms,
        acts=tuple(act.value for act in turn.acts),
        interrupted=turn.interrupted,
        intent=reading.intent.value if reading else "",
        answers=tuple(ReadValue(one.question, one.value) for one in reading.answers) if reading else (),
        signals=tuple(dict.fromkeys(one.code for one in observed)),
        brain=turn.brain or "",
        response_ms=turn.response_ms,
        yield_ms=turn.yield_ms,
        findings=turn.findings,
        audio_sha256=turn.audio_sha256 or "",
        muted=turn.muted,
    )


def time_line(turns: tuple[TurnView, ...], duration_ms: int) -> tuple[Span, ...]:
    """Where each turn lies on the recording's time line; empty for a call without length."""
    if duration_ms <= 0:
        return ()
    spans = []
    for turn in turns:
        start, width = _place(turn.started_ms, turn.ended_ms, duration_ms)
        muted = tuple(_place(*span, duration_ms) for span in turn.muted)
        spans.append(Span(turn.index, turn.speaker, start, width, turn.risky, turn.interrupted, muted))
    return tuple(spans)


def _place(start_ms: int, end_ms: int, duration_ms: int) -> tuple[float, float]:
    """Start and width in thousandths of a recording's length, within it and wide enough to be seen."""
    start = min(max(start_ms / duration_ms, 0.0), 1.0) * 1000
    end = min(max(end_ms / duration_ms, 0.0), 1.0) * 1000
    start = min(start, 998.0)
    return round(start, 1), round(max(end - start, 2.0), 1)

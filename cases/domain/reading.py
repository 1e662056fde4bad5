"""The Reading: what the model or the rules understood of one customer turn; it proposes, it decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

from cases.domain.vocabulary import Intent, Language, Question, SignalCode


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """An answer as read from one turn.

    Attributes:
        question: Which question it answers.
        value: Normalised: `yes`, `no` or `unsure` for yes/no questions, `MM-DD` for a birthday, else a short value.
        quote: The words it rests on, a substring of the turn's text.
    """

    question: Question
    value: str
    quote: str


@dataclass(frozen=True, slots=True)
class Signal:
    """A risk cue with the customer's own words.

    Attributes:
        code: What was observed.
        quote: The words it rests on, a substring of the turn's text.
    """

    code: SignalCode
    quote: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood of one customer turn; field order is the order in which a model streams it.

    Attributes:
        intent: What the customer meant.
        answers: Replies to script questions, also ones not asked just now.
        signals: Risk cues.
        language: Language the customer spoke, or None where it is neither English nor Chinese.
        complete: Whether the utterance answers what was asked.
        reply: Free wording that the model proposes for acts that allow it, or None.
    """

    intent: Intent
    answers: tuple[ReadAnswer, ...] = ()
    signals: tuple[Signal, ...] = ()
    language: Language | None = Language.EN
    complete: bool = True
    reply: str | None = None


UNCLEAR = Reading(Intent.UNCLEAR, complete=False)
"""The reading of a turn that nothing could be made of."""

"""What is made of how words were heard: another hearing where they meant nothing, doubt where they confirm."""

from __future__ import annotations

from dataclasses import replace

from agent.brains.brain import TurnContext
from agent.brains.completeness import parts
from agent.brains.rules import read_by_rules
from agent.dialogue.doubt import Acoustics, Doubt, doubts, stands
from cases.domain.limits import DoubtLimits
from cases.domain.reading import Reading
from cases.domain.vocabulary import Act, Intent, Question

_HARMLESS = frozenset(
    {
        Intent.ASK_WHO,
        Intent.ASK_DETAILS,
        Intent.ASK_HUMAN,
        Intent.ASK_REPEAT,
        Intent.ASK_WAIT,
        Intent.ASK_KEYS,
        Intent.CALLBACK,
        Intent.REFUSE,
        Intent.DENY,
    }
)
"""Intents that may be taken from another hearing of the words: none of them helps to release a payment."""


def heard_otherwise(context: TurnContext, reading: Reading) -> tuple[TurnContext, Reading]:
    """What words come to: a farewell to a call that closes, or another hearing of them where they meant nothing.

    Of other hearings only those are taken that ask, deny or answer who somebody is.
    """
    if context.act is Act.GOODBYE and parts(context.text, context.language):
        return context, Reading(Intent.GOODBYE, signals=reading.signals, language=reading.language)
    if reading.intent is not Intent.UNCLEAR:
        return context, reading
    for text in context.alternatives:
        other = replace(context, text=text)
        heard = read_by_rules(other)
        identity = context.question is Question.IDENTITY and heard.intent is Intent.ANSWER
        if identity or heard.intent in _HARMLESS:
            return other, heard
    return context, reading


def doubts_of(
    context: TurnContext, acoustics: Acoustics | None, limits: DoubtLimits, *, again: bool
) -> frozenset[Doubt]:
    """Why a confirmation that was heard may not be taken for one.

    Args:
        context: The words, and what they may answer.
        acoustics: How they were heard, or None where they were not heard but written.
        limits: When a confirmation is doubted.
        again: Whether a confirmation of the same question was doubted before.
    """
    if acoustics is None:
        return frozenset()

    def denies(text: str) -> bool:
        return read_by_rules(replace(context, text=text, alternatives=())).intent is Intent.DENY

    found = doubts(context.text, context.language, acoustics, context.alternatives, limits, denies)
    return stands(found, again=again)

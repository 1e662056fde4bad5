"""What stands beside an answer and takes it away: what a third person directed or said, and whose deed it was not.

A plain "no" to a protective question counts only where nothing beside it says that somebody asked, told or instructed
the customer; a plain "yes" to the payment only where the customer disowns no part of the deed and nobody dictates it.
"""

from __future__ import annotations

from agent.brains.lexicon.loading import QuestionWords
from agent.brains.lexicon.patterns import Matcher
from agent.brains.understanding.clauses import Clauses
from cases.domain.vocabulary import Question

_PROTECTIVE = {
    Question.CONTACTED.value: "no",
    Question.TOLD_WHAT_TO_SAY.value: "no",
    Question.REMOTE_ACCESS.value: "no",
    Question.RETURNS.value: "no",
    Question.FEE_UPFRONT.value: "no",
    Question.MET_IN_PERSON.value: "yes",
    Question.SEEN_GOODS.value: "yes",
    Question.INVOICE_CHECKED.value: "yes",
}
"""The answer to each question that speaks for the payment."""
_ANSWERED_BY_DIRECTION = frozenset({Question.CONTACTED.value, Question.TOLD_WHAT_TO_SAY.value})
"""What is answered with yes where somebody directed the customer."""


def what_remains(clauses: Clauses, words: QuestionWords, value: str | None) -> str | None:
    """An answer after what stands beside it, or None where nothing there changes it.

    Args:
        clauses: The utterance.
        words: How replies to the open question sound.
        value: What was answered so far.
    """
    if clauses.asked in _PROTECTIVE:
        return _after_direction(clauses) if value == _PROTECTIVE[clauses.asked] else None
    if value != "no" and _stands(clauses, words.disowned, "no"):
        return "no" if value is None else "unsure"
    made = clauses.asked == Question.MADE.value
    dictated = made and value == "yes" and _stands(clauses, clauses.lexicon.beside["dictated"], "beside")
    return "unsure" if dictated or (value != "no" and _stands(clauses, words.others, "no")) else None


def _after_direction(clauses: Clauses) -> str | None:
    beside = clauses.lexicon.beside
    if _stands(clauses, beside["directed"], "beside"):
        return "yes" if clauses.asked in _ANSWERED_BY_DIRECTION else "unsure"
    told = any(_stands(clauses, beside[kind], "beside") for kind in ("reported", "dictated"))
    return "unsure" if told else None


def _stands(clauses: Clauses, matcher: Matcher | None, kind: str) -> bool:
    """Whether something is said, not idle for its kind, not denied, and not taken back later."""
    corrected = clauses.corrected
    return any(start >= corrected and not clauses.negated(start, end) for start, end in clauses.spans(matcher, kind))

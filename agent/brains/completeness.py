"""Whether words heard so far answer what was asked: the text half of deciding that a turn has ended."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from agent.brains.lexicon import OPENING, Lexicon, load
from agent.brains.spoken import spoken_language
from agent.brains.understanding import Heard, Understood, understand
from cases.domain.vocabulary import Intent, Language, Question

_SHORT_WORDS = 2
"""A bare yes or no of up to so many words may go on."""
_SHORT_CHARACTERS = 3
"""The same in Chinese, characters."""
_TALKATIVE_WORDS = 4
"""From so many words on, a free answer is likely to be whole."""
_TALKATIVE_CHARACTERS = 5
"""The same in Chinese, characters."""
_MONTH_OPEN = re.compile(r"(twenty|thirty|月[一二三]?十?)[^\w]*$")
"""A date that may go on: "twenty" to "twenty-first", 三月十 to 三月十二."""


class Completeness(StrEnum):
    """What a partial transcript is worth as a turn."""

    COMPLETE = "complete"
    """Answers what was asked, or makes a whole request: the turn may end at once."""
    SHORT = "short"
    """A word or two that may go on ("no", "yes I"): a little patience."""
    OPEN = "open"
    """Unfinished ("the payment was for"): patience."""
    BACKCHANNEL = "backchannel"
    """"Mm-hm", "嗯": no reason to stop talking; where a question is open and nobody speaks, a short answer."""
    WAIT = "wait"
    """"Hold on", "等一下": the customer needs a moment."""
    NOTHING = "nothing"
    """No words."""


@lru_cache(maxsize=512)
def judge(text: str, question: Question | None, language: Language) -> Completeness:
    """Judge a partial transcript against the open question; takes well under 1 ms.

    Args:
        text: Words so far.
        question: The open question, or None (the greeting asks whether the customer speaks).
        language: Language of the script.
    """
    if not any(character.isalnum() for character in text):
        return Completeness.NOTHING
    lexicon = load(spoken_language(text, language) or language)
    folded = lexicon.fold(text).text
    if not re.search(r"\w", lexicon.backchannels.sub(" ", folded)):
        return Completeness.BACKCHANNEL
    heard = Heard(text, OPENING if question is None else question.value, language)
    understood = understand(heard)
    if _unfinished(folded, lexicon, understood):
        return Completeness.OPEN
    if understood.reading.intent is Intent.ASK_WAIT:
        return Completeness.WAIT
    if understood.requested:
        return Completeness.COMPLETE
    if not understood.answered:
        return Completeness.OPEN
    return _answered(folded, lexicon, question, understood)


def _unfinished(folded: str, lexicon: Lexicon, understood: Understood) -> bool:
    """Whether the last word asks for another one."""
    return (
        lexicon.dangling.search(folded) is not None
        and lexicon.complete_endings.search(folded) is None
        and not (understood.answered and understood.phrase and lexicon.chinese)
    )


def _answered(folded: str, lexicon: Lexicon, question: Question | None, understood: Understood) -> Completeness:
    words = lexicon.content(folded)
    size = len(words) if lexicon.chinese else len(words.split())
    asked = lexicon.questions.get(question.value) if question is not None else None
    if question is Question.IDENTITY:
        return Completeness.SHORT if _MONTH_OPEN.search(folded) else Completeness.COMPLETE
    if asked is not None and asked.open:
        enough = _TALKATIVE_CHARACTERS if lexicon.chinese else _TALKATIVE_WORDS
        return Completeness.SHORT if understood.phrase and size >= enough else Completeness.OPEN
    least = _SHORT_CHARACTERS if lexicon.chinese else _SHORT_WORDS
    if understood.phrase or size > least:
        return Completeness.COMPLETE
    return Completeness.SHORT

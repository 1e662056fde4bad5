"""Whether words heard so far answer what was asked: the text half of deciding that a turn has ended."""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache

from agent.brains.lexicon import OPENING, Lexicon, load
from agent.brains.spoken import spoken_language
from agent.brains.understanding import Heard, Understood, understand
from cases.domain.alert import IdentityQuestionKind
from cases.domain.vocabulary import Intent, Language, Question, SignalCode

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


_POSTCODE = re.compile(r"(?<![\w'])[a-z]{1,2}[^\w']+(\d|[a-z]+)|[a-z]\d|\d{3}")
"""What postcodes are made of: letters that stand alone, or digits beside them."""
_OF_ANYBODY = frozenset(
    {Intent.ASK_WAIT, Intent.ASK_WHO, Intent.ASK_DETAILS, Intent.ASK_REPEAT, Intent.CALLBACK, Intent.OFF_TOPIC}
)
"""Requests that are made of anybody in a room."""
_OF_WHO_CALLS = frozenset({Intent.ASK_WHO, Intent.ASK_REPEAT, Intent.ASK_WAIT})
"""Those of them that are made of whoever calls rather than of others."""
_MONTHS = "january|february|march|april|june|july|august|september|october|november|december"
_IDENTIFIES = re.compile(
    rf"\d|\b({_MONTHS}|twenty|thirty|eleven|twelve|\w+teen|\w+(teen|ie)th"
    r"|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth)\b|(?<![\w'])[a-z] [b-hj-z](?![\w'])"
    r"|[一二三四五六七八九十零〇]{1,3}[月日号]|[零〇一二三四五六七八九]{3}"
)
"""Pieces of a date or a postcode, in words."""
_SAYS_LITTLE = frozenset({Intent.UNCLEAR, Intent.UNSURE, Intent.ANSWER, Intent.CONFIRM, Intent.GOODBYE})
"""Intents that may be passed over where a voice is not the customer's: none of them protects anybody."""
_OF_THIS_CALL = frozenset({SignalCode.OTHER_CALL_IN_PROGRESS, SignalCode.CALLER_CLAIMS_BANK})
"""What sounds like a risk where this call is told of to somebody in the room."""


class Completeness(StrEnum):
    """What a partial transcript is worth as a turn."""

    COMPLETE = "complete"
    """Answers what was asked, or makes a whole request: the turn may end at once."""
    SHORT = "short"
    """A word or two that may go on ("no", "yes I"): a little patience."""
    CLOSED = "closed"
    """Could be whole, but answers nothing that was asked ("that's a funny thing"): a moment's patience."""
    OPEN = "open"
    """Unfinished ("the payment was for"): patience."""
    BACKCHANNEL = "backchannel"
    """"Mm-hm", "嗯": no reason to stop talking; where a question is open and nobody speaks, a short answer."""
    WAIT = "wait"
    """"Hold on", "等一下": the customer needs a moment."""
    ELSEWHERE = "elsewhere"
    """Said to somebody else in the room, and nothing that was asked is answered by it."""
    NOTHING = "nothing"
    """No words."""


@lru_cache(maxsize=512)
def judge(text: str, question: Question | None, language: Language, *, over_line: bool = False) -> Completeness:
    """Judge a partial transcript against the open question; takes about 1 ms.

    Args:
        text: Words so far.
        question: The open question, or None (the greeting asks whether the customer speaks).
        language: Language of the script.
        over_line: Whether the agent is in the middle of a line, so that a yes answers nothing.
    """
    if not any(character.isalnum() for character in text):
        return Completeness.NOTHING
    lexicon = load(spoken_language(text, language) or language)
    folded = lexicon.fold(text).text
    hummed = lexicon.backchannels.sub(" ", folded)
    if not re.search(r"\w", lexicon.assents.sub(" ", hummed) if over_line else hummed):
        return Completeness.BACKCHANNEL
    heard = Heard(text, OPENING if question is None else question.value, language)
    understood = understand(heard)
    if _elsewhere(folded, lexicon, understood, heard.asked):
        return Completeness.ELSEWHERE
    if _unfinished(folded, lexicon, understood, heard.asked):
        return Completeness.OPEN
    if understood.reading.intent is Intent.ASK_WAIT:
        return Completeness.WAIT
    if understood.requested:
        return Completeness.COMPLETE
    if not understood.answered:
        return _half(folded, lexicon, heard)
    return _answered(folded, lexicon, question, understood)


def _elsewhere(folded: str, lexicon: Lexicon, understood: Understood, asked: str) -> bool:
    """Whether the words are meant for somebody else: nothing in them answers, requests or tells of a risk."""
    reading, words = understood.reading, lexicon.questions.get(asked)
    anything_answers = words is not None and words.open
    if understood.answered and not anything_answers and reading.intent is not Intent.UNSURE:
        return False
    if understood.requested and reading.intent not in _OF_ANYBODY:
        return False
    risks = {signal.code for signal in reading.signals} - _OF_THIS_CALL
    return not risks and bool(lexicon.elsewhere.spans(folded, asked))


@lru_cache(maxsize=64)
def parts(text: str, language: Language) -> bool:
    """Whether words are nothing but thanks, assent and farewell; sound in which no word was heard is not.

    Args:
        text: The words.
        language: Language of the script.
    """
    if not any(character.isalnum() for character in text):
        return False
    lexicon = load(spoken_language(text, language) or language)
    left = lexicon.fold(text).text
    for words in (lexicon.partings, lexicon.assents, lexicon.backchannels, lexicon.fillers):
        left = words.sub(" ", left)
    return not re.search(r"\w", left)


@lru_cache(maxsize=64)
def matters(text: str, question: Question | None, language: Language) -> bool:
    """Whether words may not be passed over whoever says them: a denial, a request to the bank, the sign of a risk.

    Args:
        text: The words.
        question: The open question, or None.
        language: Language of the script.
    """
    reading = understand(Heard(text, OPENING if question is None else question.value, language)).reading
    denies = any(answer.question is Question.MADE and answer.value == "no" for answer in reading.answers)
    serious = reading.intent not in _OF_ANYBODY and reading.intent not in _SAYS_LITTLE
    return denies or serious or bool({signal.code for signal in reading.signals} - _OF_THIS_CALL)


@lru_cache(maxsize=64)
def takes_anything(question: Question | None, language: Language) -> bool:
    """Whether any words answer a question: one that asks what, not whether."""
    words = load(language).questions.get(OPENING if question is None else question.value)
    return words is not None and words.open


@lru_cache(maxsize=64)
def of_anybody(text: str, question: Question | None, language: Language) -> bool:
    """Whether words only ask what is asked of others in a room as well, such as "is it far"."""
    understood = understand(Heard(text, OPENING if question is None else question.value, language))
    asks = understood.requested and not understood.answered
    return asks and understood.reading.intent in _OF_ANYBODY - _OF_WHO_CALLS


def bears_on(text: str, question: Question | None, language: Language) -> bool:
    """Whether words hold pieces of what was asked though they do not answer it: part of a date or of a postcode."""
    return question is Question.IDENTITY and _IDENTIFIES.search(load(language).fold(text).text) is not None


def _unfinished(folded: str, lexicon: Lexicon, understood: Understood, asked: str) -> bool:
    """Whether the last words ask for more."""
    words = lexicon.questions.get(asked)
    anything_answers = words is not None and words.open
    whole_phrase = understood.answered and understood.phrase and lexicon.chinese and not anything_answers
    if lexicon.unfinished.spans(folded, asked):
        return not whole_phrase
    if not understood.answered and lexicon.half_answers.spans(folded, asked):
        return True
    return (
        lexicon.dangling.search(folded) is not None
        and lexicon.complete_endings.search(folded) is None
        and not whole_phrase
    )


def _half(folded: str, lexicon: Lexicon, heard: Heard) -> Completeness:
    """Words that are whole and answer nothing; a postcode answers the question that asks for one."""
    if heard.asked == Question.IDENTITY.value and _POSTCODE.search(folded):
        understood = understand(replace(heard, identity=IdentityQuestionKind.POSTCODE))
        return Completeness.COMPLETE if understood.answered else Completeness.CLOSED
    return Completeness.CLOSED


def _answered(folded: str, lexicon: Lexicon, question: Question | None, understood: Understood) -> Completeness:
    words = lexicon.content(folded)
    size = len(words) if lexicon.chinese else len(words.split())
    asked = lexicon.questions.get(question.value) if question is not None else None
    if question is Question.IDENTITY:
        return Completeness.SHORT if _MONTH_OPEN.search(folded) else Completeness.COMPLETE
    if asked is not None and asked.open:
        enough = _TALKATIVE_CHARACTERS if lexicon.chinese else _TALKATIVE_WORDS
        return Completeness.SHORT if understood.phrase and size >= enough else Completeness.CLOSED
    least = _SHORT_CHARACTERS if lexicon.chinese else _SHORT_WORDS
    if understood.phrase or size > least:
        return Completeness.COMPLETE
    return Completeness.SHORT

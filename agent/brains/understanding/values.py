"""The answer to the open question, made of signs of yes and no, of what the question is about, and of signals."""

from __future__ import annotations

from collections.abc import Mapping

from agent.brains.identity_answers import find_identity
from agent.brains.lexicon.loading import QuestionWords
from agent.brains.understanding.beside import what_remains
from agent.brains.understanding.clauses import Clauses
from agent.brains.understanding.cues import Cue, polarity
from agent.brains.understanding.heard import POLAR, Heard
from cases.domain.vocabulary import Language, Question, SignalCode

LONGEST_VALUE = 60
"""Longest free value of an answer, characters."""
_SHORTEST_NOUN = 3
"""Letters of the shortest English word that answers a question for more than yes or no."""
Value = tuple[str | None, bool]
"""A normalised answer or None, and whether it is more than a bare yes or no."""


def value_of(
    heard: Heard,
    clauses: Clauses,
    words: QuestionWords | None,
    cues: list[Cue],
    signals: Mapping[SignalCode, str],
    *,
    requests: bool,
) -> Value:
    """The normalised reply to what is open, and whether it is more than a yes or no.

    Args:
        heard: What was said.
        clauses: The same in clauses.
        words: How replies to the question sound, or None where nothing is asked.
        cues: Signs of yes, no and doubt.
        signals: Risk cues that were observed.
        requests: Whether the words also ask for something.
    """
    if heard.asked == Question.IDENTITY.value:
        return _identity(heard, clauses, cues)
    if words is None:
        value, phrase = polarity(clauses, cues)
        return (value if value == "yes" else None), phrase
    if words.open:
        return _open(clauses, words, cues, signals, requests=requests)
    value, phrase = _polar(heard, clauses, words, cues, signals, requests=requests)
    remains = what_remains(clauses, words, value)
    return (value, phrase) if remains is None else (remains, True)


def _polar(
    heard: Heard,
    clauses: Clauses,
    words: QuestionWords,
    cues: list[Cue],
    signals: Mapping[SignalCode, str],
    *,
    requests: bool,
) -> Value:
    """The reply to a question of yes and no, as the words that say so alone give it."""
    value, phrase = polarity(clauses, cues)
    if words.implies_yes & signals.keys():
        return "yes", True
    if words.implies_no & signals.keys() and value != "yes":
        return "no", True
    if value is None and SignalCode.EVASIVE in signals and heard.asked not in POLAR:
        return "declined", True
    if value == "yes" and _undercut(clauses, words, cues, phrase):
        return (None, False) if requests else ("unsure", phrase)
    elsewhere = len(words.alibi.findall(clauses.text)) if words.alibi is not None else 0
    if elsewhere and (value is None or (value == "yes" and not phrase)):
        # "I'm in my kitchen and the card's in my purse" says twice that it was somebody else.
        return ("no" if elsewhere > 1 and value is None else "unsure"), True
    return value, phrase


def _undercut(clauses: Clauses, words: QuestionWords, cues: list[Cue], phrase: bool) -> bool:
    """Whether other words speak against a yes, or beside a bare yes to the payment something is denied."""
    against = [words.undercut] if phrase else [words.undercut, words.doubt]
    corrected = clauses.corrected if clauses.corrected <= max(cue.start for cue in cues) else 0
    found = (match.span() for pattern in against if pattern for match in pattern.finditer(clauses.text, corrected))
    idle = ("yes", "asking")
    if any(not any(clauses.is_idle(kind, *span) for kind in idle) and not clauses.broken(*span) for span in found):
        return True
    denied = () if phrase or words.undercut is None else clauses.lexicon.negators.finditer(clauses.text)
    return any(
        not clauses.is_idle("negator", *match.span())
        and not clauses.is_idle("harmless", *match.span())
        and not any(cue.start <= match.start() and match.end() <= cue.end for cue in cues)
        for match in denied
    )


def _identity(heard: Heard, clauses: Clauses, cues: list[Cue]) -> Value:
    chinese = clauses.lexicon.chinese
    spoken = clauses.lexicon.language
    locale = heard.locale if (spoken is Language.ZH) == heard.locale.startswith("zh") else ""
    found = find_identity(heard.text, heard.identity, locale or ("zh-CN" if chinese else "en-GB"))
    if found is not None:
        return found, True
    return ("unsure", True) if any(cue.kind == "unsure" for cue in cues) else (None, False)


def _open(
    clauses: Clauses, words: QuestionWords, cues: list[Cue], signals: Mapping[SignalCode, str], *, requests: bool
) -> Value:
    for value, pattern in words.values.items():
        if pattern.search(clauses.text):
            return value, True
    if SignalCode.EVASIVE in signals:
        return "declined", True
    if any(cue.kind == "unsure" for cue in cues):
        return "unsure", True
    if requests:
        return None, False
    plain = "".join(
        " " if any(cue.start <= index < cue.end and not cue.phrase for cue in cues) else character
        for index, character in enumerate(clauses.text)
    )
    content = clauses.lexicon.content(plain)
    enough = len(content) >= (1 if clauses.lexicon.chinese else _SHORTEST_NOUN)
    listened = clauses.lexicon.backchannels.fullmatch(content) is not None
    return (content[:LONGEST_VALUE].strip(), True) if enough and not listened else (None, False)


def answer_signals(
    heard: Heard, words: QuestionWords | None, value: str, signals: Mapping[SignalCode, str]
) -> SignalCode | None:
    """What a yes or no to the open question gives away by itself, or None."""
    if words is None or value not in ("yes", "no"):
        return None
    code = words.yes_signal if value == "yes" else words.no_signal
    family = words.implies_yes if value == "yes" else words.implies_no
    if value == "no" and heard.rental and words.no_signal_rental is not None:
        code = words.no_signal_rental
    rental = code is words.no_signal_rental and code not in signals
    return None if family & signals.keys() and not rental else code

"""What a customer's words mean by the lexicon alone: deterministic, the same words give the same Reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.brains.identity_answers import find_identity
from agent.brains.lexicon import OPENING, OTHER, Folded, Lexicon, load
from agent.brains.lexicon.loading import IntentWords, QuestionWords
from agent.brains.lexicon.patterns import Matcher
from agent.brains.spoken import spoken_language
from cases.domain.alert import IdentityQuestionKind
from cases.domain.reading import ReadAnswer, Reading, Signal
from cases.domain.vocabulary import Act, Intent, Language, Question, SignalCode

OPENING_ACTS = frozenset({Act.GREET, Act.EXPLAIN_WHO, Act.SHOW_CODE, Act.REFUSE_SECRET})
"""Acts after which, with no question open, the customer is to say whether it is them."""
POLAR = frozenset({OPENING, Question.MADE.value, Question.PROCEED.value})
"""What is asked so that a yes or no is an intent of its own."""
LONGEST_QUOTE = 160
"""Longest quote, characters; a longer clause is cut to the words that matched."""
LONGEST_VALUE = 60
"""Longest free value of an answer, characters."""
_NEAR = 5
"""Words over which a negator reaches."""
_NEAR_CHARACTERS = 10
"""The same in Chinese, characters."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Words with what they reply to.

    Attributes:
        text: What was said.
        asked: The open question's identifier, `opening`, or `other` where nothing is asked.
        language: Language of the script.
        locale: The customer's locale.
        names: The customer's name and parts of it.
        identity: What the identity question asks for.
        rental: Whether a home is rented.
    """

    text: str
    asked: str
    language: Language
    locale: str = "en-GB"
    names: tuple[str, ...] = ()
    identity: IdentityQuestionKind = IdentityQuestionKind.BIRTHDAY
    rental: bool = False


@dataclass(frozen=True, slots=True)
class Understood:
    """A Reading with what it rests on.

    Attributes:
        reading: What was understood.
        answered: Whether the open question, or the opening, is answered.
        phrase: Whether the answer is a whole phrase, not just a yes or no.
        requested: Whether the intent is a request that needs no answer.
    """

    reading: Reading
    answered: bool
    phrase: bool
    requested: bool


@dataclass(frozen=True, slots=True)
class _Cue:
    start: int
    end: int
    kind: str
    phrase: bool


def asked_key(act: Act, question: Question | None) -> str:
    """What is asked, as the lexicon names it."""
    if question is not None:
        return question.value
    return OPENING if act in OPENING_ACTS else OTHER


def understand(heard: Heard) -> Understood:
    """Read one utterance."""
    language = spoken_language(heard.text, heard.language)
    if language is None:
        return Understood(Reading(Intent.UNCLEAR, language=None, complete=False), False, False, False)
    lexicon = load(language)
    # A single English word in a Chinese call ("OK") does not make the call English.
    reported = heard.language if len(heard.text.split()) == 1 and language is Language.EN else language
    return _Reader(heard, lexicon, reported).read()


class _Reader:
    """One utterance being read."""

    def __init__(self, heard: Heard, lexicon: Lexicon, language: Language) -> None:
        self._heard = heard
        self._lexicon = lexicon
        self._language = language
        self._folded: Folded = lexicon.fold(heard.text, heard.names)
        self._text = self._folded.text
        self._breaks = [match.span() for match in lexicon.breaks.finditer(self._text)]
        self._words: QuestionWords | None = lexicon.questions.get(heard.asked)
        self._idle = {kind: matcher.spans(self._text, heard.asked) for kind, matcher in lexicon.idle.items()}

    def read(self) -> Understood:
        signals = self._signals()
        cues = self._cues()
        denial = self._denied_anywhere()
        value, phrase = self._value(cues, signals)
        intent = self._intent(value, phrase, signals, denial)
        if self._heard.asked in (OPENING, Question.IDENTITY.value):
            # Whoever guards their own data against a caller is careful, not evasive.
            signals.pop(SignalCode.EVASIVE, None)
        if value is not None:
            signals |= self._answer_signals(value, signals)
        requested = intent not in (Intent.UNCLEAR, Intent.UNSURE, Intent.ANSWER, Intent.CONFIRM, Intent.DENY)
        # "No, let me speak to a person" says nothing about the payment.
        bare = requested and not phrase and self._heard.asked in POLAR
        answers = self._answers(None if bare else value, denial)
        reading = Reading(
            intent=intent,
            answers=answers,
            signals=tuple(Signal(code, quote) for code, quote in signals.items()),
            language=self._language,
            complete=intent is not Intent.UNCLEAR,
        )
        answered = value is not None or denial is not None
        return Understood(reading, answered, phrase or denial is not None, requested)

    def _clause(self, start: int, end: int) -> tuple[int, int]:
        first = max((after for _, after in self._breaks if after <= start), default=0)
        last = min((before for before, _ in self._breaks if before >= end), default=len(self._text))
        return first, last

    def _quote(self, start: int, end: int) -> str:
        clause = self._folded.quote(*self._clause(start, end))
        return clause if 0 < len(clause) <= LONGEST_QUOTE else self._folded.quote(start, end)

    def _whole(self) -> str:
        return self._folded.original.strip()[:LONGEST_QUOTE].strip()

    def _is_idle(self, kind: str, start: int, end: int) -> bool:
        """Whether a span lies where signs of its kind do not count ("no problem", "if they did")."""
        spans = [*self._idle.get(kind, ()), *self._idle.get("any", ())]
        return any(first < end and start < last for first, last in spans)

    def _negated(self, start: int, end: int) -> bool:
        """Whether the words at a span are denied by what comes before them in their clause."""
        before = self._text[self._clause(start, end)[0] : start]
        if self._lexicon.adjacent_negators.search(before):
            return True
        first = start - len(before)
        found = [match.end() for match in self._lexicon.negators.finditer(before)]
        found = [end for end in found if not self._is_idle("negator", first + end - 1, first + end)]
        if not found:
            return False
        between = before[found[-1] :]
        near = len(between) <= _NEAR_CHARACTERS if self._lexicon.chinese else len(between.split()) <= _NEAR
        subject = self._lexicon.subjects
        return near and not subject.search(between) and not subject.match(self._text, start)

    def _signals(self) -> dict[SignalCode, str]:
        found: dict[SignalCode, str] = {}
        for code, matcher in self._lexicon.signals.items():
            for start, end in matcher.spans(self._text, self._heard.asked):
                if end > start and not self._is_idle(code, start, end) and not self._negated(start, end):
                    found[code] = self._quote(start, end)
                    break
        return found

    def _spans(self, matcher: Matcher | None, kind: str, phrase: bool) -> list[_Cue]:
        spans = matcher.spans(self._text, self._heard.asked) if matcher is not None else []
        return [
            _Cue(start, end, kind, phrase)
            for start, end in spans
            if end > start and not self._is_idle(kind, start, end)
        ]

    def _short_words(self) -> list[_Cue]:
        """Bare words of yes, no and doubt; a yes or no counts only where its clause begins with it."""
        cues = [cue for kind, matcher in self._lexicon.polarity.items() for cue in self._spans(matcher, kind, False)]
        said = [cue for cue in cues if cue.kind in ("yes", "no")]
        return [cue for cue in cues if cue not in said or not self._before(cue, said)]

    def _before(self, cue: _Cue, others: list[_Cue]) -> str:
        """What stands before a word in its clause, without fillers and other such words."""
        first = self._clause(cue.start, cue.end)[0]
        kept = (
            " " if any(other.start <= place < other.end for other in others) else self._text[place]
            for place in range(first, cue.start)
        )
        return self._lexicon.content("".join(kept))

    def _unsaid(self, cue: _Cue) -> bool:
        """Whether a phrase of yes follows words of its clause that take it back ("I don't think I made it")."""
        if self._words is None or self._words.unsaid is None:
            return False
        first = self._clause(cue.start, cue.end)[0]
        found = self._words.unsaid.finditer(self._text, first, cue.start)
        return any(not self._is_idle("negator", *match.span()) for match in found)

    def _undone(self, denial: _Cue) -> bool:
        """Whether a phrase of no that has no negator of its own stands right after one ("没被盗刷")."""
        if self._lexicon.negators.search(self._text, denial.start, denial.end):
            return False
        before = self._text[self._clause(denial.start, denial.end)[0] : denial.start]
        return self._lexicon.adjacent_negators.search(before) is not None

    def _asked_back(self, cue: _Cue) -> bool:
        """Whether a word or a yes stands in a question of the customer's, which says neither yes nor no."""
        first, last = self._clause(cue.start, cue.end)
        if self._is_idle("asking", first, last):
            return False
        if self._lexicon.asking.search(self._text[first:last]):
            return True
        return self._text[last : last + 1] == "?" and (cue.kind == "yes" or not cue.phrase)

    def _cues(self) -> list[_Cue]:
        """Every sign of yes, no or doubt that counts, in order: a longer one covers what it holds."""
        cues = self._short_words()
        if self._words is not None:
            denials = [cue for cue in self._spans(self._words.no, "no", True) if not self._undone(cue)]
            cues += denials
            clauses = {self._clause(denial.start, denial.end) for denial in denials}
            for cue in self._spans(self._words.yes, "yes", True):
                if not self._unsaid(cue) and not self._negated(cue.start, cue.end):
                    cues.append(cue)
                elif self._clause(cue.start, cue.end) not in clauses:
                    cues.append(_Cue(cue.start, cue.end, "unsure", True))
        if self._heard.asked in (Question.MADE, Question.PROCEED):
            cues = [cue for cue in cues if not self._asked_back(cue)]
        kept = [cue for cue in cues if not any(_covers(other, cue) for other in cues)]
        corrected = [match.end() for match in self._lexicon.corrections.finditer(self._text)]
        for end in reversed(corrected):
            later = [cue for cue in kept if cue.start >= end and cue.kind != "hedge"]
            if later:
                return [cue for cue in kept if cue.start >= end]
        return sorted(kept, key=lambda cue: (cue.start, cue.end))

    def _polarity(self, cues: list[_Cue]) -> tuple[str | None, bool]:
        """Yes, no or unsure, and whether a whole phrase says so; the last phrase counts before the last word."""
        said = [cue for cue in cues if cue.kind != "hedge"]
        phrases = [cue for cue in said if cue.phrase]
        doubts = [cue for cue in said if cue.kind == "unsure"]
        if not said:
            return ("unsure", False) if any(cue.kind == "hedge" for cue in cues) else (None, False)
        decisive = phrases[-1] if phrases else (doubts or said)[-1]
        clause = self._clause(decisive.start, decisive.end)
        hedged = any(cue.kind == "hedge" and clause[0] <= cue.start < clause[1] for cue in cues)
        late_doubt = bool(doubts) and doubts[-1].start >= decisive.start
        return ("unsure" if hedged or late_doubt else decisive.kind), decisive.phrase

    def _value(self, cues: list[_Cue], signals: Mapping[SignalCode, str]) -> tuple[str | None, bool]:
        """The normalised reply to what is open, and whether it is more than a yes or no."""
        if self._heard.asked == Question.IDENTITY.value:
            return self._identity(cues)
        value, phrase = self._polarity(cues)
        words = self._words
        if words is None:
            return (value if value == "yes" else None), phrase
        if words.open:
            return self._open(words, cues, signals)
        if words.implies_yes & signals.keys():
            return "yes", True
        if words.implies_no & signals.keys() and value != "yes":
            return "no", True
        if value is None and SignalCode.EVASIVE in signals and self._heard.asked not in POLAR:
            return "declined", True
        if value == "yes" and self._undercut(words, cues, phrase):
            return (None, False) if self._matched_intents() else ("unsure", phrase)
        elsewhere = words.alibi is not None and words.alibi.search(self._text) is not None
        if elsewhere and (value is None or (value == "yes" and not phrase)):
            return "unsure", True
        return value, phrase

    def _undercut(self, words: QuestionWords, cues: list[_Cue], phrase: bool) -> bool:
        """Whether other words speak against a yes, or beside a bare yes to the payment something is denied."""
        against = [words.undercut] if phrase else [words.undercut, words.doubt]
        found = (match.span() for pattern in against if pattern for match in pattern.finditer(self._text))
        if any(not self._is_idle("yes", *span) for span in found):
            return True
        denied = () if phrase or words.undercut is None else self._lexicon.negators.finditer(self._text)
        return any(
            not self._is_idle("negator", *match.span())
            and not self._is_idle("harmless", *match.span())
            and not any(cue.start <= match.start() and match.end() <= cue.end for cue in cues)
            for match in denied
        )

    def _identity(self, cues: list[_Cue]) -> tuple[str | None, bool]:
        heard = self._heard
        spoken = self._lexicon.language
        locale = heard.locale if (spoken is Language.ZH) == heard.locale.startswith("zh") else ""
        found = find_identity(heard.text, heard.identity, locale or ("zh-CN" if self._lexicon.chinese else "en-GB"))
        if found is not None:
            return found, True
        return ("unsure", True) if any(cue.kind == "unsure" for cue in cues) else (None, False)

    def _open(
        self, words: QuestionWords, cues: list[_Cue], signals: Mapping[SignalCode, str]
    ) -> tuple[str | None, bool]:
        for value, pattern in words.values.items():
            if pattern.search(self._text):
                return value, True
        if SignalCode.EVASIVE in signals:
            return "declined", True
        if any(cue.kind == "unsure" for cue in cues):
            return "unsure", True
        if self._matched_intents():
            return None, False
        plain = "".join(
            " " if any(cue.start <= index < cue.end and not cue.phrase for cue in cues) else character
            for index, character in enumerate(self._text)
        )
        content = self._lexicon.content(plain)
        enough = len(content) >= 2 if self._lexicon.chinese else len(content.split()) >= 2
        return (content[:LONGEST_VALUE].strip(), True) if enough else (None, False)

    def _matched_intents(self) -> list[tuple[Intent, IntentWords]]:
        return [
            (intent, words)
            for intent, words in self._lexicon.intents.items()
            if words.matcher.spans(self._text, self._heard.asked)
        ]

    def _denied_anywhere(self) -> str | None:
        """The words that deny the payment where something else was asked, or None."""
        made = self._lexicon.questions[Question.MADE.value].anywhere_no
        if made is None or self._heard.asked in (OPENING, Question.IDENTITY.value, Question.MADE.value):
            return None
        spans = made.spans(self._text, self._heard.asked)
        return self._quote(*spans[-1]) if spans else None

    def _intent(self, value: str | None, phrase: bool, signals: Mapping[SignalCode, str], denial: str | None) -> Intent:
        asked = self._heard.asked
        said_no = value == "no" and asked in POLAR
        for intent, words in self._matched_intents():
            yields = words.yields == "any" or phrase and words.yields == "phrase"
            yields = yields or phrase and words.yields == "question" and asked not in (OPENING, OTHER)
            if not (yields and (value is not None or denial is not None)):
                return intent
        if denial is not None:
            return Intent.DENY
        if value is None:
            doubts = asked == Question.IDENTITY.value and SignalCode.EVASIVE in signals
            return Intent.ASK_WHO if doubts else Intent.UNCLEAR
        if value == "unsure":
            return Intent.UNSURE
        if asked in POLAR or asked == OTHER:
            if said_no:
                return Intent.WRONG_PERSON if asked == OPENING else Intent.DENY
            return Intent.CONFIRM
        return Intent.ANSWER

    def _answers(self, value: str | None, denial: str | None) -> tuple[ReadAnswer, ...]:
        answers = []
        if value is not None and self._heard.asked not in (OPENING, OTHER):
            answers.append(ReadAnswer(Question(self._heard.asked), value, self._whole()))
        if denial is not None:
            answers.append(ReadAnswer(Question.MADE, "no", denial))
        return tuple(answers)

    def _answer_signals(self, value: str, signals: Mapping[SignalCode, str]) -> dict[SignalCode, str]:
        """What a yes or no to the open question gives away by itself."""
        words = self._words
        if words is None or value not in ("yes", "no"):
            return {}
        code = words.yes_signal if value == "yes" else words.no_signal
        family = words.implies_yes if value == "yes" else words.implies_no
        if value == "no" and self._heard.rental and words.no_signal_rental is not None:
            code = words.no_signal_rental
        rental = code is words.no_signal_rental and code not in signals
        if code is None or (family & signals.keys() and not rental):
            return {}
        return {code: self._whole()}


def _covers(other: _Cue, cue: _Cue) -> bool:
    """Whether one cue lies within another that says more."""
    if other is cue or not (other.start <= cue.start and cue.end <= other.end):
        return False
    if (other.start, other.end) != (cue.start, cue.end):
        return True
    rank = {"hedge": 0, "yes": 1, "no": 2, "unsure": 3}
    return (other.phrase, rank[other.kind]) > (cue.phrase, rank[cue.kind])

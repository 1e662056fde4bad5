"""One utterance being read as it is written: signals, the answer, the intent."""

from __future__ import annotations

from collections.abc import Mapping

from agent.brains.lexicon import OPENING, OTHER, Lexicon
from agent.brains.lexicon.loading import IntentWords
from agent.brains.understanding.clauses import Clauses
from agent.brains.understanding.cues import find_cues
from agent.brains.understanding.heard import POLAR, Heard, Understood
from agent.brains.understanding.values import answer_signals, value_of
from cases.domain.reading import ReadAnswer, Reading, Signal
from cases.domain.vocabulary import Intent, Language, Question, SignalCode

_NO_REQUEST = frozenset({Intent.UNCLEAR, Intent.UNSURE, Intent.ANSWER, Intent.CONFIRM, Intent.DENY})
_QUESTIONS = frozenset({Intent.ASK_WHO, Intent.ASK_DETAILS, Intent.ASK_REPEAT})
"""What is asked in the same breath as "wait": the question counts."""
_ABSENT = frozenset({Intent.THIRD_PARTY, Intent.WRONG_PERSON})
_OWN_DATA = frozenset({OPENING, Question.IDENTITY.value})
"""What is asked before the right person is known to be on the line."""


class Reader:
    """Reads one utterance."""

    def __init__(self, heard: Heard, lexicon: Lexicon, language: Language) -> None:
        """Prepare an utterance.

        Args:
            heard: What was said.
            lexicon: Words of the language it is in.
            language: The language to report.
        """
        self._heard = heard
        self._lexicon = lexicon
        self._language = language
        self._clauses = Clauses(heard, lexicon)
        self._words = lexicon.questions.get(heard.asked)

    def read(self) -> Understood:
        """Read the utterance."""
        signals = self._signals()
        cues = find_cues(self._clauses, self._words)
        denial = self._denied_anywhere()
        intents = self._matched_intents()
        value, phrase = value_of(self._heard, self._clauses, self._words, cues, signals, requests=bool(intents))
        intent = self._intent(intents, value, phrase, signals, denial)
        if intent is Intent.THIRD_PARTY and self._heard.asked == OPENING:
            # Whoever says at once that they are somebody else passes for nobody.
            signals.pop(SignalCode.IDENTITY_MISMATCH, None)
        if self._heard.asked in _OWN_DATA:
            # Whoever guards their own data against a caller is careful, not evasive.
            signals.pop(SignalCode.EVASIVE, None)
        if value is not None:
            code = answer_signals(self._heard, self._words, value, signals)
            if code is not None:
                signals[code] = self._clauses.whole()
        requested = intent not in _NO_REQUEST
        # "No, let me speak to a person" says nothing about the payment.
        bare = requested and not phrase and self._heard.asked in POLAR
        reading = Reading(
            intent=intent,
            answers=self._answers(None if bare else value, denial),
            signals=tuple(Signal(code, quote) for code, quote in signals.items()),
            language=self._language,
            complete=intent is not Intent.UNCLEAR,
        )
        answered = value is not None or denial is not None
        plain = phrase and not any(cue.topic for cue in cues)
        return Understood(reading, answered, plain or denial is not None, requested)

    def _signals(self) -> dict[SignalCode, str]:
        found: dict[SignalCode, str] = {}
        for code, matcher in self._lexicon.signals.items():
            for start, end in self._clauses.spans(matcher, code):
                if not self._clauses.negated(start, end):
                    found[code] = self._clauses.quote(start, end)
                    break
        return found

    def _matched_intents(self) -> list[tuple[Intent, IntentWords]]:
        return [
            (intent, words)
            for intent, words in self._lexicon.intents.items()
            if self._clauses.request_spans(words.matcher, intent)
        ]

    def _denied_anywhere(self) -> str | None:
        """The words that deny the payment where something else was asked, or None."""
        made = self._lexicon.questions[Question.MADE.value].anywhere_no
        if made is None or self._heard.asked in (*_OWN_DATA, Question.MADE.value):
            return None
        spans = made.spans(self._clauses.text, self._heard.asked)
        return self._clauses.quote(*spans[-1]) if spans else None

    def _intent(
        self,
        intents: list[tuple[Intent, IntentWords]],
        value: str | None,
        phrase: bool,
        signals: Mapping[SignalCode, str],
        denial: str | None,
    ) -> Intent:
        asked = self._heard.asked
        questions = any(intent in _QUESTIONS for intent, _ in intents)
        for intent, words in intents:
            if (intent is Intent.ASK_WAIT and questions) or (intent in _ABSENT and self._only_relatives(words, value)):
                continue
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
            if value == "no":
                return Intent.WRONG_PERSON if asked == OPENING else Intent.DENY
            return Intent.CONFIRM
        return Intent.ANSWER

    def _only_relatives(self, words: IntentWords, value: str | None) -> bool:
        """Whether whoever tells a birthday speaks of others without saying to be one ("my mum says the twelfth")."""
        told = self._heard.asked == Question.IDENTITY.value and value not in (None, "unsure")
        return told and not (words.matcher.always and words.matcher.always.search(self._clauses.text))

    def _answers(self, value: str | None, denial: str | None) -> tuple[ReadAnswer, ...]:
        answers = []
        if value is not None and self._heard.asked not in (OPENING, OTHER):
            answers.append(ReadAnswer(Question(self._heard.asked), value, self._clauses.whole()))
        if denial is not None:
            answers.append(ReadAnswer(Question.MADE, "no", denial))
        return tuple(answers)

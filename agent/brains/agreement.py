"""What counts of a model's Reading once the rules have read the same words: see docs/adr/0007.

A model adds whatever speaks against a release: denial, doubt, wishes, risk. What helps a release counts only where the
rules hear it too; where they hear something else, or nothing, the agent asks again in other words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from agent.brains.brain import TurnContext
from agent.brains.identity_answers import find_identity
from agent.brains.reading import merge_signals
from cases.domain.reading import ReadAnswer, Reading, Signal
from cases.domain.vocabulary import Intent, Question, SignalCode

MAX_QUOTE = 160
"""Longest quote of the words that were read in opposite ways, characters."""
_VALUE_OF_INTENT = {Intent.CONFIRM: "yes", Intent.DENY: "no", Intent.UNSURE: "unsure"}
_YES_NO = frozenset({"yes", "no"})
_GOES_ON = frozenset({Intent.CONFIRM, Intent.ANSWER})
"""Intents that bring a release nearer."""
_DECISIVE = frozenset({Intent.DENY, Intent.WRONG_PERSON, Intent.THIRD_PARTY})
_STOPS = _DECISIVE | {Intent.ASK_HUMAN, Intent.CALLBACK, Intent.REFUSE}
"""Intents that keep from one; a model that goes on where the rules hear one of them is not followed."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What both readings carry.

    Attributes:
        reading: What counts.
        findings: Where they differ, naming both; without the customer's words.
    """

    reading: Reading
    findings: tuple[str, ...] = ()


def agree(model: Reading, rules: Reading, context: TurnContext) -> Agreed:
    """Weigh what a model read against what the rules read.

    Args:
        model: The model's Reading, quotes checked.
        rules: The rules' Reading of the same words.
        context: The turn.

    Returns:
        The model's Reading with every signal of the rules, without answers that the model alone hears and that help a
        release. Where the two are opposed on who is speaking or on whether the payment was made, with the signal
        `readings_disagree`.
    """
    return _Comparison(model, rules, context).agreed()


class _Comparison:
    """Two readings of one turn."""

    def __init__(self, model: Reading, rules: Reading, context: TurnContext) -> None:
        self._model = model
        self._rules = rules
        self._context = context
        self._findings: list[str] = []
        self._opposed = False
        self._again = False

    def agreed(self) -> Agreed:
        answers = (*self._identity(), *self._others())
        self._intents()
        intent, complete = self._model.intent, self._model.complete
        if self._again and intent in (*_GOES_ON, Intent.DENY):
            intent, complete = Intent.UNSURE, False
        reading = replace(self._model, intent=intent, complete=complete, answers=answers)
        reading = merge_signals(reading, self._rules.signals)
        quote = self._context.text.strip()[:MAX_QUOTE].strip()
        if self._opposed and quote:
            reading = merge_signals(reading, [Signal(SignalCode.READINGS_DISAGREE, quote)])
        return Agreed(reading, tuple(self._findings))

    def _note(self, what: str, model: str, rules: str, *, opposed: bool) -> None:
        self._findings.append(f"{what}: model heard {model}, rules heard {rules}; not taken")
        self._opposed = self._opposed or opposed

    def _identity(self) -> list[ReadAnswer]:
        """The identity answer, whose value code parses from the words; None of it where only one of both hears one."""
        if self._context.question is not Question.IDENTITY:
            return []
        given = [answer for answer in self._model.answers if answer.question is Question.IDENTITY]
        heard = [answer for answer in self._rules.answers if answer.question is Question.IDENTITY]
        code = heard[-1].value if heard and heard[-1].value not in _VALUE_OF_INTENT.values() else None
        claimed = bool(given) and given[-1].value.strip().lower() not in _VALUE_OF_INTENT.values()
        kind, locale = self._context.alert.customer.identity_question.kind, self._context.alert.locale
        if claimed and code is not None and find_identity(given[-1].quote, kind, locale) in (code, None):
            return [replace(given[-1], value=code)]
        if claimed or code is not None:
            self._again = True
            found = "none" if code is None else "another" if claimed else "one"
            self._note("identity", "an answer" if claimed else "none", found, opposed=True)
        return []

    def _others(self) -> list[ReadAnswer]:
        """All other answers that count, the rules' own ones included where they can only add risk."""
        opened = [self._context.question] if self._context.question is not None else []
        answered = [answer.question for answer in (*self._model.answers, *self._rules.answers)]
        questions = dict.fromkeys([*opened, *answered])
        return [
            answer for question in questions if question is not Question.IDENTITY for answer in self._counted(question)
        ]

    def _counted(self, question: Question) -> list[ReadAnswer]:
        """What counts as the answer to one question; words of the customer's own pass, quoted as they are."""
        model, rules = self._said(self._model, question), self._said(self._rules, question)
        own = [answer for answer in self._model.answers if answer.question is question][-1:]
        if model in _YES_NO and rules in _YES_NO and model != rules:
            self._note(question, str(model), str(rules), opposed=question in (Question.MADE, Question.PROCEED))
            return self._doubted(question)
        if question is Question.MADE and rules == "no" and model is None:
            self._note(question, self._model.intent, "no", opposed=True)
            return self._doubted(question)
        if model in _YES_NO and rules != model and self._helps(question, str(model)):
            if question in (self._context.question, Question.MADE):
                self._note(question, str(model), rules or "nothing", opposed=False)
            return self._doubted(question) if rules == "unsure" else self._dropped(question)
        if model is None and rules in _YES_NO and not self._helps(question, str(rules)):
            return [answer for answer in self._rules.answers if answer.question is question]
        return own

    def _doubted(self, question: Question) -> list[ReadAnswer]:
        """Whether the payment was made is open again once it is in doubt; any other question just stays open."""
        self._dropped(question)
        if question is not Question.MADE:
            return []
        heard = [answer.quote for answer in self._rules.answers if answer.question is question]
        return [ReadAnswer(question, "unsure", heard[-1] if heard else "")]

    def _dropped(self, question: Question) -> list[ReadAnswer]:
        self._again = self._again or question is self._context.question
        return []

    def _said(self, reading: Reading, question: Question) -> str | None:
        """What a reading says to a question of yes or no, or None."""
        given = [answer.value.strip().lower() for answer in reading.answers if answer.question is question]
        if given:
            return given[-1] if given[-1] in _YES_NO else "unsure"
        if question is not self._context.question or not reading.complete:
            return None
        return _VALUE_OF_INTENT.get(reading.intent)

    def _helps(self, question: Question, value: str) -> bool:
        """Whether an answer can bring a release nearer."""
        if question is Question.MADE:
            return value == "yes"
        # Whoever was warned is decided by a person, whatever they answer.
        return question is not Question.PROCEED and (question, value) not in self._context.risky

    def _intents(self) -> None:
        """Do not go on where the rules hear a wish or somebody that the model passes over."""
        heard = self._rules.intent
        if self._model.intent not in _GOES_ON or heard not in _STOPS:
            return
        if heard is Intent.DENY and self._context.question is not None:
            # The answers that go with it are weighed by themselves.
            return
        self._note("intent", self._model.intent, heard, opposed=heard in _DECISIVE)
        self._again = True

"""Whether a sentence of an analysis rests on the record: pure, and strict on whatever a model wrote.

Outside quotes a sentence holds only words of a closed list, names and figures of the record, and labels of what was
recorded. So it can report and point, and whatever is particular in it is either somebody's own words, letter by letter,
or stands in the record. That its grammar tells the truth is for the reader: every sentence leads to its turns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import cached_property

from agent.analysis.contradictions import contradictions
from agent.analysis.next_steps import stamp
from agent.analysis.pen import Pen, label, payee, quotable, reason
from agent.analysis.pen import named as shown_name
from cases.domain.analysis import Dossier, Section, Statement, is_said, quotes
from cases.domain.call import Confirmation, CustomerRequest, Identity, Turn
from cases.domain.policy import Text
from cases.domain.triage import OTHER_PERSON
from cases.domain.vocabulary import BankAction, Language, Question, SignalCode
from prompts.analysis import AnalysisPrompts

LONGEST = 480
"""Longest sentence, characters."""
MOST_TURNS = 12
"""Most turns that one sentence cites."""
_QUOTED = re.compile("“[^“”]*”")
_LATIN = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ'’-]*")
_HAN = re.compile(r"[㐀-鿿]+")
_ENDS = re.compile(r"[.!?。！？]")
_MARKS = frozenset(" ,.;:()–-，。；：（）、§…‘’'%/")
_PLACE = "§"


class Fault(StrEnum):
    """Why a sentence does not stand."""

    CITATION = "no turn of the call"
    FORM = "not one plain sentence"
    QUOTE = "quote not said"
    SECRET = "identity answer quoted"
    FIGURE = "figure not in the record"
    WORD = "word outside the list"
    CLAIM = "claim against the record"
    FORBIDDEN = "forbidden words"
    SUPPORT = "not what its section needs"


HOLDS: Mapping[str, Callable[[Dossier], bool]] = {
    "identity_passed": lambda d: d.call.verification.identity is Identity.PASSED,
    "identity_failed": lambda d: d.call.verification.identity is Identity.FAILED,
    "confirmed": lambda d: d.call.verification.confirmation is Confirmation.CONFIRMED,
    "denied": lambda d: d.call.verification.confirmation is Confirmation.DENIED,
    "warned": lambda d: d.call.verification.warned,
    "cut": lambda d: any(turn.interrupted for turn in d.call.turns),
    "human": lambda d: d.call.verification.request is CustomerRequest.HUMAN,
    "callback": lambda d: d.call.verification.request is CustomerRequest.CALLBACK,
    "other_person": lambda d: (
        d.call.verification.request in OTHER_PERSON or SignalCode.IDENTITY_MISMATCH in _observed(d)
    ),
    "release": lambda d: d.proposal is BankAction.RELEASE,
    "hold": lambda d: d.proposal is BankAction.HOLD,
    "block": lambda d: d.proposal is BankAction.BLOCK,
}
"""What must be so for a decisive claim; beside these, `contradicted`, and the name of each signal."""


def _observed(dossier: Dossier) -> frozenset[SignalCode]:
    return frozenset(one.signal.code for one in dossier.call.verification.signals)


class Checker:
    """Checks sentences about one dossier."""

    def __init__(self, dossier: Dossier, prompts: AnalysisPrompts) -> None:
        """Check against a dossier, with the word lists of the files."""
        self._dossier = dossier
        self._prompts = prompts
        self._turns = {turn.index: turn for turn in dossier.call.turns}
        answers = dossier.call.verification.answers
        self._identity = [one.quote for one in answers if one.question is Question.IDENTITY and one.quote.strip()]
        observed = _observed(dossier)
        self._holds = {
            **{name: holds(dossier) for name, holds in HOLDS.items()},
            **{code.value: code in observed for code in SignalCode},
            "contradicted": any(True for _ in contradictions(Pen(dossier, prompts))),
        }
        self._signalled = {quotable(one.signal.quote) for one in dossier.call.verification.signals}

    def fault(self, statement: Statement, *, own: bool = False) -> Fault | None:
        """What is wrong with a sentence in either language, or None.

        Args:
            statement: The sentence.
            own: Whether the template wrote it: its words stand in the files, and it may rest on the record where no
                turn says it.
        """
        if not self._cited(statement, own=own):
            return Fault.CITATION
        cited = [self._turns[index] for index in statement.turns]
        for language in Language:
            fault = self._text(statement.text.get(language), language, cited, statement.section, own=own)
            if fault is not None:
                return fault
        return None if own or self._supported(statement, cited) else Fault.SUPPORT

    def _cited(self, statement: Statement, *, own: bool) -> bool:
        if not self._turns.keys() >= set(statement.turns) or len(statement.turns) > MOST_TURNS:
            return False
        return bool(statement.turns or (statement.grounds if own or not self._turns else ()))

    def _text(self, text: str, language: Language, cited: list[Turn], section: Section, *, own: bool) -> Fault | None:
        if not text or len(text) > LONGEST or text.count("“") != text.count("”") or text != text.strip():
            return Fault.FORM
        unheard = self._prompts.unheard[language].search(_QUOTED.sub("", text)) is not None
        for quote in quotes(text):
            if not any(is_said(quote, turn) or (unheard and _cut_off(quote, turn)) for turn in cited):
                return Fault.QUOTE
            if quote not in self._signalled and any(one in quote or quote in one for one in self._identity):
                return Fault.SECRET
        bare = _QUOTED.sub(_PLACE, text)
        if self._prompts.forbidden[language].search(bare):
            return Fault.FORBIDDEN
        plain = (self._kinds_and_names if section is Section.TYPOLOGIES else self._names).sub(_PLACE, bare)
        if any(character.isdigit() for character in plain):
            return Fault.FIGURE
        if len(_ENDS.findall(plain)) != 1 or not _ENDS.match(plain[-1]):
            return Fault.FORM
        for claim in self._prompts.claims:
            # The template speaks of signals where there are none as well: what to rule out before a call, say.
            if own and claim.holds not in HOLDS:
                continue
            if claim.patterns[language].search(plain) and not self._holds[claim.holds]:
                return Fault.CLAIM
        return None if own or self._known(plain, language) else Fault.WORD

    def _supported(self, statement: Statement, cited: list[Turn]) -> bool:
        """Whether a model's sentence shows what its section is about."""
        said = quotes(statement.text.en)
        quoted = {turn.index for turn in cited if any(is_said(quote, turn) for quote in said)}
        match statement.section:
            case Section.CONTRADICTIONS:
                return len(quoted) > 1
            case Section.SIGNALS:
                return bool(quoted & {one.turn for one in self._dossier.call.verification.signals})
            case Section.TYPOLOGIES:
                named = {
                    label(self._dossier.policy.typologies[one].label) for one in self._dossier.assessment.typologies
                }
                return bool(quoted) and any(
                    one.en in statement.text.en and one.zh in statement.text.zh for one in named
                )
        return True

    @cached_property
    def _names(self) -> re.Pattern[str]:
        """Names, figures and labels of the record."""
        return _any_of(self._of_the_record())

    @cached_property
    def _kinds_and_names(self) -> re.Pattern[str]:
        """The same with the likely kinds of fraud, which are named only where a sentence shows what points to them."""
        kinds = (label(self._dossier.policy.typologies[one].label) for one in self._dossier.assessment.typologies)
        return _any_of([*self._of_the_record(), *(name for kind in kinds for name in (kind.en, kind.zh))])

    def _of_the_record(self) -> Iterable[str]:
        alert, policy = self._dossier.alert, self._dossier.policy
        transaction = alert.transaction
        texts: list[Text] = [payee(alert), shown_name(transaction.creditor.agent or "", Text("", ""))]
        texts += [label(policy.signals[one.signal.code].label) for one in self._dossier.call.verification.signals]
        for finding in self._dossier.assessment.findings:
            words = Text(finding.reason_en, finding.reason_zh)
            texts += [label(words), reason(words)]
        texts += [
            Text(*(self._prompts.lines[language][f"questions.{question.value}"] for language in Language))
            for question in Question
        ]
        for text in texts:
            yield from (text.en, text.zh)
        yield from (str(transaction.amount), stamp(alert.hold_deadline), alert.customer.name, alert.bank_name)
        if transaction.creditor_account_age_days is not None:
            yield str(transaction.creditor_account_age_days)
        if digits := re.search(r"\d{2,6}$", transaction.creditor.account_masked or ""):
            yield f"…{digits[0]}"

    def _known(self, plain: str, language: Language) -> bool:
        """Whether every word stands in the lists."""
        words = self._prompts.words[language]
        if language is Language.EN:
            rest = _LATIN.sub(lambda match: "" if match[0].lower().replace("’", "'") in words else "?", plain)
        else:
            rest = _HAN.sub(lambda match: "" if _covered(match[0], words) else "?", plain)
            rest = _LATIN.sub(lambda match: "" if match[0] in words else "?", rest)
        return set(rest) <= _MARKS


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    """Any of these as a whole, longest first; Latin letters and figures must not run on, Chinese has no such edges."""
    found = sorted({name.strip() for name in names if name.strip()}, key=len, reverse=True)
    edged = (
        rf"(?<![A-Za-z0-9.,]){re.escape(one)}(?![A-Za-z0-9])" if one.isascii() else re.escape(one) for one in found
    )
    return re.compile("|".join(edged))


def _cut_off(quote: str, turn: Turn) -> bool:
    """Whether words of an utterance were prepared and, because the customer cut in, never played."""
    return turn.interrupted and bool(quote.strip()) and quote in turn.text and quote not in turn.heard_text


def _covered(run: str, words: frozenset[str]) -> bool:
    """Whether a run of Chinese characters is made of known words."""
    reached = {0}
    for start in range(len(run)):
        if start in reached:
            reached.update(end for end in range(start + 1, len(run) + 1) if run[start:end] in words)
    return len(run) in reached

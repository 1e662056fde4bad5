"""What may be spoken: every sentence passes here on its way to speech, whoever worded it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from agent import numbers
from agent.brains.lexicon.patterns import compile_patterns, fold
from cases.domain.alert import Alert
from cases.domain.vocabulary import Language

__all__ = ["Guard", "Rules", "Verdict", "is_safe_name", "load", "sentences"]

_SENTENCE = re.compile(r"[^.!?。！？]*[.!?。！？]+[\"'”’)）]*\s*|[^.!?。！？]+$")
_PROPER = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][a-z]+(?:\s+[A-Z][a-z]+)*")
_PHONE_DIGITS = 5
"""A run of so many digits is a telephone number, whatever it is meant to be."""
_FREE_PROPER = frozenset(
    "I January February March April May June July August September October November December Monday Tuesday Wednesday "
    "Thursday Friday Saturday Sunday English Chinese Mandarin Goodbye".split()
)
_PLACE = {Language.EN: " something ", Language.ZH: "某某"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard says about a sentence.

    Attributes:
        finding: Why it is refused, as `kind: detail`; empty where it may be spoken.
    """

    finding: str = ""

    @property
    def allowed(self) -> bool:
        """Whether it may be spoken."""
        return not self.finding


@dataclass(frozen=True, slots=True)
class Rules:
    """The forbidden words of one language, compiled.

    Attributes:
        ask: Forbidden unless denied, by kind.
        mention: What free wording may not even name unless it denies it.
        never: Forbidden always, by kind.
        before_identity: Words of a bank's products and of payments.
        neutral: Phrases with such words that give nothing away.
        negators: What denies the words after it.
        between: Words that may stand between a denial and what it denies in free wording.
        reported: What makes the words after it somebody else's, in fixed wording only.
    """

    ask: Mapping[str, re.Pattern[str]]
    mention: re.Pattern[str]
    never: Mapping[str, re.Pattern[str]]
    before_identity: re.Pattern[str]
    neutral: re.Pattern[str]
    negators: re.Pattern[str]
    between: re.Pattern[str]
    reported: re.Pattern[str]


@cache
def load(language: Language) -> Rules:
    """Load the rules of a language once.

    Raises:
        LexiconError: A pattern is wrong.
    """
    text = resources.files("agent.dialogue.guard").joinpath(f"{language.value}.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    chinese = language is Language.ZH
    macros = document.get("macros", {})

    def compiled(patterns: list[str]) -> re.Pattern[str]:
        return compile_patterns(patterns, macros, chinese=chinese)

    return Rules(
        ask={kind: compiled(patterns) for kind, patterns in document["ask"].items()},
        mention=compiled(document["mention"]),
        never={kind: compiled(patterns) for kind, patterns in document["never"].items()},
        before_identity=compiled(document["before_identity"]),
        neutral=compiled(document["neutral"]),
        negators=compiled([document["negators"]]),
        between=compiled([document["between"]]),
        reported=compiled([document["reported"]]),
    )


def sentences(text: str) -> list[str]:
    """Text cut after its sentence marks; joined they give the text again."""
    return [match.group() for match in _SENTENCE.finditer(text) if match.group().strip()]


def is_safe_name(name: str) -> bool:
    """Whether a name that others wrote asks for nothing that is forbidden, names no secret and steers nobody."""
    return not any(_asks_or_steers(language, name) for language in Language)


class Guard:
    """Checks sentences for one call."""

    def __init__(self, alert: Alert, variables: Mapping[str, str]) -> None:
        """Allow the facts of an alert.

        Args:
            alert: The alert.
            variables: The facts as the lines word them, with the code.
        """
        self._alert = alert
        self._language = alert.language
        self._rules = load(alert.language)
        self._variables = {name: value for name, value in variables.items() if value}
        self._facts = tuple(self._variables[name] for name in ("amount", "payee", "when", "deadline"))
        self._known = tuple(sorted(self._variables.values(), key=len, reverse=True))

    def check(self, sentence: str, *, verified: bool, fixed: bool = False) -> Verdict:
        """Whether a sentence may be spoken.

        Args:
            sentence: One sentence, or a short text.
            verified: Whether the right person is known to be on the line.
            fixed: Whether it is our own fixed wording, which may tell what criminals ask for.
        """
        finding = self._disclosed(sentence) if not verified else ""
        rest = self._without_facts(sentence)
        finding = finding or _forbidden(self._rules, self._folded(rest), fixed=fixed) or self._unlisted(rest)
        return Verdict(finding)

    def _folded(self, text: str) -> str:
        return fold(text, chinese=self._language is Language.ZH, short_forms={}).text

    def _without_facts(self, sentence: str) -> str:
        """A sentence with every fact of the alert replaced by a neutral word."""
        for value in self._known:
            sentence = sentence.replace(value, _PLACE[self._language])
        return sentence

    def _disclosed(self, sentence: str) -> str:
        """Facts and products named before the right person is known."""
        for value in self._facts:
            if value in sentence:
                return "disclosure: a fact of the payment before identity"
        folded = self._rules.neutral.sub(" ", self._folded(self._without_names(sentence)))
        match = self._rules.before_identity.search(folded)
        return f"disclosure: {match.group().strip()!r} before identity" if match else ""

    def _without_names(self, sentence: str) -> str:
        for name in ("bank", "customer"):
            sentence = sentence.replace(self._variables.get(name, "\0"), _PLACE[self._language])
        return sentence

    def _unlisted(self, rest: str) -> str:
        """Amounts, dates, times, digits and names that are no facts of this alert."""
        locale = self._alert.locale
        if numbers.find_money(rest, locale):
            return "amount: not as stored"
        if any(len(run.value) >= _PHONE_DIGITS for run in numbers.find_digits(rest, locale)):
            return "number: not on the list"
        if self._named_day(rest) or numbers.find_times(rest, locale):
            return "date: not as stored"
        if self._language is Language.EN:
            for match in _PROPER.finditer(rest):
                if any(word not in _FREE_PROPER for word in match.group().split()):
                    return "name: not on the list"
        return ""

    def _named_day(self, rest: str) -> bool:
        days = numbers.find_days(rest, self._alert.locale)
        return any(re.search(r"[A-Za-z月]", rest[day.start : day.end]) for day in days)


def _forbidden(rules: Rules, folded: str, *, fixed: bool) -> str:
    for kind, pattern in rules.never.items():
        if pattern.search(folded):
            return f"{kind}: refused"
    for kind, pattern in rules.ask.items():
        if any(not _denied(rules, folded, *match.span(), fixed=fixed) for match in pattern.finditer(folded)):
            return f"{kind}: refused"
    if not fixed and any(
        not _denied(rules, folded, *match.span(), fixed=False) for match in rules.mention.finditer(folded)
    ):
        return "secret: named"
    return ""


def _asks_or_steers(language: Language, text: str) -> bool:
    rules = load(language)
    folded = fold(text, chinese=language is Language.ZH, short_forms={}).text
    return any(pattern.search(folded) for pattern in (*rules.ask.values(), *rules.never.values(), rules.mention))


def _denied(rules: Rules, folded: str, start: int, end: int, *, fixed: bool) -> bool:
    """Whether a request is denied in its own sentence: "never share a code", "nobody asks you for a code"."""
    clause = max(folded.rfind(mark, 0, start) for mark in ".!?。！？;；") + 1
    if fixed:
        before = folded[clause:end]
        return rules.negators.search(before) is not None or rules.reported.search(before) is not None
    if rules.negators.match(folded, start):
        return True
    denials = list(rules.negators.finditer(folded, clause, start))
    return bool(denials) and not re.search(r"[\w,，:：]", rules.between.sub(" ", folded[denials[-1].end() : start]))

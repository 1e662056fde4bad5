"""Which amounts, dates, times, numbers and names a sentence speaks, against those of the alert."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import time
from functools import partial
from typing import Any

from agent import numbers
from agent.dialogue.guard.rules import Rules
from cases.domain.alert import Alert
from cases.domain.vocabulary import Language

PHONE_DIGITS = 5
"""A run of so many digits is a telephone number, whatever it is meant to be."""
FREE_DIGITS = 3
"""In free wording a shorter run is one: a short number, an extension."""
LEAST_AMOUNT = 100
"""A whole number from here on is an amount, said without its unit."""
_PROPER = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][a-z]+(?:\s+[A-Z][a-z]+)*")
_FREE_PROPER = frozenset(
    "I January February March April May June July August September October November December Monday Tuesday Wednesday "
    "Thursday Friday Saturday Sunday English Chinese Mandarin Goodbye".split()
)
_PLACE = {Language.EN: " something ", Language.ZH: "某某"}
_WRITTEN_DAY = re.compile(r"\b\d{1,2}[/-]\d{1,2}(?:[/-]\d{2,4})?\b")
_PAST = re.compile(r"\b(half|quarter|\w+)(?: minutes)? (past|to) (\w+)\b", re.IGNORECASE)
_MINUTES = {"half": 30, "quarter": 15}


class Facts:
    """What may be said of one alert."""

    def __init__(self, alert: Alert, variables: Mapping[str, str]) -> None:
        """Take an alert and its facts as the lines word them."""
        self._locale = alert.locale
        self._language = alert.language
        self._amount = alert.transaction.amount
        self._variables = {name: value for name, value in variables.items() if value}
        known = (value for name, value in self._variables.items() if name != "code")
        self._known = tuple(sorted(known, key=len, reverse=True))
        self._code = "".join(run.value for run in numbers.find_digits(self._variables.get("code", ""), self._locale))
        moments = [self._variables.get(name, "") for name in ("when", "deadline")]
        self._days = {found.value for text in moments for found in numbers.find_days(text, self._locale)}
        self._times = {found.value for text in moments for found in numbers.find_times(text, self._locale)}

    def removed(self, sentence: str) -> str:
        """A sentence with every fact of the alert, however it is said, replaced by a neutral word."""
        for value in self._known:
            sentence = sentence.replace(value, _PLACE[self._language])
        for one in sorted(self._right(sentence), key=lambda one: -one.start):
            sentence = sentence[: one.start] + _PLACE[self._language] + sentence[one.end :]
        return sentence

    def disclosed(self, sentence: str, *, fixed: bool) -> bool:
        """Whether a sentence speaks a fact of the payment.

        Args:
            sentence: One sentence.
            fixed: Whether it is our own fixed wording, in which a payee whose name is made of everyday words ("助手",
                "银行合作商户") gives nothing away unless all of a longer name stands there.
        """
        plain = sentence
        for name in ("bank", "customer", "code"):
            plain = plain.replace(self._variables.get(name, "\0"), _PLACE[self._language])
        if any(self._variables[name] in plain for name in ("amount", "when", "deadline")):
            return True
        payee = self._variables["payee"]
        parts = [payee] if fixed and len(payee) > 2 else [] if fixed else [payee, *_telling_parts(payee)]
        return any(part in plain for part in parts) or bool(self._right(plain))

    def other(self, rest: str, rules: Rules, *, fixed: bool) -> str:
        """What a sentence names that is no fact of this alert, or empty.

        Args:
            rest: The sentence without facts.
            rules: Of its language.
            fixed: Whether it is our own fixed wording.
        """
        if numbers.find_money(rest, self._locale):
            return "amount: not as stored"
        least = PHONE_DIGITS if fixed else FREE_DIGITS
        if any(len(run.value) >= least for run in numbers.find_digits(rest, self._locale)):
            return "number: not on the list"
        if self._named_days(rest) or numbers.find_times(rest, self._locale):
            return "date: not as stored"
        if not fixed and any(one.value >= LEAST_AMOUNT for one in self._numbers(rest)):
            return "amount: not as stored"
        if not fixed and (_WRITTEN_DAY.search(rest) or any(True for _ in _clock_times(rest))):
            return "date: not as stored"
        return "name: not on the list" if self._names_somebody(rest, rules, fixed=fixed) else ""

    def _right(self, sentence: str) -> list[numbers.Found[Any]]:
        """Amounts, days and times of the alert in any wording; they do not overlap."""
        amounts = numbers.find_money(sentence, self._locale)
        clock = {(moment.hour % 12, moment.minute) for moment in self._times}
        found: list[numbers.Found[Any]] = [
            *(one for one in amounts if one.value == self._amount),
            *(one for one in self._numbers(sentence) if one.value == self._amount.major >= LEAST_AMOUNT),
            *(one for one in self._named_days(sentence) if one.value in self._days),
            *(one for one in numbers.find_times(sentence, self._locale) if one.value in self._times),
            *(one for one in _clock_times(sentence) if one.value in clock),
            *(one for one in numbers.find_digits(sentence, self._locale) if one.value == self._code),
        ]
        # A number with the unit of another currency is another amount.
        wrong = [one for one in amounts if one.value != self._amount and not any(_inside(one, time) for time in found)]
        taken: list[numbers.Found[Any]] = []
        for one in sorted(found, key=lambda one: one.start - one.end):
            if not any(_overlap(one, other) for other in (*taken, *wrong)):
                taken.append(one)
        return taken

    def _named_days(self, text: str) -> list[numbers.Found[tuple[int, int]]]:
        """Days that are named with their month."""
        days = numbers.find_days(text, self._locale)
        return [day for day in days if re.search(r"[A-Za-z月]", text[day.start : day.end])]

    def _numbers(self, text: str) -> Iterator[numbers.Found[int]]:
        """Every whole number."""
        at = 0
        while (found := numbers.find_number(text[at:], self._locale)) is not None:
            yield numbers.Found(found.value, at + found.start, at + found.end)
            at += max(found.end, 1)

    def _names_somebody(self, rest: str, rules: Rules, *, fixed: bool) -> bool:
        if rules.names is not None:
            return not fixed and rules.names.search(rest) is not None
        if any(word not in _FREE_PROPER for match in _PROPER.finditer(rest) for word in match.group().split()):
            return True
        return not fixed and any(match.group().lower() in rules.given_names for match in re.finditer(r"[A-Z]\w+", rest))


def _overlap(one: numbers.Found[Any], other: numbers.Found[Any]) -> bool:
    return one.start < other.end and other.start < one.end


def _inside(one: numbers.Found[Any], other: numbers.Found[Any]) -> bool:
    return other.start <= one.start and one.end <= other.end


def _telling_parts(payee: str) -> Collection[str]:
    """Parts of a payee's name that give it away: its longer words, or two characters of a Chinese one."""
    if re.search("[\u4e00-\u9fff]", payee):
        return {payee[at : at + 2] for at in range(len(payee) - 1)} if len(payee) > 2 else {payee}
    return {word for word in re.findall(r"\w+", payee) if len(word) >= 4 and word[0].isupper()}


def _clock_times(text: str) -> Iterator[numbers.Found[tuple[int, int]]]:
    """English times by the clock's face, "five past two", as (hour of twelve, minute)."""
    read = partial(numbers.find_number, locale="en-GB")
    for match in _PAST.finditer(text):
        hour, number = read(match[3]), read(match[1])
        minute = _MINUTES.get(match[1].lower(), number.value if number else None)
        if hour is None or minute is None or not (1 <= hour.value <= 12 and minute < 60):
            continue
        total = hour.value * 60 + (minute if match[2].lower() == "past" else -minute)
        moment = time(total // 60 % 12, total % 60)
        yield numbers.Found((moment.hour, moment.minute), match.start(), match.end())

"""Everything personal in a case, in the forms in which it might survive."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent import numbers
from cases.domain.alert import Alert, ContactKind, IdentityQuestionKind
from evals.recording.lists import ordinary
from evals.recording.names import CJK_RUN, FEWEST_LETTERS, LATIN_WORD, Words, telling_chinese, telling_parts
from evals.recording.numbers import FEWEST_DIGITS, LOCALES
from evals.recording.words import folded


@dataclass(frozen=True, slots=True)
class Original:
    """One personal value.

    Attributes:
        field: Where in the case it stands.
        form: The value, folded: a word, a Chinese name or part of one, a whole text, or digits.
    """

    field: str
    form: str


@dataclass(frozen=True, slots=True)
class Originals:
    """All of a case.

    Attributes:
        words: Words of names that are no ordinary ones.
        chinese: Chinese names and their telling parts.
        wholes: Whole values, without blanks and marks.
        digits: Rows of digits.
    """

    words: frozenset[Original]
    chinese: frozenset[Original]
    wholes: frozenset[Original]
    digits: frozenset[Original]


def originals(alert: Alert, names: Iterable[Words], said: Iterable[tuple[str, str]]) -> Originals:
    """Everything personal in an alert and in what was said.

    Args:
        alert: The alert.
        names: Its names.
        said: What the customer said, by where it stands.
    """
    names, texts = tuple(names), dict(_texts(alert))
    words = {Original(one.field, folded(old)) for one in names for old, _ in one.latin if len(old) >= FEWEST_LETTERS}
    chinese = {Original(one.field, old) for one in names for old, _ in one.chinese}
    chinese |= {
        Original(one.field, part)
        for one in names
        if not one.person
        for part in telling_parts(one.whole, FEWEST_LETTERS)
    }
    digits = {Original(field, one) for field, text in texts.items() if field not in _OPAQUE for one in _rows(text)}
    digits |= {Original(field, one) for field, one in _figures(alert)}
    digits |= {Original(field, one) for field, text in said for one in spoken_rows(text)}
    return Originals(
        words=frozenset(words),
        chinese=frozenset(chinese),
        wholes=frozenset(Original(field, squeezed(text)) for field, text in texts.items() if _tells(text)),
        digits=frozenset(one for one in digits if len(one.form) >= FEWEST_DIGITS),
    )


_OPAQUE = frozenset({"transaction.uetr"})
"""Fields that mean something only as a whole."""


def squeezed(text: str) -> str:
    """A text without case, blanks and marks."""
    return "".join(character for character in folded(text) if character.isalnum())


def _tells(text: str) -> bool:
    bare = [word for word in LATIN_WORD.findall(text) if word.casefold() not in ordinary("en")]
    telling = bare or re.search(r"\d{3}", text) or any(map(telling_chinese, CJK_RUN.findall(text)))
    return bool(telling) and len(squeezed(text)) >= FEWEST_LETTERS


def _texts(alert: Alert) -> Iterator[tuple[str, str]]:
    """Every text of an alert that names or counts somebody or something."""
    paid, customer = alert.transaction, alert.customer
    yield "id", alert.id
    yield "bank_name", alert.bank_name
    yield "transaction.end_to_end_id", paid.end_to_end_id
    yield "customer.reference", customer.reference
    yield "customer.name", customer.name
    for side, party in (("debtor", paid.debtor), ("creditor", paid.creditor)):
        yield f"transaction.{side}.name", party.name
        yield f"transaction.{side}.account_masked", party.account_masked or ""
        yield f"transaction.{side}.agent", party.agent or ""
    yield "transaction.uetr", paid.uetr or ""
    yield "transaction.memo", paid.memo or ""
    for place, contact in enumerate(customer.contacts):
        yield f"customer.contacts[{place}].address", contact.address
    if customer.identity_question.kind is IdentityQuestionKind.POSTCODE:
        yield "customer.identity_question.expected", customer.identity_question.expected


def _rows(text: str) -> Iterator[str]:
    """Rows of digits, alone and over the marks between them."""
    yield from re.findall(r"\d{3,}", text)
    for match in re.finditer(r"\d(?:[ \-./*]?\d)+", text):
        yield re.sub(r"\D", "", match.group())


def _figures(alert: Alert) -> Iterator[tuple[str, str]]:
    """Amount, birthday and numbers of telephones in the ways in which people say them."""
    amount, customer = alert.transaction.amount, alert.customer
    yield "transaction.amount", str(amount.major)
    yield "transaction.amount", str(amount.minor)
    yield "transaction.initiated_at", alert.transaction.initiated_at.strftime("%Y%m%d")
    if customer.date_of_birth is not None:
        yield "customer.date_of_birth", str(customer.date_of_birth.year)
    if customer.identity_question.kind is IdentityQuestionKind.BIRTHDAY:
        month, day = customer.identity_question.expected.split("-")
        yield "customer.identity_question.expected", month + day
        yield "customer.identity_question.expected", day + month
    for place, contact in enumerate(customer.contacts):
        if contact.kind is ContactKind.PHONE:
            digits = contact.address.lstrip("+")
            for size in (4, 7, 9, 10):
                yield f"customer.contacts[{place}].address", digits[-size:]


def spoken_rows(text: str) -> Iterator[str]:
    """Every row of digits and every number in a text, however it is written or said."""
    yield from _rows(text)
    for locale in LOCALES:
        for run in numbers.find_digits(text, locale):
            yield run.value
        for amount in numbers.find_money(text, locale):
            yield str(amount.value.minor if amount.value.fraction else amount.value.major)
        start = 0
        while (found := numbers.find_number(text[start:], locale)) is not None:
            yield str(found.value)
            start += found.end

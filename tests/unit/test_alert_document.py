"""What an alert document may say, and what it may not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.alerts import AlertDocument, AlertInvalidError, document_of, parse_alert
from cases.alerts.mapping import MAX_PROBLEMS
from cases.alerts.text import clean, holds_account_number, is_iban, passes_luhn
from cases.domain.vocabulary import Language, Tier
from evals import alerts
from evals.errors import SuiteError

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
CARD = "4111 1111 1111 1111"
IBAN = "GB29 NWBK 6016 1331 9268 19"


def document(**changes: Any) -> dict[str, Any]:
    return alerts.load(
        "new-payee-transfer", now=NOW, changes={path.replace("__", "."): value for path, value in changes.items()}
    )


@pytest.mark.parametrize("name", alerts.names())
def test_every_example_is_a_document_and_comes_back(name: str) -> None:
    alert = parse_alert(alerts.load(name, now=NOW, alert_id="mine"))
    assert alert.id == "mine"
    assert alert.raised_at == NOW
    assert alert.hold_deadline > NOW
    assert alert.transaction.initiated_at == NOW - timedelta(minutes=3)
    assert parse_alert(document_of(alert)) == alert
    assert parse_alert(json.dumps(document_of(alert))) == alert


def test_the_examples_are_the_ten_that_scenarios_name() -> None:
    assert set(alerts.names()) == {
        "card-not-present", "new-payee-transfer", "large-transfer-elderly", "crypto-exchange", "atm-abroad",
        "business-invoice", "zh-new-payee", "zh-investment", "zh-police-impersonation", "low-tier-card",
    }  # fmt: skip


@pytest.mark.parametrize("name", alerts.names())
def test_the_facts_that_scenarios_rely_on(name: str) -> None:
    alert = parse_alert(alerts.load(name, now=NOW))
    chinese = name.startswith("zh-")
    assert alert.customer.name == ("陈晓雨" if chinese else "Alex Morgan")
    assert alert.customer.identity_question.expected == "03-12"
    assert alert.language is (Language.ZH if chinese else Language.EN)
    assert (alert.transaction.amount.currency == "CNY") == chinese
    high = {"large-transfer-elderly", "zh-investment", "zh-police-impersonation"}
    expected = Tier.LOW if name == "low-tier-card" else Tier.HIGH if name in high else Tier.MEDIUM
    assert alert.tier is expected


def test_an_example_takes_changes_by_path() -> None:
    alert = parse_alert(document(transaction__amount__minor=480_000, customer__contacts__1__forwarding=True))
    assert alert.transaction.amount.minor == 480_000
    assert alert.customer.contacts[1].forwarding
    for path in ("nothing.here", "customer.contacts.9.forwarding", "score.x"):
        with pytest.raises(SuiteError):
            alerts.load("atm-abroad", now=NOW, changes={path: 1})
    with pytest.raises(SuiteError):
        alerts.load("no-such", now=NOW)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("extra", 1),
        ("id", "a b"),
        ("id", "../x"),
        ("id", "x" * 65),
        ("score", 1.01),
        ("score", "0.5"),
        ("score", True),
        ("score", float("nan")),
        ("locale", "fr-FR"),
        ("jurisdiction", "gb"),
        ("tier", "huge"),
        ("typologies", ["magic"]),
        ("reason_codes", ["x"] * 21),
        ("hold_deadline", "2026-05-04T09:00:00Z"),
        ("hold_deadline", "2026-05-05T09:00:00"),
        ("hold_deadline", "9999-12-31T23:59:59-12:00"),
        ("transaction.uetr", "3f2a6c1e-8d4b-1f7a-9c25-6b1e0d9a7f31"),
        ("transaction.end_to_end_id", "x" * 36),
        ("transaction.end_to_end_id", ""),
        ("transaction.amount.minor", -1),
        ("transaction.amount.minor", 12.5),
        ("transaction.amount.minor", True),
        ("transaction.amount.currency", "XXX"),
        ("transaction.creditor.account_masked", CARD),
        ("transaction.creditor.account_masked", IBAN),
        ("transaction.creditor.account_masked", "48 21"),
        ("transaction.creditor.account_masked", "**** 1234567"),
        ("transaction.creditor.name", "\u202e\u200b"),
        ("transaction.creditor.name", "x" * 141),
        ("transaction.memo", f"from {CARD}"),
        ("transaction.memo", f"to {IBAN} please"),
        ("transaction.memo", "４１１１１１１１１１１１１１１１"),
        ("transaction.first_time_payee", "yes"),
        ("customer.contacts", []),
        ("customer.contacts.1.address", "07700900123"),
        ("customer.contacts.1.address", "+0447700900123"),
        ("customer.contacts.1.address", "+4477009001234567"),
        ("customer.contacts.2.address", "nobody"),
        ("customer.identity_question.expected", "13-01"),
        ("customer.identity_question.expected", "02-30"),
        ("customer.identity_question.expected", "3-1"),
        ("customer.identity_question.kind", "mothers_name"),
    ],
)
def test_what_breaks_the_schema_is_refused_without_being_repeated(path: str, value: Any) -> None:
    broken = alerts.load("new-payee-transfer", now=NOW, changes={path: value})
    with pytest.raises(AlertInvalidError) as caught:
        parse_alert(broken)
    assert caught.value.problems
    if isinstance(value, str) and len(value) > 3:
        assert value not in str(caught.value)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff", b"null", "{}", b'{"id": "a", "id": 2}'])
def test_what_is_no_document_is_refused(raw: bytes | str) -> None:
    with pytest.raises(AlertInvalidError):
        parse_alert(raw)


def test_a_flood_of_mistakes_is_told_in_part() -> None:
    with pytest.raises(AlertInvalidError) as caught:
        parse_alert({f"field{n}": n for n in range(500)})
    assert len(caught.value.problems) == MAX_PROBLEMS


def test_a_leap_day_is_a_birthday() -> None:
    assert parse_alert(document(customer__identity_question__expected="02-29"))


def test_times_of_any_zone_become_utc() -> None:
    alert = parse_alert(document(hold_deadline="2026-05-05T09:30:00+08:00"))
    assert alert.hold_deadline == datetime(2026, 5, 5, 1, 30, tzinfo=UTC)
    assert alert.hold_deadline.utcoffset() == timedelta(0)


def test_control_and_bidi_characters_leave_the_words_of_strangers() -> None:
    alert = parse_alert(document(transaction__memo="pay\u202e\u0000 me\n\tnow\u200b"))
    assert alert.transaction.memo == "pay me now"


def test_the_openapi_schema_can_be_made() -> None:
    schema = AlertDocument.model_json_schema()
    assert schema["additionalProperties"] is False


@given(st.text(max_size=60))
def test_cleaning_is_final_and_leaves_nothing_invisible(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert all(char == " " or char.isprintable() for char in cleaned)


@given(st.integers(10**11, 10**18 - 1), st.sampled_from(["", " ", "-"]))
def test_every_whole_card_number_is_found(stem: int, between: str) -> None:
    digits = next(f"{stem}{check}" for check in range(10) if passes_luhn(f"{stem}{check}"))
    grouped = between.join(digits[place : place + 4] for place in range(0, len(digits), 4))
    assert holds_account_number(f"x {grouped} y")


def test_check_digits() -> None:
    assert passes_luhn("4111111111111111")
    assert not passes_luhn("4111111111111112")
    assert is_iban("GB29NWBK60161331926819")
    assert not is_iban("GB29NWBK60161331926818")

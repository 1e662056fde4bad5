"""Alerts for tests of understanding."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from cases.domain.alert import (
    Alert,
    Contact,
    ContactKind,
    Customer,
    IdentityQuestion,
    IdentityQuestionKind,
    Party,
    Transaction,
)
from cases.domain.money import Money
from cases.domain.vocabulary import PaymentChannel, Rail, Typology

RAISED = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)


def alert_en(**changes: object) -> Alert:
    alert = Alert(
        id="a-en",
        bank_name="Northbank",
        transaction=Transaction(
            end_to_end_id="e2e",
            rail=Rail.FASTER_PAYMENTS,
            channel=PaymentChannel.MOBILE_APP,
            amount=Money(480000, "GBP"),
            debtor=Party("Alex Morgan"),
            creditor=Party("J Brown Motors", "****1234"),
            first_time_payee=True,
            initiated_at=RAISED,
        ),
        customer=Customer(
            reference="c-1",
            name="Alex Morgan",
            contacts=(Contact(ContactKind.PHONE, "+447700900123"),),
            identity_question=IdentityQuestion(IdentityQuestionKind.BIRTHDAY, "03-12"),
        ),
        score=0.7,
        reason_codes=("new_payee",),
        typologies=(Typology.BANK_IMPOSTER,),
        jurisdiction="GB",
        locale="en-GB",
        hold_deadline=datetime(2026, 3, 6, 17, 0, tzinfo=UTC),
        raised_at=RAISED,
    )
    return replace(alert, **changes)  # type: ignore[arg-type]


def alert_zh(**changes: object) -> Alert:
    alert = alert_en(
        id="a-zh",
        bank_name="北方银行",
        jurisdiction="CN",
        locale="zh-CN",
        typologies=(Typology.GOVERNMENT_IMPOSTER,),
    )
    transaction = replace(
        alert.transaction,
        amount=Money(4800000, "CNY"),
        creditor=Party("王建国"),
        rail=Rail.IBPS,
        debtor=Party("陈晓雨"),
    )
    customer = replace(alert.customer, name="陈晓雨")
    return replace(alert, transaction=transaction, customer=customer, **changes)  # type: ignore[arg-type]

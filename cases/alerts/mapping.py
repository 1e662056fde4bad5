"""From document to domain and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from cases.alerts.document import AlertDocument, ContactDocument, PartyDocument, TransactionDocument
from cases.alerts.errors import AlertInvalidError, Problem
from cases.domain.alert import Alert, Consent, Contact, Customer, IdentityQuestion, Party, Transaction
from cases.domain.money import Money

MAX_PROBLEMS = 20
"""How many problems of one document are told."""


def parse_document(raw: bytes | str) -> AlertDocument:
    """Check the JSON of an alert document.

    Raises:
        AlertInvalidError: It is not JSON or breaks the schema.
    """
    try:
        return AlertDocument.model_validate_json(raw)
    except ValidationError as error:
        raise AlertInvalidError(
            tuple(
                Problem(".".join(str(part) for part in one["loc"])[:120], one["msg"].removeprefix("Value error, "))
                for one in error.errors(include_url=False, include_context=False, include_input=False)[:MAX_PROBLEMS]
            )
        ) from None


def parse_alert(raw: bytes | str | Mapping[str, Any]) -> Alert:
    """Read an alert from JSON, or from a document already taken apart.

    Raises:
        AlertInvalidError: It is not JSON or breaks the schema.
    """
    if isinstance(raw, Mapping):
        raw = json.dumps(raw)
    return _alert(parse_document(raw))


def document_of(alert: Alert) -> dict[str, Any]:
    """The JSON document of an alert; parse_alert gives the same alert back."""
    return AlertDocument.model_validate(
        {
            "id": alert.id,
            "bank_name": alert.bank_name,
            "transaction": _plain(alert.transaction),
            "customer": _plain(alert.customer),
            "score": alert.score,
            "reason_codes": alert.reason_codes,
            "typologies": alert.typologies,
            "jurisdiction": alert.jurisdiction,
            "locale": alert.locale,
            "hold_deadline": alert.hold_deadline,
            "raised_at": alert.raised_at,
            "tier": alert.tier,
        },
        strict=False,
    ).model_dump(mode="json", exclude_none=True)


def _plain(value: object) -> Any:
    """A domain value as plain mappings and tuples."""
    fields = getattr(value, "__dataclass_fields__", None)
    if fields is not None:
        return {name: _plain(getattr(value, name)) for name in fields}
    if isinstance(value, tuple):
        return tuple(_plain(one) for one in value)
    return value


def _alert(document: AlertDocument) -> Alert:
    customer = document.customer
    return Alert(
        id=document.id,
        bank_name=document.bank_name,
        transaction=_transaction(document.transaction),
        customer=Customer(
            reference=customer.reference,
            name=customer.name,
            contacts=tuple(_contact(one) for one in customer.contacts),
            identity_question=IdentityQuestion(
                kind=customer.identity_question.kind, expected=customer.identity_question.expected
            ),
            consent=Consent(
                recording=customer.consent.recording,
                ai_voice=customer.consent.ai_voice,
                video_stills=customer.consent.video_stills,
            ),
            date_of_birth=customer.date_of_birth,
        ),
        score=float(document.score),
        reason_codes=document.reason_codes,
        typologies=document.typologies,
        jurisdiction=document.jurisdiction,
        locale=document.locale,
        hold_deadline=document.hold_deadline,
        raised_at=document.raised_at,
        tier=document.tier,
    )


def _transaction(document: TransactionDocument) -> Transaction:
    return Transaction(
        uetr=None if document.uetr is None else str(document.uetr),
        end_to_end_id=document.end_to_end_id,
        rail=document.rail,
        channel=document.channel,
        amount=Money(document.amount.minor, document.amount.currency),
        debtor=_party(document.debtor),
        creditor=_party(document.creditor),
        first_time_payee=document.first_time_payee,
        creditor_account_age_days=document.creditor_account_age_days,
        initiated_at=document.initiated_at,
        memo=document.memo,
    )


def _party(document: PartyDocument) -> Party:
    return Party(
        name=document.name,
        account_masked=document.account_masked,
        agent=document.agent,
        country=document.country,
    )


def _contact(document: ContactDocument) -> Contact:
    return Contact(
        kind=document.kind,
        address=document.address,
        verified_at=document.verified_at,
        forwarding=document.forwarding,
        sim_swapped_at=document.sim_swapped_at,
    )

"""An alert as the document that scenario files hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cases.domain.alert import Alert, Contact, Party


def alert_document(alert: Alert) -> dict[str, Any]:
    """The document of an alert without its locale, which is the scenario's; what is not known is left out."""
    paid, customer = alert.transaction, alert.customer
    transaction: dict[str, Any] = {
        "uetr": paid.uetr,
        "end_to_end_id": paid.end_to_end_id,
        "rail": paid.rail.value,
        "channel": paid.channel.value,
        "amount": {"minor": paid.amount.minor, "currency": paid.amount.currency},
        "debtor": _party(paid.debtor),
        "creditor": _party(paid.creditor),
        "first_time_payee": paid.first_time_payee,
        "creditor_account_age_days": paid.creditor_account_age_days,
        "initiated_at": _moment(paid.initiated_at),
        "memo": paid.memo,
    }
    return _known(
        {
            "id": alert.id,
            "bank_name": alert.bank_name,
            "transaction": _known(transaction),
            "customer": _known(
                {
                    "reference": customer.reference,
                    "name": customer.name,
                    "contacts": [_contact(contact) for contact in customer.contacts],
                    "identity_question": {
                        "kind": customer.identity_question.kind.value,
                        "expected": customer.identity_question.expected,
                    },
                    "consent": {
                        "recording": customer.consent.recording,
                        "ai_voice": customer.consent.ai_voice,
                        "video_stills": customer.consent.video_stills,
                    },
                    "date_of_birth": customer.date_of_birth.isoformat() if customer.date_of_birth else None,
                }
            ),
            "score": alert.score,
            "reason_codes": list(alert.reason_codes),
            "typologies": [typology.value for typology in alert.typologies],
            "jurisdiction": alert.jurisdiction,
            "hold_deadline": _moment(alert.hold_deadline),
            "raised_at": _moment(alert.raised_at),
            "tier": alert.tier.value if alert.tier else None,
        }
    )


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _party(party: Party) -> dict[str, Any]:
    return _known(
        {
            "name": party.name,
            "account_masked": party.account_masked,
            "agent": party.agent,
            "country": party.country,
        }
    )


def _contact(contact: Contact) -> dict[str, Any]:
    return _known(
        {
            "kind": contact.kind.value,
            "address": contact.address,
            "verified_at": _moment(contact.verified_at) if contact.verified_at else None,
            "forwarding": contact.forwarding or None,
            "sim_swapped_at": _moment(contact.sim_swapped_at) if contact.sim_swapped_at else None,
        }
    )

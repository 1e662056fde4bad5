"""The schema of an alert document (pydantic, strict, no unknown keys)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import UUID4, AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from cases.alerts.text import check_e164, check_email, check_masked, clean, holds_account_number
from cases.domain.alert import ContactKind, IdentityQuestionKind
from cases.domain.money import CURRENCY_EXPONENTS
from cases.domain.vocabulary import PaymentChannel, Rail, Tier, Typology

IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""Identifiers that become parts of keys, addresses and file names."""
LOCALES = ("en-GB", "en-US", "zh-CN")
"""Locales that the script exists in."""


def _stranger_text(text: str) -> str:
    cleaned = clean(text)
    if not cleaned:
        raise ValueError("the text is empty once control characters are taken out")
    if holds_account_number(cleaned):
        raise ValueError("the text holds a whole card number or IBAN; mask it")
    return cleaned


def _utc(moment: datetime) -> datetime:
    # Far years are mistakes, and time zones would carry them beyond what a date can be.
    if not 2000 <= moment.year < 2200:
        raise ValueError("give a time of this century")
    return moment.astimezone(UTC)


def _currency(code: str) -> str:
    if code not in CURRENCY_EXPONENTS:
        raise ValueError(f"use one of {', '.join(CURRENCY_EXPONENTS)}")
    return code


def _locale(tag: str) -> str:
    if tag not in LOCALES:
        raise ValueError(f"use one of {', '.join(LOCALES)}")
    return tag


Identifier = Annotated[str, Field(pattern=IDENTIFIER)]
Name = Annotated[str, Field(min_length=1, max_length=140), AfterValidator(_stranger_text)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
UtcTime = Annotated[AwareDatetime, AfterValidator(_utc)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class MoneyDocument(_Strict):
    """An amount in integer minor units."""

    minor: int = Field(ge=0, le=10**15, description="Pence, cents or fen.")
    currency: Annotated[str, AfterValidator(_currency)] = Field(description="ISO 4217 code.")


class PartyDocument(_Strict):
    """Debtor or creditor."""

    name: Name
    account_masked: Annotated[str, Field(max_length=40), AfterValidator(check_masked)] | None = Field(
        default=None, description="All but the last digits masked, such as `**** 4821`."
    )
    agent: Name | None = Field(default=None, description="BIC or name of the party's bank.")
    country: Country | None = Field(default=None, description="ISO 3166-1 alpha-2.")


class TransactionDocument(_Strict):
    """The payment in question."""

    uetr: UUID4 | None = Field(default=None, description="Unique end-to-end transaction reference; none for cards.")
    end_to_end_id: Annotated[str, Field(pattern=r"^[\x21-\x7e](?:[\x20-\x7e]{0,33}[\x21-\x7e])?$")] = Field(
        description="The debtor's reference, at most 35 printable characters."
    )
    rail: Rail
    channel: PaymentChannel
    amount: MoneyDocument
    debtor: PartyDocument
    creditor: PartyDocument
    first_time_payee: bool
    creditor_account_age_days: int | None = Field(default=None, ge=0, le=100_000)
    initiated_at: UtcTime
    memo: Annotated[str, Field(max_length=140), AfterValidator(_stranger_text)] | None = Field(
        default=None, description="Remittance information."
    )


class ContactDocument(_Strict):
    """One address that the customer gave to the bank."""

    kind: ContactKind
    address: Annotated[str, Field(min_length=1, max_length=254, pattern=r"^[\x21-\x7e]+$")] = Field(
        description="E.164 number, e-mail address or device reference."
    )
    verified_at: UtcTime | None = None
    forwarding: bool = False
    sim_swapped_at: UtcTime | None = None

    @model_validator(mode="after")
    def _address_fits_kind(self) -> ContactDocument:
        if self.kind is ContactKind.PHONE:
            check_e164(self.address)
        elif self.kind is ContactKind.EMAIL:
            check_email(self.address)
        return self


class IdentityQuestionDocument(_Strict):
    """The knowledge question; never a secret."""

    kind: IdentityQuestionKind
    expected: str = Field(max_length=10, description="`MM-DD`, or a postcode part in capitals without blanks.")

    @model_validator(mode="after")
    def _expected_fits_kind(self) -> IdentityQuestionDocument:
        if self.kind is IdentityQuestionKind.BIRTHDAY:
            # A leap year, so that 29 February is a birthday.
            try:
                right = re.fullmatch(r"\d{2}-\d{2}", self.expected, re.ASCII) is not None
                date.fromisoformat(f"2000-{self.expected}")
            except ValueError:
                right = False
            if not right:
                raise ValueError("give the birthday as MM-DD, such as 03-12")
        elif not re.fullmatch(r"[A-Z0-9]{2,8}", self.expected):
            raise ValueError("give the postcode part in capitals without blanks, such as SW1A")
        return self


class ConsentDocument(_Strict):
    """What the customer agreed to before the call."""

    recording: bool = True
    ai_voice: bool = True
    video_stills: bool = False


class CustomerDocument(_Strict):
    """Whom to ask."""

    reference: Identifier
    name: Name
    contacts: tuple[ContactDocument, ...] = Field(min_length=1, max_length=10, description="Best first.")
    identity_question: IdentityQuestionDocument
    consent: ConsentDocument = ConsentDocument()
    date_of_birth: date | None = None


class AlertDocument(_Strict):
    """A payment that the fraud engine flagged."""

    id: Identifier = Field(description="The bank's key of the alert; it becomes the case's key.")
    bank_name: Name = Field(description="As the agent says it.")
    transaction: TransactionDocument
    customer: CustomerDocument
    score: float = Field(ge=0, le=1, allow_inf_nan=False)
    reason_codes: tuple[Code, ...] = Field(max_length=20)
    typologies: tuple[Typology, ...] = Field(max_length=10, description="Hypotheses, likeliest first.")
    jurisdiction: Country
    locale: Annotated[str, AfterValidator(_locale)]
    hold_deadline: UtcTime = Field(description="When a hold without decision must end by law.")
    raised_at: UtcTime
    tier: Tier | None = None

    @model_validator(mode="after")
    def _deadline_follows(self) -> AlertDocument:
        if self.hold_deadline <= self.raised_at:
            raise ValueError("hold_deadline must be later than raised_at")
        return self

"""The alert and what it is made of: payment, parties, customer, contacts, consent; times in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from cases.domain.money import Money
from cases.domain.vocabulary import Language, PaymentChannel, Rail, Tier, Typology


@dataclass(frozen=True, slots=True)
class Party:
    """Debtor or creditor of a payment.

    Attributes:
        name: Name as the bank holds it; untrusted text where a merchant or a payer wrote it.
        account_masked: Account with all but the last digits masked, or None.
        agent: BIC or name of the party's bank, or None.
        country: ISO 3166-1 alpha-2 country of the account, or None.
    """

    name: str
    account_masked: str | None = None
    agent: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """The payment in question, with the fields of an ISO 20022 pacs.008 that matter to a verification.

    Attributes:
        uetr: Unique end-to-end transaction reference (UUID, ISO 20022), or None for cards.
        end_to_end_id: The debtor's own reference.
        rail: The payment system.
        channel: Where the payment was started.
        amount: What is paid.
        debtor: Who pays: the bank's customer.
        creditor: Who is paid.
        first_time_payee: Whether the customer never paid this creditor before.
        creditor_account_age_days: Age of the creditor's account where the bank knows it.
        initiated_at: When the payment was started, UTC.
        memo: Remittance information; untrusted text.
    """

    end_to_end_id: str
    rail: Rail
    channel: PaymentChannel
    amount: Money
    debtor: Party
    creditor: Party
    first_time_payee: bool
    initiated_at: datetime
    uetr: str | None = None
    creditor_account_age_days: int | None = None
    memo: str | None = None


class ContactKind(StrEnum):
    """A way to reach the customer."""

    APP = "app"
    PHONE = "phone"
    EMAIL = "email"
    WECOM = "wecom"
    DINGTALK = "dingtalk"


@dataclass(frozen=True, slots=True)
class Contact:
    """One address of the customer, as the customer gave it to the bank.

    Attributes:
        kind: What sort of address it is.
        address: E.164 number, e-mail address or the app's device reference.
        verified_at: When the bank last verified it, UTC, or None.
        forwarding: Whether the line is known to be forwarded.
        sim_swapped_at: Latest known SIM swap, UTC, or None.
    """

    kind: ContactKind
    address: str
    verified_at: datetime | None = None
    forwarding: bool = False
    sim_swapped_at: datetime | None = None


class IdentityQuestionKind(StrEnum):
    """A knowledge question that is never a secret."""

    BIRTHDAY = "birthday"
    POSTCODE = "postcode"


@dataclass(frozen=True, slots=True)
class IdentityQuestion:
    """The one question that tells whether the right person is on the line.

    Attributes:
        kind: What is asked.
        expected: Normalised reply: `MM-DD` for a birthday, upper case without spaces for a postcode part.
    """

    kind: IdentityQuestionKind
    expected: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What the customer agreed to before the call.

    Attributes:
        recording: Whether calls may be recorded.
        ai_voice: Whether an automated voice may call (47 CFR 64.1200).
        video_stills: Whether still frames of a video session may be kept.
    """

    recording: bool = True
    ai_voice: bool = True
    video_stills: bool = False


@dataclass(frozen=True, slots=True)
class Customer:
    """The person the bank wants to reach.

    Attributes:
        reference: The bank's customer key; two open calls never go to one reference.
        name: Full name as the agent says it.
        contacts: Addresses, best first.
        identity_question: The knowledge question.
        consent: What the customer agreed to.
        date_of_birth: For age-related care, or None.
    """

    reference: str
    name: str
    contacts: tuple[Contact, ...]
    identity_question: IdentityQuestion
    consent: Consent = Consent()
    date_of_birth: date | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """What the bank's fraud engine flagged; immutable, its id keys the case.

    Attributes:
        id: The bank's key of the alert.
        bank_name: The bank's name as the agent says it.
        transaction: The payment.
        customer: Whom to ask.
        score: Fraud score between 0 and 1.
        reason_codes: The engine's reasons.
        typologies: Hypotheses of the engine, likeliest first.
        jurisdiction: ISO 3166-1 alpha-2 country whose rules hold.
        locale: BCP 47 tag of the customer's language, one of en-GB, en-US, zh-CN.
        hold_deadline: When a hold without decision must end by law, UTC.
        raised_at: When the engine raised it, UTC.
        tier: Contact tier the bank wants, or None to let policy choose.
    """

    id: str
    bank_name: str
    transaction: Transaction
    customer: Customer
    score: float
    reason_codes: tuple[str, ...]
    typologies: tuple[Typology, ...]
    jurisdiction: str
    locale: str
    hold_deadline: datetime
    raised_at: datetime
    tier: Tier | None = None

    @property
    def language(self) -> Language:
        """The script's language for this customer."""
        return Language.ZH if self.locale.startswith("zh") else Language.EN

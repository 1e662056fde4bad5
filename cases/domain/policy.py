"""What a bank's policy says, as frozen values: the words are the protocol's, the figures come from cases/policies.

Nothing here reads a file: `cases.policies.load` builds a Policy and stamps it with the hash of what it read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from cases.domain.alert import Alert
from cases.domain.call import CallEnding
from cases.domain.errors import InvalidValueError
from cases.domain.limits import Limits
from cases.domain.vocabulary import BankAction, Language, Outcome, Question, Rail, SignalCode, Tier, Typology

PROBES: frozenset[Question] = frozenset(Question) - {Question.IDENTITY, Question.MADE, Question.PROCEED}
"""Questions of the probe stage."""


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in both languages.

    Attributes:
        en: English.
        zh: Simplified Chinese.
    """

    en: str
    zh: str

    def get(self, language: Language) -> str:
        """The words in one language."""
        return self.zh if language is Language.ZH else self.en


class SignalRoute(StrEnum):
    """What the script does when it observes a signal."""

    NONE = "none"
    """Notes it and goes on; its weight counts."""
    WARN = "warn"
    """Stops probing and warns, once the right person is on the line."""
    PERSON = "person"
    """Hands over to a person at once."""
    CLOSE = "close"
    """Ends neutrally: the voice is not trusted to be the customer's."""


@dataclass(frozen=True, slots=True)
class SignalPolicy:
    """What policy says about one signal.

    Attributes:
        code: Which signal.
        label: Its name, as the desk and the reasons show it.
        examples: Two or more phrases a customer might use, by language; none for vocabulary.COMPARED_SIGNALS.
        weight: Points it adds to the score, once however often it is observed.
        hard: Whether it holds the payment whatever the score; the same as vocabulary.HARD_SIGNALS.
        route: What the script does about it.
        typologies: Kinds of fraud it points to, likeliest first.
    """

    code: SignalCode
    label: Text
    examples: Mapping[Language, tuple[str, ...]]
    weight: int
    hard: bool
    route: SignalRoute
    typologies: tuple[Typology, ...]


@dataclass(frozen=True, slots=True)
class TypologyPolicy:
    """What policy says about one kind of fraud.

    Attributes:
        typology: Which kind.
        label: Its name.
        authorised: Whether the customer is deceived into making the payment (a scam), so that probes are asked.
        probes: Questions that fit it, beyond the general ones.
        chinese_categories: Those of China's ten categories (Ministry of Public Security, 2024) that it covers.
    """

    typology: Typology
    label: Text
    authorised: bool
    probes: tuple[Question, ...]
    chinese_categories: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class ProbePolicy:
    """How probes are chosen.

    Attributes:
        general: Asked whenever probes are asked, in this order.
        free: Those whose answer is a free value; the others are answered yes, no or unsure.
        most: Most probes in one call, general ones first.
        rails_without: Rails on which an alert of unauthorised use alone needs no probes.
    """

    general: tuple[Question, ...]
    free: frozenset[Question]
    most: int
    rails_without: frozenset[Rail]


class Fact(StrEnum):
    """A fact of the alert that a scorecard rule can weigh."""

    FIRST_TIME_PAYEE = "first_time_payee"
    """1 for a first-time payee, else 0."""
    PAYEE_ACCOUNT_AGE_DAYS = "payee_account_age_days"
    """Age of the payee's account in days, where it is known."""
    ALERT_SCORE = "alert_score"
    """The fraud engine's score, 0 to 1."""
    CUSTOMER_AGE_YEARS = "customer_age_years"
    """The customer's age when the alert was raised, where it is known."""
    FOREIGN_PAYEE = "foreign_payee"
    """1 where both parties' countries are known and differ, else 0."""


@dataclass(frozen=True, slots=True)
class FactRule:
    """Points for a fact of the alert; a fact that is not known adds none.

    Attributes:
        id: Identifier of the rule, as findings name it.
        fact: What is weighed.
        at_least: It holds from this value on, or None.
        below: It holds under this value, or None.
        points: What it adds.
        reason: Why, in words.
    """

    id: str
    fact: Fact
    at_least: float | None
    below: float | None
    points: int
    reason: Text


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """Points, or a hold, for what was answered to a question.

    Attributes:
        id: Identifier of the rule, as findings name it.
        question: Which question.
        values: Normalised answers that it holds for.
        points: What it adds; 0 where it is hard.
        hard: Whether it holds the payment whatever the score.
        reason: Why, in words.
    """

    id: str
    question: Question
    values: frozenset[str]
    points: int
    hard: bool
    reason: Text


class Bar(StrEnum):
    """What keeps a payment from being released by policy, whatever the score; reasons stand in scorecard.yaml."""

    WRONG_PARTY = "wrong_party"
    IDENTITY_FAILED = "identity_failed"
    NOT_IDENTIFIED = "not_identified"
    DENIED = "denied"
    NOT_CONFIRMED = "not_confirmed"
    UNANSWERED = "unanswered"
    CHANGED_ANSWER = "changed_answer"
    WARNED = "warned"
    SCORE = "score"
    HIGH_TIER = "high_tier"
    FORWARDED_LINE = "forwarded_line"
    SIM_SWAPPED = "sim_swapped"
    WANTS_PERSON = "wants_person"
    WANTS_CALLBACK = "wants_callback"
    REFUSED = "refused"
    NOT_COMPLETED = "not_completed"
    PERSON_SPOKE = "person_spoke"


@dataclass(frozen=True, slots=True)
class OutcomePolicy:
    """What follows from an outcome.

    Attributes:
        action: What the bank is told before a person decides.
        escalate: Whether a person must decide.
        label: Its name.
    """

    action: BankAction
    escalate: bool
    label: Text


@dataclass(frozen=True, slots=True)
class Scorecard:
    """How answers, signals and facts become an outcome.

    Attributes:
        release_line: Score from which nothing is released by policy.
        warn_line: Score from which the customer is warned; at most the release line.
        facts: Points for what the alert says.
        answers: Points and holds for what was answered.
        bars: Reasons of what bars a release.
        outcomes: What follows from each outcome.
        unreached_endings: Endings before identity that count as not having reached the customer.
    """

    release_line: int
    warn_line: int
    facts: tuple[FactRule, ...]
    answers: tuple[AnswerRule, ...]
    bars: Mapping[Bar, Text]
    outcomes: Mapping[Outcome, OutcomePolicy]
    unreached_endings: frozenset[CallEnding]


@dataclass(frozen=True, slots=True)
class TierPolicy:
    """How hard the bank tries to reach the customer in one tier.

    Attributes:
        tier: Which tier.
        score_at_least: Alerts from this score on belong to it, or None.
        amount_at_least: Payments from this many minor units on belong to it, by currency.
        attempts: Most contact attempts within the hold.
        ring_seconds: How long one attempt rings.
        spacing_seconds: Waits before attempts 2, 3, …; the last repeats.
        review_seconds: Time a reviewer has before the review is late.
        urgent: Whether calls outside calling hours are allowed where the jurisdiction allows urgent fraud alerts.
    """

    tier: Tier
    score_at_least: float | None
    amount_at_least: Mapping[str, int]
    attempts: int
    ring_seconds: int
    spacing_seconds: tuple[int, ...]
    review_seconds: int
    urgent: bool


@dataclass(frozen=True, slots=True)
class CallingHours:
    """When a customer may be called, in local time.

    Attributes:
        start: First minute of the day.
        end: First minute that is too late.
        weekdays: Days on which calls are made, Monday is 0.
    """

    start: time
    end: time
    weekdays: frozenset[int]


@dataclass(frozen=True, slots=True)
class HoldRule:
    """How long a payment may be held without a decision; exactly one of hours and business_days is set.

    Attributes:
        hours: Hours from the alert, or None.
        business_days: The hold ends with this business day after the alert's, or None.
        explain_business_days: The customer learns the grounds by the end of this business day, or None.
        source: Law or practice that it rests on.
    """

    hours: int | None
    business_days: int | None
    explain_business_days: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the customer must be told under a jurisdiction's rules.

    Attributes:
        id: Identifier.
        text: The words.
        source: Law or practice that it rests on.
    """

    id: str
    text: Text
    source: str


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """The rules of one legal area.

    Attributes:
        code: Name of its file: GB, US, EU or CN.
        time_zones: IANA zones by ISO 3166-1 alpha-2 country; a call must be within hours in each zone of the country.
        calling_hours: When a customer may be called.
        urgent_fraud_alerts: Whether an urgent fraud alert may be made outside calling hours.
        hold: How long a payment may be held.
        notices: What the customer must be told.
    """

    code: str
    time_zones: Mapping[str, tuple[str, ...]]
    calling_hours: CallingHours
    urgent_fraud_alerts: bool
    hold: HoldRule
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything policy decides, read once at start.

    Attributes:
        version: Content hash of the files it was read from.
        signals: Every signal.
        typologies: Every kind of fraud.
        probes: How probes are chosen.
        scorecard: How an outcome is found.
        tiers: Every contact tier.
        jurisdictions: Legal areas by the code of their file.
        limits: Caps on one conversation.
    """

    version: str
    signals: Mapping[SignalCode, SignalPolicy]
    typologies: Mapping[Typology, TypologyPolicy]
    probes: ProbePolicy
    scorecard: Scorecard
    tiers: Mapping[Tier, TierPolicy]
    jurisdictions: Mapping[str, Jurisdiction]
    limits: Limits

    def tier_of(self, alert: Alert) -> Tier:
        """The tier that the alert names, else the highest whose score or amount it reaches."""
        if alert.tier is not None:
            return alert.tier
        for tier in (Tier.HIGH, Tier.MEDIUM):
            rule = self.tiers[tier]
            amount = rule.amount_at_least.get(alert.transaction.amount.currency)
            if rule.score_at_least is not None and alert.score >= rule.score_at_least:
                return tier
            if amount is not None and alert.transaction.amount.minor >= amount:
                return tier
        return Tier.LOW

    def contact_rules(self, alert: Alert) -> TierPolicy:
        """How hard the bank tries to reach the customer of this alert."""
        return self.tiers[self.tier_of(alert)]

    def jurisdiction(self, country: str) -> Jurisdiction:
        """The legal area that a country belongs to.

        Raises:
            InvalidValueError: No file of cases/policies/jurisdictions lists the country.
        """
        for area in self.jurisdictions.values():
            if country in area.time_zones:
                return area
        known = ", ".join(sorted(code for area in self.jurisdictions.values() for code in area.time_zones))
        raise InvalidValueError(f"jurisdiction: {country!r} is not covered by policy; covered are {known}")

"""What the agent says for an act, with the facts of one alert put in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from agent import numbers, untrusted
from agent.dialogue.guard import is_safe_name, sentences
from cases.domain.alert import Alert
from cases.domain.vocabulary import Act, Language, PaymentChannel, Rail, SignalCode, Typology
from prompts import DEFAULT_FORM, Facts, Prompts, fill
from prompts.model import FIRST_TIME_PAYEE, VERIFIED_FORM

_CARD_CHANNELS = frozenset({PaymentChannel.ECOMMERCE, PaymentChannel.POINT_OF_SALE})
_SHORTEST_NAME = 2
"""Letters or digits of a name that can be said: a mark alone would stand in many words."""
_LIKELY = ((0.85, "high"), (0.6, "medium"), (0.0, "low"))


def form_of(act: Act, alert: Alert, *, verified: bool) -> tuple[str, ...]:
    """Forms of an act that fit an alert, best first.

    Args:
        act: The act.
        alert: The alert.
        verified: Whether the right person is known to be on the line.
    """
    forms: list[str] = [VERIFIED_FORM] if verified else []
    if act in (Act.ASK_IDENTITY, Act.RETRY_IDENTITY):
        forms.append(alert.customer.identity_question.kind.value)
    if act is Act.ASK_MADE:
        transaction = alert.transaction
        if transaction.channel is PaymentChannel.CASH_MACHINE or transaction.rail is Rail.ATM:
            forms.append("cash")
        elif transaction.rail is Rail.CARD or transaction.channel in _CARD_CHANNELS:
            forms.append("card")
    if act is Act.ASK_SEEN_GOODS and Typology.PROPERTY_RENTAL in alert.typologies[:1]:
        forms.append("rental")
    return (*forms, DEFAULT_FORM)


@dataclass(frozen=True, slots=True)
class SpokenFacts:
    """The facts of a call as they are said.

    Attributes:
        variables: Wording by variable.
        findings: What was replaced because it must not be said.
    """

    variables: Mapping[str, str]
    findings: tuple[str, ...] = ()


def facts_of(alert: Alert, match_code: str, prompts: Prompts, zone: str) -> SpokenFacts:
    """Word the facts of an alert.

    Args:
        alert: The alert.
        match_code: The digits that the bank's app shows.
        prompts: The wording.
        zone: IANA time zone in which dates and times are said.
    """
    transaction, phrases, here = alert.transaction, prompts.facts[alert.language], ZoneInfo(zone)
    likelihood = next(key for least, key in _LIKELY if alert.score >= least)
    payee = untrusted.name(transaction.creditor.name)
    readable = sum(map(str.isalnum, payee)) >= _SHORTEST_NAME and is_safe_name(transaction.creditor.name)
    variables = {
        "bank": untrusted.name(alert.bank_name),
        "customer": untrusted.name(alert.customer.name),
        "payee": payee if readable else phrases.unreadable_payee,
        "amount": numbers.say_money(transaction.amount, alert.locale),
        "when": numbers.say_moment(transaction.initiated_at.astimezone(here), alert.locale),
        "deadline": _deadline(alert.hold_deadline.astimezone(here), alert.locale, phrases),
        "channel": phrases.channel[transaction.channel],
        "code": numbers.say_digits(match_code, alert.locale),
        "likelihood": phrases.likelihood[likelihood],
    }
    return SpokenFacts(variables, () if readable else ("payee name replaced",))


def _deadline(moment: datetime, locale: str, phrases: Facts) -> str:
    """A deadline as people say it: one that falls on the last minute of a day is the end of that day."""
    if (moment.hour, moment.minute) == (23, 59):
        return fill(phrases.end_of_day, {"day": numbers.say_day(moment.date(), locale)})
    return numbers.say_moment(moment, locale)


def fixed_sentences(prompts: Prompts, language: Language) -> frozenset[str]:
    """Every sentence of the wording that holds no variable: the same in every call, so its audio may be kept."""
    spoken = (*prompts.acts[language].values(), *prompts.warnings[language].values())
    wordings = [text for forms in spoken for form in forms.values() for text in form]
    said = [
        sentence.strip() for text in (*wordings, *prompts.facts[language].why.values()) for sentence in sentences(text)
    ]
    return frozenset(sentence for sentence in said if "{" not in sentence)


class Lines:
    """The wording of one call: the same alert gives the same words; a repeat of an act gives others."""

    def __init__(self, alert: Alert, facts: SpokenFacts, prompts: Prompts) -> None:
        """Bind the facts of an alert.

        Args:
            alert: The alert.
            facts: Its facts as they are said.
            prompts: The wording.
        """
        self._alert = alert
        self._prompts = prompts
        self._variables = facts.variables

    def say(
        self,
        act: Act,
        *,
        times: int = 0,
        verified: bool = False,
        typology: Typology | None = None,
        signals: Collection[SignalCode] = (),
    ) -> str:
        """Word an act.

        Args:
            act: The act.
            times: How often it was said before in this call.
            verified: Whether the right person is known to be on the line.
            typology: What `warn` warns of; the alert's likeliest kind of fraud when None.
            signals: What was noticed in this call; it makes a warning fit.

        Raises:
            PromptError: The wording names a variable without a value.
        """
        forms = self._prompts.acts[self._alert.language][act]
        form = next(name for name in form_of(act, self._alert, verified=verified) if name in forms)
        wordings = forms[form]
        variables = dict(self._variables)
        if act is Act.WARN:
            variables["warning"] = self.warning(typology, times=times, signals=signals)
        return fill(wordings[times % len(wordings)], variables)

    def warning(self, typology: Typology | None = None, *, times: int = 0, signals: Collection[SignalCode] = ()) -> str:
        """The bespoke warning against a kind of fraud.

        Args:
            typology: The kind; the alert's likeliest when None.
            times: How often it was said before in this call.
            signals: What was noticed in this call: it picks the form, and the reason that is given.
        """
        of_alert = self._alert.typologies[0] if self._alert.typologies else Typology.UNAUTHORISED_USE
        forms = self._prompts.warnings[self._alert.language][typology or of_alert]
        form = next((name for name in forms if name in signals), DEFAULT_FORM)
        wordings = forms[form]
        return fill(wordings[times % len(wordings)], {**self._variables, "why": self._why(signals)})

    def _why(self, signals: Collection[SignalCode]) -> str:
        """Why this payment looks like a scam: the strongest thing noticed in the call, else what the alert says."""
        reasons = self._prompts.facts[self._alert.language].why
        of_alert = FIRST_TIME_PAYEE if self._alert.transaction.first_time_payee else DEFAULT_FORM
        reason = next((name for name in reasons if name in signals), of_alert)
        return fill(reasons[reason], self._variables)

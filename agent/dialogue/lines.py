"""What the agent says for an act, with the facts of one alert put in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from agent import numbers, untrusted
from agent.dialogue.guard import is_safe_name, sentences
from cases.domain.alert import Alert
from cases.domain.vocabulary import Act, Language, PaymentChannel, Rail, Typology
from prompts import DEFAULT_FORM, Prompts, fill

UNREADABLE_PAYEE = {Language.EN: "the payee shown in your app", Language.ZH: "手机银行里显示的收款方"}
"""Stands for a payee whose name must not be read out."""
_CARD_CHANNELS = frozenset({PaymentChannel.ECOMMERCE, PaymentChannel.POINT_OF_SALE})
_LIKELY = ((0.85, "high"), (0.6, "medium"), (0.0, "low"))


def form_of(act: Act, alert: Alert, *, verified: bool) -> tuple[str, ...]:
    """Forms of an act that fit an alert, best first.

    Args:
        act: The act.
        alert: The alert.
        verified: Whether the right person is known to be on the line.
    """
    forms: list[str] = ["verified"] if verified else []
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
    readable = bool(payee) and is_safe_name(transaction.creditor.name)
    variables = {
        "bank": untrusted.name(alert.bank_name),
        "customer": untrusted.name(alert.customer.name),
        "payee": payee if readable else UNREADABLE_PAYEE[alert.language],
        "amount": numbers.say_money(transaction.amount, alert.locale),
        "when": numbers.say_moment(transaction.initiated_at.astimezone(here), alert.locale),
        "deadline": numbers.say_moment(alert.hold_deadline.astimezone(here), alert.locale),
        "channel": phrases.channel[transaction.channel],
        "code": numbers.say_digits(match_code, alert.locale),
        "likelihood": phrases.likelihood[likelihood],
    }
    return SpokenFacts(variables, () if readable else ("payee name replaced",))


def fixed_sentences(prompts: Prompts, language: Language) -> frozenset[str]:
    """Every sentence of the wording that holds no variable: the same in every call, so its audio may be kept."""
    wordings = [text for forms in prompts.acts[language].values() for form in forms.values() for text in form]
    said = [
        sentence.strip() for text in (*wordings, *prompts.warnings[language].values()) for sentence in sentences(text)
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

    def say(self, act: Act, *, times: int = 0, verified: bool = False, typology: Typology | None = None) -> str:
        """Word an act.

        Args:
            act: The act.
            times: How often it was said before in this call.
            verified: Whether the right person is known to be on the line.
            typology: What `warn` warns of; the alert's likeliest kind of fraud when None.

        Raises:
            PromptError: The wording names a variable without a value.
        """
        forms = self._prompts.acts[self._alert.language][act]
        form = next(name for name in form_of(act, self._alert, verified=verified) if name in forms)
        wordings = forms[form]
        variables = dict(self._variables)
        if act is Act.WARN:
            variables["warning"] = self.warning(typology)
        return fill(wordings[times % len(wordings)], variables)

    def warning(self, typology: Typology | None = None) -> str:
        """The bespoke warning against a kind of fraud."""
        of_alert = self._alert.typologies[0] if self._alert.typologies else Typology.UNAUTHORISED_USE
        return fill(self._prompts.warnings[self._alert.language][typology or of_alert], self._variables)

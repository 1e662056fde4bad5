"""The brief: what a reviewer is told, in words, before a customer is put through."""

from __future__ import annotations

from agent import numbers, untrusted
from agent.dialogue.guard import is_safe_name
from cases.domain.alert import Alert
from cases.domain.call import Verification
from cases.domain.policy import Policy
from cases.domain.transfer import TransferCause
from cases.domain.vocabulary import HARD_SIGNALS, Language
from prompts import fill
from prompts import load as load_prompts
from prompts.brief import load

MOST_SIGNALS = 3
"""Signals that are read out at most, hard ones first; the case page shows all."""


def invite(alert: Alert) -> str:
    """What is said to whoever answers a reviewer's telephone: nothing about the customer."""
    return fill(load(alert.language).invite, {"bank": untrusted.name(alert.bank_name)})


def brief(alert: Alert, so_far: Verification, cause: TransferCause, policy: Policy) -> tuple[str, ...]:
    """What a reviewer is told who takes the customer, sentence by sentence.

    Args:
        alert: The alert.
        so_far: What the script has recorded.
        cause: Why a person is called for.
        policy: Names the signals.
    """
    words, transaction = load(alert.language), alert.transaction
    payee = transaction.creditor.name
    readable = is_safe_name(payee)
    variables = {
        "customer": untrusted.name(alert.customer.name),
        "amount": numbers.say_money(transaction.amount, alert.locale),
        "payee": untrusted.name(payee) if readable else load_prompts().facts[alert.language].unreadable_payee,
    }
    said = [
        words.customer,
        words.identity[so_far.identity],
        words.payment,
        words.confirmation[so_far.confirmation],
        words.cause[cause],
    ]
    codes = sorted(dict.fromkeys(one.signal.code for one in so_far.signals), key=lambda code: code not in HARD_SIGNALS)
    if codes:
        labels = [policy.signals[code].label.get(alert.language) for code in codes[:MOST_SIGNALS]]
        variables["signals"] = ("、" if alert.language is Language.ZH else ", ").join(labels)
        said.append(words.signals)
    return tuple(fill(sentence, variables) for sentence in (*said, words.joining))

"""Wording of the brief that a reviewer hears before a customer is put through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from cases import fast_yaml
from cases.domain.call import Confirmation, Identity
from cases.domain.transfer import TransferCause
from cases.domain.vocabulary import Language

__all__ = ["BriefWording", "load"]


@dataclass(frozen=True, slots=True)
class BriefWording:
    """The brief in one language; names in braces are variables.

    Attributes:
        invite: Said to whoever answers: nothing about the customer.
        customer: Who waits.
        identity: Whether the right person is on the line.
        payment: Which payment.
        confirmation: What the customer says of it.
        cause: Why a person is called for.
        signals: What was noticed.
        joining: That the customer is put through.
    """

    invite: str
    customer: str
    identity: Mapping[Identity, str]
    payment: str
    confirmation: Mapping[Confirmation, str]
    cause: Mapping[TransferCause, str]
    signals: str
    joining: str


@cache
def load(language: Language) -> BriefWording:
    """The brief in one language, read once a process.

    Raises:
        KeyError: The file lacks a line.
    """
    text = (resources.files(__name__) / f"{language.value}.yaml").read_text("utf-8")
    lines: Mapping[str, Any] = fast_yaml.load(text)
    return BriefWording(
        invite=lines["invite"],
        customer=lines["customer"],
        identity={one: lines["identity"][one.value] for one in Identity},
        payment=lines["payment"],
        confirmation={one: lines["confirmation"][one.value] for one in Confirmation},
        cause={one: lines["cause"][one.value] for one in TransferCause},
        signals=lines["signals"],
        joining=lines["joining"],
    )

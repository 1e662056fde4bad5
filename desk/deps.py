"""What the desk is given; it reads no settings of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter

from cases.domain.policy import Policy
from cases.intake import Intake
from cases.ports import Blobs, Clock
from cases.store import Store
from desk.accounts import Accounts
from desk.live import LiveCalls
from desk.summons import SummonsLinks
from telephony.browser import BrowserSwitchboard
from telephony.people.desk import CallDesk


@dataclass(frozen=True, slots=True)
class DeskLimits:
    """Caps of the desk.

    Attributes:
        alert_burst: Alerts taken at once before the rate counts.
        alerts_per_second: Alerts taken in the long run.
        idle_seconds: A session without a page ends after this.
        session_seconds: A session ends after this in any case.
        login_failures: Wrong passwords of one name or one address before it must wait.
        login_window_seconds: How long a wrong password counts.
    """

    alert_burst: int = 2_000
    alerts_per_second: float = 50.0
    idle_seconds: int = 15 * 60
    session_seconds: int = 8 * 3600
    login_failures: int = 5
    login_window_seconds: int = 15 * 60


@dataclass(frozen=True, slots=True)
class Admission:
    """What a page needs to join a room.

    Attributes:
        url: Address of the LiveKit server as browsers reach it, `ws(s)://`.
        token: Lets one person join this room and no other, within minutes.
        key: Passphrase of end-to-end encryption, or empty for none.
        records: Whether the customer's moving picture is recorded where they allow it.
    """

    url: str
    token: str
    key: str
    records: bool = False


@dataclass(frozen=True, slots=True)
class CallPeople:
    """How reviewers come into running calls.

    Attributes:
        calls: The calls that they can come into.
        pages: Where the desk's pages get their lines.
        phones: Whether a reviewer can be called by telephone.
        rooms: Lets a reviewer's page into the LiveKit room of their line, given attempt id and account name; None
            without LiveKit.
        rooms_at: Where browsers reach LiveKit, `ws(s)://`, or empty.
    """

    calls: CallDesk
    pages: BrowserSwitchboard
    phones: bool = False
    rooms: Callable[[str, str], Admission] | None = None
    rooms_at: str = ""


@dataclass(frozen=True, slots=True)
class DeskDeps:
    """Everything that create_app needs.

    Attributes:
        intake: The only door through which a case changes.
        store: Reads of cases and events.
        blobs: Recordings and stills.
        policy: Release line, labels of signals.
        clock: Where time comes from.
        webhook_secrets: One or two active Standard Webhooks secrets (`whsec_…`) that sign alerts.
        api_keys: Bearer keys of the bank's API.
        session_secret: 32 bytes or more that sign sessions and form tokens.
        accounts: Local accounts of the desk.
        origins: Origins that browsers use, canonical first, such as `https://calls.bank.example`; with https
            the cookies are Secure and carry the `__Host-` prefix.
        live: Hub of running calls.
        alert_examples: Makes named alert documents for the API description, once it is asked for.
        unready: Says why no call can be placed now, or nothing.
        routers: Routers of other parts, such as the customer's page (they see to their own access).
        limits: Caps.
        people: How reviewers come into running calls; None where they cannot.
        links: Makes links to video sessions; None where reviewers make none.
    """

    intake: Intake
    store: Store
    blobs: Blobs
    policy: Policy
    clock: Clock
    webhook_secrets: tuple[str, ...]
    api_keys: tuple[str, ...]
    session_secret: bytes
    accounts: Accounts
    origins: tuple[str, ...]
    live: LiveCalls
    alert_examples: Callable[[], Mapping[str, Mapping[str, Any]]]
    unready: Callable[[], str] = str
    routers: tuple[APIRouter, ...] = ()
    limits: DeskLimits = DeskLimits()
    people: CallPeople | None = None
    links: SummonsLinks | None = None

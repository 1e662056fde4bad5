"""Links to video sessions: made for one case, opened once, and ended by the clock; all of it stands in the record."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.domain.case import Case, CaseState
from cases.domain.events import CustomerArrived, SummonsIssued
from cases.domain.ruling import ContactAttempt
from cases.domain.vocabulary import Arrival
from cases.intake import Intake
from cases.ports import Clock
from cases.store import Store
from desk.errors import SummonsClosedError, SummonsOpenedElsewhereError, SummonsUnknownError, VideoMissingError

LONGEST = timedelta(hours=24)
"""Longest life of a link."""
USUAL = timedelta(minutes=15)
"""Life of a link that asks for none."""
_MET = (CaseState.HOLDING, CaseState.WAITING, CaseState.CONTACTING)
_TOKEN_BYTES = 32
_ROOM_DIGITS = 24


@dataclass(frozen=True, slots=True)
class Summons:
    """A link that somebody holds.

    Attributes:
        id: Digest of its token.
        case: The case it is for, as it is now.
        expires_at: When it ends, UTC.
    """

    id: str
    case: Case
    expires_at: datetime

    @property
    def room(self) -> str:
        """Name of the room in which whoever opens it waits: it tells nothing about the case."""
        return f"video-{self.id[:_ROOM_DIGITS]}"

    @property
    def attempt(self) -> ContactAttempt | None:
        """The attempt that met the customer in this room, or None."""
        return next((one for one in self.case.attempts if one.room == self.room), None)

    @property
    def waits(self) -> bool:
        """Whether the customer came by it and no attempt has met them yet."""
        return self.case.waiting is not None and self.case.waiting.room == self.room


class Summonses:
    """Makes links and opens them."""

    def __init__(self, intake: Intake, store: Store, clock: Clock) -> None:
        """Record through an intake and look up in a store."""
        self._intake = intake
        self._store = store
        self._clock = clock

    async def issue(self, case_id: str, lasts: timedelta, *, by: str) -> tuple[str, datetime]:
        """Make a link for a case that is still to be talked about.

        Args:
            case_id: The case.
            lasts: How long the link can be opened; the hold's deadline ends it earlier.
            by: Who asks for it: `bank` or an account's name.

        Returns:
            Its token, 256 random bits for the address `/video/{token}`, and when it ends.

        Raises:
            SummonsClosedError: The case is decided, or a person has it already.
            SummonsUnknownError: There is no such case.
        """
        case = await self._store.case(case_id)
        if case is None:
            raise SummonsUnknownError("There is no such case.")
        if not takes_summons(case):
            raise SummonsClosedError(f"The case is in state {case.state.value}: the agent has nothing left to ask.")
        now = self._clock.now()
        expires_at = min(now + lasts, case.alert.hold_deadline)
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        digest = digest_of(token)
        event = SummonsIssued(digest, expires_at, by)
        await self._intake.record(case_id, event, event_id=_key(digest, "issued"), at=now)
        return token, expires_at

    async def find(self, token: str) -> Summons:
        """The summons of a token; looking at it uses nothing up.

        Raises:
            SummonsUnknownError: There is none.
        """
        digest = digest_of(token)
        stored = await self._store.event(_key(digest, "issued"))
        case = None if stored is None else await self._store.case(stored.case_id)
        if stored is None or case is None or not isinstance(stored.event, SummonsIssued):
            raise SummonsUnknownError("This link is unknown.")
        return Summons(digest, case, stored.event.expires_at)

    async def revisit(self, token: str, browser: str) -> Summons:
        """The summons that this browser opened.

        Raises:
            SummonsUnknownError: There is no such link, or nobody opened it.
            SummonsOpenedElsewhereError: Another browser opened it.
        """
        summons = await self.find(token)
        opened = await self._store.event(_key(summons.id, "opened"))
        if opened is None or not isinstance(opened.event, CustomerArrived):
            raise SummonsUnknownError("This link was not opened.")
        if not browser or opened.event.visitor != digest_of(browser):
            raise SummonsOpenedElsewhereError("Another browser opened this link.")
        return summons

    async def open(self, token: str, browser: str) -> Summons:
        """Let whoever holds the link in: the first browser keeps it and may come back while its session lasts.

        Args:
            token: From the address.
            browser: The secret in the browser's cookie.

        Raises:
            SummonsUnknownError: There is no such link, or it ended before it was opened.
            SummonsOpenedElsewhereError: Another browser opened it.
        """
        summons = await self.find(token)
        now = self._clock.now()
        key = _key(summons.id, "opened")
        if now >= summons.expires_at and await self._store.event(key) is None:
            raise SummonsUnknownError("This link has ended.")
        if not browser:
            raise SummonsOpenedElsewhereError("This browser keeps no cookies, so it cannot be told from others.")
        event = CustomerArrived(Arrival.VIDEO, summons.room, digest_of(browser))
        # Whose event was first holds: the same key is recorded once.
        await self._intake.record(summons.case.id, event, event_id=key, at=now)
        return await self.revisit(token, browser)


@dataclass(frozen=True, slots=True)
class SummonsLink:
    """A link to a video session, for the bank to send by its own channels.

    Attributes:
        url: Its address; whoever has it can open it once.
        expires_at: When it ends, UTC.
    """

    url: str
    expires_at: datetime


class SummonsLinks:
    """Makes links for the bank's API and for reviewers."""

    def __init__(self, summonses: Summonses, origin: str, missing: Callable[[], str]) -> None:
        """Make links at an origin.

        Args:
            summonses: Issues them.
            origin: Origin of the customer's page.
            missing: Says what a video session lacks here, or nothing.
        """
        self._summonses = summonses
        self._origin = origin
        self._missing = missing

    def offered(self, case: Case) -> bool:
        """Whether a link can be made for a case now."""
        return takes_summons(case) and not self._missing()

    async def make(self, case_id: str, lasts: timedelta, *, by: str) -> SummonsLink:
        """Make a link; see `Summonses.issue`.

        Raises:
            SummonsClosedError: The case is decided, or a person has it already.
            SummonsUnknownError: There is no such case.
            VideoMissingError: Video sessions are not set up here.
        """
        if missing := self._missing():
            raise VideoMissingError(missing)
        token, expires_at = await self._summonses.issue(case_id, lasts, by=by)
        return SummonsLink(f"{self._origin}/video/{token}", expires_at)


def takes_summons(case: Case) -> bool:
    """Whether the agent still has something to ask the customer of a case."""
    return case.state in _MET


def digest_of(secret: str) -> str:
    """What a secret is known by where it must not be kept: its SHA-256, hex."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _key(digest: str, what: str) -> str:
    return f"summons:{digest}:{what}"

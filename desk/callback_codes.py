"""Codes for ringing back: made for one case, said by whoever rings the bank's number, and ended by the clock.

The record holds keyed digests. Six digits have a million values, so whoever held plain hashes of them would know every
code at once.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.domain.alert import ContactKind
from cases.domain.arrivals import Meeting, in_use, last_room, meeting
from cases.domain.case import Case
from cases.domain.events import CallbackCodeIssued, CustomerArrived
from cases.domain.vocabulary import Arrival, Language
from cases.intake import EventConflictError, Intake
from cases.ports import Clock
from cases.store import Store, StoredEvent, StoreUnavailableError
from desk.callers import calls_from, told_apart
from desk.code_throttle import CodeThrottle
from desk.errors import (
    CallbackCodesClosedError,
    CallbackCodesThrottledError,
    CallbackCodesTooManyError,
    CallbackCodeTakenError,
    CallbackCodeUnknownError,
    CallbackCodeUsedError,
    CaseUnknownError,
)

DIGITS = 6
"""Length of a code that is drawn."""
MOST_LIVE = 5
"""Codes that one case may have at a time: each makes a guess more likely to be right."""
_CODE = re.compile(r"[0-9]{6,10}")
_BETWEEN = frozenset(" -.,")
_DRAWS = 50
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Welcome:
    """What whoever said a right code is told.

    Attributes:
        meets: Who meets them.
        language: The customer's language.
    """

    meets: Meeting
    language: Language


@dataclass(frozen=True, slots=True)
class _Issued:
    """The latest making of a code.

    Attributes:
        case: The case it is for, as it is now.
        event: Its event.
        number: How often the code was made before and then, over all cases.
    """

    case: Case
    event: CallbackCodeIssued
    number: int


Occupied = Callable[[str], Awaitable[bool]]
"""Whether a caller may still be in a room."""


async def unknown(room: str) -> bool:
    """Nobody can say who is in a room, so whoever came last may still be there."""
    return True


class CallbackCodes:
    """Makes codes and lets callers in by them."""

    def __init__(
        self,
        intake: Intake,
        store: Store,
        clock: Clock,
        *,
        secret: bytes,
        throttle: CodeThrottle,
        waits: timedelta,
        occupied: Occupied = unknown,
    ) -> None:
        """Record through an intake and look up in a store.

        Args:
            intake: Records events.
            store: Reads cases.
            clock: Where time comes from.
            secret: A secret of the server; a key that is used for nothing else is derived from it.
            throttle: Counts wrong codes.
            waits: For how long a caller is taken to wait for the agent.
            occupied: Says whether a caller may still be in their room.
        """
        self._intake = intake
        self._store = store
        self._clock = clock
        self._key = hmac.digest(secret, b"riskcall callback code", hashlib.sha256)
        self._throttle = throttle
        self._waits = waits
        self._occupied = occupied

    async def issue(
        self, case_id: str, lasts: timedelta | None = None, *, code: str = "", by: str
    ) -> tuple[str, datetime]:
        """Make a code for a case that is still to be talked about.

        Args:
            case_id: The case.
            lasts: How long it is good for; None and everything longer ends with the hold.
            code: The bank's own, 6 to 10 digits, or empty to have six drawn.
            by: Who asks for it: `bank`.

        Returns:
            The code and when it ends, UTC.

        Raises:
            CaseUnknownError: There is no such case.
            CallbackCodesClosedError: The case is decided, a person has it, or its hold has ended.
            CallbackCodesTooManyError: The case has enough live codes.
            CallbackCodeTakenError: Another case has the bank's own code.
        """
        case = await self._store.case(case_id)
        if case is None:
            raise CaseUnknownError("There is no such case.")
        now, deadline = self._clock.now(), case.alert.hold_deadline
        if meeting(case) is not Meeting.AGENT:
            raise CallbackCodesClosedError(f"The case is in state {case.state.value}: nothing is left to be asked.")
        if now >= deadline:
            raise CallbackCodesClosedError("The hold of the case has ended.")
        expires_at = deadline if lasts is None else min(now + lasts, deadline)
        live = {one.digest for one in case.codes if one.expires_at > now}
        if len(live - {self._digest(code)}) >= MOST_LIVE:
            raise CallbackCodesTooManyError(f"The case has {MOST_LIVE} codes; they can still be used.")
        if code:
            return await self._issue_own(case, code, expires_at, by)
        for _ in range(_DRAWS):
            drawn = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
            latest = await self._latest(self._digest(drawn))
            free = latest is None or latest.event.expires_at <= now
            if free and await self._record(case, drawn, latest, expires_at, by):
                return drawn, expires_at
        raise CallbackCodesTooManyError("No free code was found: too many are live over all cases.")

    async def arrive(self, code: str, room: str, caller: str) -> Welcome:
        """Somebody who rang the bank said a code; the same again from the same room changes nothing.

        Args:
            code: What they said or keyed in; spaces and hyphens do not count.
            room: Name of the room in which they wait.
            caller: Their number or its digest (desk.callers), or empty where it is withheld; compared and not kept.

        Raises:
            CallbackCodesThrottledError: Too many wrong codes were said; whether this one is right is not told.
            CallbackCodeUnknownError: No case has it, or its time is over.
            CallbackCodeUsedError: Somebody in another room came by it, and their call goes on.
        """
        who, now = self._digest(f"caller {told_apart(caller)}"), self._clock.now()
        if wait := self._throttle.begin(who, now):
            raise CallbackCodesThrottledError(wait)
        try:
            found = await self._find(code, room, now)
        except StoreUnavailableError:
            self._throttle.take_back(who, answered=False)
            raise
        known = found is not None and _calls_from_own(found.case, caller)
        if not known and (wait := self._throttle.answer(now)):
            _log.warning("wrong callback codes come in faster than the limit over all callers")
            raise CallbackCodesThrottledError(wait)
        if found is None:
            raise CallbackCodeUnknownError("No case has this code, or its time is over.")
        self._throttle.take_back(who, answered=not known)
        return await self._let_in(found, room)

    async def _find(self, said: str, room: str, now: datetime) -> _Issued | None:
        """The making of a code by which whoever waits in a room may come."""
        code = "".join(one for one in unicodedata.normalize("NFKC", said) if one not in _BETWEEN)
        found = await self._latest(self._digest(code)) if _CODE.fullmatch(code) else None
        if found is None:
            return None
        may = now < found.event.expires_at or self._holds(found.case, found.event.digest, room, now)
        return found if may else None

    def _holds(self, case: Case, digest: str, room: str, now: datetime) -> bool:
        """Whether whoever waits in a room came by this code, and what they were told still holds."""
        if last_room(case, digest) != room:
            return False
        return meeting(case) is not Meeting.AGENT or in_use(case, digest, now, self._waits)

    async def _let_in(self, found: _Issued, room: str) -> Welcome:
        case, digest = found.case, found.event.digest
        while not self._holds(case, digest, room, now := self._clock.now()):
            last = last_room(case, digest)
            used = last != room and in_use(case, digest, now, self._waits)
            # A line that was cut a moment ago shows in the room before the record tells of it.
            if used and await self._occupied(last):
                raise CallbackCodeUsedError("Somebody came by this code, and their call has not ended.")
            before = sum(one.code == digest for one in case.arrivals)
            recorded = await self._intake.record(
                case.id,
                CustomerArrived(Arrival.INBOUND, room, code=digest),
                event_id=f"callback:{digest}:{case.id}:arrived:{before + 1}",
                at=now,
            )
            case = recorded.case
            if not recorded.duplicate:
                break
            # Somebody was faster, and the case tells of them.
        return Welcome(meeting(case), case.alert.language)

    async def _issue_own(self, case: Case, code: str, expires_at: datetime, by: str) -> tuple[str, datetime]:
        """Make the bank's own code; the same again for the same case, which lasts no longer, is the one before."""
        while True:
            latest = await self._latest(self._digest(code))
            if latest is not None and latest.event.expires_at > self._clock.now():
                if latest.case.id == case.id and latest.event.expires_at >= expires_at:
                    return code, latest.event.expires_at
                if latest.case.id != case.id and not _gives_up(latest.case, case):
                    raise CallbackCodeTakenError("Another case has this code; send another, or none to have one drawn.")
            if await self._record(case, code, latest, expires_at, by):
                return code, expires_at

    async def _record(self, case: Case, code: str, latest: _Issued | None, expires_at: datetime, by: str) -> bool:
        """Record a code; False where somebody else made the same at the same moment."""
        digest = self._digest(code)
        event = CallbackCodeIssued(digest, expires_at, by)
        number = 1 if latest is None else latest.number + 1
        try:
            recorded = await self._intake.record(case.id, event, event_id=_issued(digest, number), at=self._clock.now())
        except EventConflictError:
            return False
        return not recorded.duplicate

    async def _latest(self, digest: str) -> _Issued | None:
        """The latest making of a code: they are numbered from 1 without a gap, and looked for by halving."""
        known, step, found = 0, 1, None
        growing = True
        while step:
            stored = await self._store.event(_issued(digest, known + step))
            if stored is not None:
                known, found = known + step, stored
            growing = growing and stored is not None
            step = step * 2 if growing else step // 2
        return None if found is None else await self._with_case(found, known)

    async def _with_case(self, stored: StoredEvent, number: int) -> _Issued | None:
        case = await self._store.case(stored.case_id)
        if case is None or not isinstance(stored.event, CallbackCodeIssued):
            return None
        return _Issued(case, stored.event, number)

    def _digest(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def _issued(digest: str, number: int) -> str:
    """Key of the event by which a code was made for the `number`th time."""
    return f"callback:{digest}:issued:{number}"


def _gives_up(holder: Case, case: Case) -> bool:
    """Whether a case lets its code go to another before its time: the same customer's, once it is decided."""
    same = holder.alert.customer.reference == case.alert.customer.reference
    return same and meeting(holder) is Meeting.NOBODY


def _calls_from_own(case: Case, caller: str) -> bool:
    """Whether a caller's number is one that the bank has of the case's customer."""
    return calls_from(caller, (one.address for one in case.alert.customer.contacts if one.kind is ContactKind.PHONE))

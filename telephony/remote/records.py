"""What the record knows of calls that workers hold, and what it takes of them."""

from __future__ import annotations

from cases.domain.case import Case
from cases.domain.events import CallEnded, Event
from cases.domain.fold import find_attempt
from cases.domain.ruling import ContactAttempt
from cases.store import Store
from telephony.remote.documents import media_keys
from telephony.remote.errors import CallSupersededError, CallUnknownError, EventRefusedError, ResultConflictError

_DIGITS = 6


class CallRecords:
    """Looks calls up by their ids; every method raises StoreUnavailableError where the record does not answer."""

    def __init__(self, store: Store, legs: frozenset[str]) -> None:
        """Know the calls on these kinds of legs."""
        self._store = store
        self._legs = legs

    async def find(self, call_id: str) -> tuple[Case, ContactAttempt]:
        """The case and the attempt of a call.

        Raises:
            CallUnknownError: There is no such call, or no worker holds calls of its kind.
        """
        case_id, _, digits = call_id.rpartition(":")
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < _DIGITS else 0
        case = await self._store.case(case_id) if number else None
        attempt = None if case is None else find_attempt(case, number)
        if case is None or attempt is None or attempt.leg not in self._legs:
            raise CallUnknownError("there is no such call")
        return case, attempt

    async def latest(self, call_id: str, claim: int) -> tuple[Case, ContactAttempt]:
        """The case and the attempt of a call, for whoever holds its latest claim.

        Raises:
            CallUnknownError: There is no such call.
            CallSupersededError: It is not the latest claim.
        """
        case, attempt = await self.find(call_id)
        if attempt.claims != claim:
            raise CallSupersededError(f"claim {claim} of call {call_id} is over")
        return case, attempt

    async def check_result(self, case_id: str, event_id: str, event: Event) -> None:
        """Refuse a result where the record holds another.

        Raises:
            ResultConflictError: It does.
        """
        for stored in await self._store.events(case_id):
            if stored.event_id == event_id and stored.event != event:
                raise ResultConflictError("the call has another result already")


def for_worker(case: Case, number: int) -> Case:
    """What a worker needs of a case: the alert and the attempt; nothing that was said or decided before."""
    return Case(
        id=case.id,
        alert=case.alert,
        state=case.state,
        seq=case.seq,
        opened_at=case.opened_at,
        updated_at=case.updated_at,
        attempts=tuple(one for one in case.attempts if one.number == number),
    )


def check_call(event: CallEnded, case_id: str, call_id: str) -> None:
    """Refuse a conversation that is not of this call, or that claims media of another.

    Raises:
        EventRefusedError: It is not.
    """
    recording, stills = media_keys(case_id, event.attempt)
    call = event.call
    if call.id != call_id:
        raise EventRefusedError("the conversation is of another call")
    if call.recording is not None and not call.recording.key.startswith(recording):
        raise EventRefusedError("the recording is of another call")
    if not all(one.key.startswith(stills) for one in call.stills):
        raise EventRefusedError("a still is of another call")

"""What the agent says and does around a person: holds the line for one, introduces one, goes on after one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from agent.call.alarms import Alarms
from agent.call.happenings import Timer
from agent.call.people.music import HoldMusic
from agent.call.people.people import Gone, People, PeopleNews, Ready
from agent.dialogue.conversation import Conversation
from cases.domain.call import CallEnding, CustomerRequest
from cases.domain.events import TransferRequested
from cases.domain.limits import TransferLimits
from cases.domain.script_reading import Cue
from cases.domain.transfer import LeftReason, TransferCause, TransferFailure
from telephony.people.errors import ReferRefusedError

REFER_SETTLES_S = 3.0
"""How long after the line has gone the network may say that it took the call over."""
_log = logging.getLogger(__name__)
_CUES = {
    LeftReason.DONE: Cue.PERSON_DONE,
    LeftReason.HANDED_BACK: Cue.HANDED_BACK,
    LeftReason.DROPPED: Cue.PERSON_LOST,
}


class Directing(Protocol):
    """What the director does for transfers."""

    def say_to(self, cue: Cue) -> None:
        """Say what the script says to what becomes of a person, now."""
        ...

    def end(self, ending: CallEnding) -> None:
        """End the call."""
        ...

    @property
    def speaking(self) -> bool:
        """Whether the agent or the customer has the floor."""
        ...


class Transfers:
    """The transfers of one call."""

    def __init__(
        self,
        *,
        people: People,
        conversation: Conversation,
        attempt: int,
        limits: TransferLimits,
        max_seconds: float,
        alarms: Alarms,
        director: Directing,
        between: Callable[[Callable[[], bytes] | None], None],
        refer: Callable[[str], Awaitable[None]] | None,
    ) -> None:
        """Take the parts of a call.

        Args:
            people: The reviewers.
            conversation: Decides what is said.
            attempt: Number of the contact attempt.
            limits: How long the customer waits, and talks.
            max_seconds: Cap on the call without a person.
            alarms: Tells when it is time.
            director: Says things, and ends the call.
            between: Has something sound whenever the agent does not speak, or silence again.
            refer: Has the telephone network take the call over, where the line can; raises ReferRefusedError.
        """
        self._people = people
        self._conversation = conversation
        self._attempt = attempt
        self._limits = limits
        self._max_seconds = max_seconds
        self._alarms = alarms
        self._director = director
        self._between = between
        self._refer = refer
        self._holding = self._music = False
        self._person: Ready | None = None
        self._deaf = False
        self._done = self._referred = False
        self._referring: asyncio.Task[None] | None = None

    @property
    def ending(self) -> CallEnding | None:
        """How a call that comes to its end is said to have ended where a person was in it to the last, else None."""
        return CallEnding.TRANSFERRED if self._done or self._referred or self._people.talking else None

    async def settled(self) -> None:
        """Wait until it is known whether the network has taken the call over, where it was asked; not for long."""
        if self._referring is not None:
            await asyncio.wait({self._referring}, timeout=REFER_SETTLES_S)

    def go_on(self) -> bool:
        """Where the customer waits for a person or talks with one, see to it; whether that is so."""
        if self._conversation.on_hold:
            self._hold()
        elif self._conversation.with_person:
            self._join()
        else:
            self.settle()
            return False
        return True

    def settle(self) -> None:
        """Where the script has gone on, the customer waits no more."""
        if self._conversation.on_hold or self._conversation.with_person:
            return
        if self._music:
            self._music = False
            self._between(None)
        if self._holding:
            self._stop_waiting()
            self._alarms.set(Timer.CAP, self._max_seconds)
            self._people.fail(TransferFailure.CUSTOMER_CHANGED_MIND)

    def take(self, news: PeopleNews) -> None:
        """Act on news of the reviewers."""
        match news:
            case Ready() as ready:
                self._person = ready
                self._say(Cue.PERSON_JOINED)
            case Gone(reason):
                self._done = reason is LeftReason.DONE
                self._alarms.set(Timer.CAP, self._max_seconds)
                self._say(_CUES[reason])

    def due(self, timer: Timer) -> None:
        """A timer of a transfer ran out."""
        if timer is Timer.REASSURE:
            if not self._conversation.on_hold:
                return
            if self._deaf or self._director.speaking or self._people.coming:
                self._alarms.set(Timer.REASSURE, self._limits.reassure_seconds)
            else:
                self._director.say_to(Cue.WAITED)
        elif timer is Timer.WAIT and self._holding:
            if self._people.coming:
                self._alarms.set(Timer.WAIT, self._limits.ring_seconds)
            else:
                self._give_up(self._people.failure)

    def outlasts(self, failure: object) -> bool:
        """Whether the call goes on without the agent's ears or voice, because a person is there or is waited for."""
        if not (self._conversation.on_hold or self._conversation.with_person):
            return False
        _log.error("the agent's part of the call failed while the customer is with a person: %s", failure)
        self._deaf = True
        self.go_on()
        return True

    async def close(self) -> None:
        """The call is over."""
        if self._referring is not None:
            self._referring.cancel()
            await asyncio.wait({self._referring})

    def _hold(self) -> None:
        """Music, and somebody looked for; what is set already stays."""
        if not self._holding:
            self._holding = self._music = True
            self._alarms.stop(Timer.CAP)
            self._between(HoldMusic().next_frame)
            self._people.request(
                TransferRequested(self._attempt, cause_of(self._conversation), self._conversation.verification)
            )
            if self._refer is not None and self._people.queue:
                self._referring = asyncio.create_task(self._hand_on(self._refer), name="riskcall.refer")
            else:
                self._ask()
        self._alarms.set(Timer.REASSURE, self._limits.reassure_seconds)

    async def _hand_on(self, refer: Callable[[str], Awaitable[None]]) -> None:
        """Have the network take the call over; where it does not, reviewers are asked."""
        try:
            await refer(self._people.queue)
        except ReferRefusedError as error:
            _log.warning("the call was not taken over: %s", error)
            if self._conversation.on_hold:
                self._people.missed(TransferFailure.REFER_REFUSED)
                self._ask()
            return
        self._referred = True
        self._people.referred()
        self._director.end(CallEnding.TRANSFERRED)

    def _ask(self) -> None:
        if not self._people.on_duty:
            self._give_up(TransferFailure.NOBODY_ON_DUTY)
            return
        self._alarms.set(Timer.WAIT, self._limits.wait_seconds)

    def _join(self) -> None:
        ready, self._person = self._person, None
        if ready is not None:
            self._stop_waiting()
            self._music = False
            self._alarms.set(Timer.CAP, self._limits.talk_seconds)
            if not self._people.join(ready.person):
                self._say(Cue.PERSON_LOST)

    def _give_up(self, reason: TransferFailure) -> None:
        self._people.fail(reason)
        self._stop_waiting()
        self._alarms.set(Timer.CAP, self._max_seconds)
        self._say(Cue.NOBODY_FREE)

    def _stop_waiting(self) -> None:
        self._holding = False
        for timer in (Timer.WAIT, Timer.REASSURE):
            self._alarms.stop(timer)

    def _say(self, cue: Cue) -> None:
        if not self._deaf:
            self._director.say_to(cue)
        elif cue is Cue.PERSON_JOINED:
            self._conversation.commit(self._conversation.consider_person(cue))
            self._join()
        else:
            self._director.end(self.ending or CallEnding.ENGINE_FAILED)


def cause_of(conversation: Conversation) -> TransferCause:
    """Why a person is called for."""
    asked = conversation.verification.request is CustomerRequest.HUMAN
    return TransferCause.CUSTOMER_ASKED if asked else TransferCause.PERSON_NEEDED

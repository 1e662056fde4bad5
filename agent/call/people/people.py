"""Who is in a call beside customer and agent: takes reviewers' orders, makes their lines, decides who hears whom."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from agent.call.people.line import PersonLine
from cases.domain.events import (
    CallReferred,
    Event,
    ReviewerJoined,
    ReviewerLeft,
    TransferAccepted,
    TransferFailed,
    TransferRequested,
)
from cases.domain.transfer import LeftReason, ReviewerPart, TransferFailure
from telephony.leg import MIC_RATE, SPEAKER_FRAME_BYTES, SPEAKER_RATE, Invitation, LegError
from telephony.pcm import Resampler
from telephony.people.errors import PeopleError
from telephony.people.handover import Handover, LineKind, Order, OrderKind, reference_of

NEWS_SECONDS = 5.0
"""How long news may take to be told once the call is over."""
TAKE_SECONDS = 12.0
"""How long a reviewer on the telephone may take to press the key, from the end of the brief."""
LISTENING, TALKING = ReviewerPart.LISTENING, ReviewerPart.TALKING
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """A reviewer is on the line and is to speak with the customer."""

    person: PersonLine


@dataclass(frozen=True, slots=True)
class Gone:
    """Whoever spoke with the customer does so no more.

    Attributes:
        reason: `done`, `handed_back` or `dropped`.
    """

    reason: LeftReason


PeopleNews = Ready | Gone
"""What the director is told."""


class People:
    """The reviewers of one call.

    Attributes:
        failure: Why nobody has come so far.
    """

    def __init__(
        self,
        handover: Handover,
        *,
        attempt: int,
        invitation: Invitation,
        post: Callable[[PeopleNews], None],
        between: Callable[[Callable[[], bytes] | None], None],
        invite: Callable[[], AsyncIterator[bytes]],
        brief: Callable[[], AsyncIterator[bytes]],
    ) -> None:
        """Take what a call has.

        Args:
            handover: The people at the desk.
            attempt: Number of the contact attempt.
            invitation: Rings a reviewer's line; the reference is the reviewer's own.
            post: Tells the director.
            between: Has something sound to the customer whenever the agent does not speak, or silence again.
            invite: Asks whoever answers a telephone to take the customer.
            brief: Briefs who takes the customer.
        """
        self._handover = handover
        self._attempt = attempt
        self._invitation = invitation
        self._post = post
        self._between = between
        self._invite = invite
        self._brief = brief
        self._lines: dict[str, PersonLine] = {}
        self._coming: dict[str, PersonLine] = {}
        self._talking: PersonLine | None = None
        self._waiting = False
        self._asked: TransferRequested | None = None
        self._closed = False
        self._told = 0
        self._telling: asyncio.Task[None]
        self._news: asyncio.Queue[tuple[Event, int] | None] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._up = Resampler(MIC_RATE, SPEAKER_RATE)
        self._rest = bytearray()
        self.failure = TransferFailure.NOBODY_FREE

    @property
    def on_duty(self) -> bool:
        """Whether anybody could take a customer."""
        return self._handover.on_duty

    @property
    def queue(self) -> str:
        """Where the network is to hand the call to first, or empty."""
        return self._handover.queue

    @property
    def coming(self) -> bool:
        """Whether a reviewer has taken the customer and is about to speak."""
        return bool(self._coming)

    @property
    def talking(self) -> bool:
        """Whether a reviewer speaks with the customer."""
        return self._talking is not None

    def start(self) -> None:
        """Follow orders and tell news from now on."""
        self._telling = asyncio.create_task(self._tell_all(), name="riskcall.people.news")
        self._run(self._follow(), "riskcall.people.orders")

    async def _follow(self) -> None:
        async for order in self._handover.orders():
            self._obey(order)

    def request(self, event: TransferRequested) -> None:
        """The customer is on hold: reviewers are asked for."""
        self._waiting, self._asked = True, event
        self.failure = TransferFailure.NOBODY_FREE
        self._tell(event)

    def fail(self, reason: TransferFailure) -> None:
        """Nobody is looked for any more."""
        if self._waiting:
            self._waiting = False
            self._tell(TransferFailed(self._attempt, reason))
        for person in list(self._coming.values()):
            self._send_away(person, LeftReason.CALL_ENDED)

    def missed(self, reason: TransferFailure) -> None:
        """One way to a person failed; the customer goes on waiting for another."""
        self.failure = reason
        self._tell(TransferFailed(self._attempt, reason))
        if self._asked is not None:
            self._tell(self._asked)

    def referred(self) -> None:
        """The telephone network took the call over."""
        self._waiting = False
        self._tell(CallReferred(self._attempt))

    def join(self, person: PersonLine) -> bool:
        """Put customer and reviewer together; one who spoke before listens. Whether the reviewer was still there."""
        if self._coming.pop(person.by, None) is not person:
            return False
        if self._talking is not None:
            self._stop_talking(self._talking, LeftReason.HANDED_BACK)
        elif person.by in self._lines:
            self._tell(ReviewerLeft(self._attempt, person.by, LISTENING, LeftReason.TOOK_OVER))
        self._lines[person.by] = person
        self._talking, self._waiting = person, False
        self._between(person.next_frame)
        self._tell(ReviewerJoined(self._attempt, person.by, TALKING))
        return True

    def customer_said(self, frame: bytes) -> None:
        """A frame of the customer, at MIC_RATE, for whoever is in the call."""
        self._rest += self._up.push(frame)
        while len(self._rest) >= SPEAKER_FRAME_BYTES:
            whole = bytes(self._rest[:SPEAKER_FRAME_BYTES])
            del self._rest[:SPEAKER_FRAME_BYTES]
            for person in self._everybody():
                person.customer_said(whole)

    def agent_said(self, frame: bytes) -> None:
        """A frame that went to the customer; whoever said it does not hear it."""
        for person in self._everybody():
            if person is not self._talking:
                person.agent_said(frame)

    async def close(self, *, customer_left: bool) -> None:
        """The call is over: everybody leaves, and what happened is told."""
        self._closed = True
        self._between(None)
        if self._waiting:
            self.fail(TransferFailure.CUSTOMER_LEFT if customer_left else TransferFailure.CALL_FAILED)
        people = self._everybody()
        for person in people:
            self._gone(person, LeftReason.CALL_ENDED)
        self._handover.close()
        self._news.put_nowait(None)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*(person.hang_up() for person in people), *self._tasks, return_exceptions=True)
        await asyncio.wait({self._telling}, timeout=NEWS_SECONDS)
        if not self._telling.done() or self._telling.exception() is not None:
            _log.error("what became of reviewers in the call could not be told")
            self._telling.cancel()

    def _everybody(self) -> list[PersonLine]:
        return [*self._lines.values(), *(one for one in self._coming.values() if one not in self._lines.values())]

    def _obey(self, order: Order) -> None:
        here = self._lines.get(order.by)
        match order.kind:
            case _ if self._closed:
                return
            case OrderKind.ACCEPT if not self._waiting or self.coming:
                _log.info("a reviewer comes too late for a customer who waits no more")
            case OrderKind.ACCEPT | OrderKind.TAKE_OVER:
                if here is not self._talking or here is None:
                    self._fetch(order, TALKING)
            case OrderKind.LISTEN if here is None and order.by not in self._coming:
                self._fetch(order, LISTENING)
            case OrderKind.HAND_BACK if here is not None and here is self._talking:
                self._stop_talking(here, LeftReason.HANDED_BACK)
                self._post(Gone(LeftReason.HANDED_BACK))
            case OrderKind.LEAVE if here is not None:
                self._leave(here, LeftReason.DONE)
            case OrderKind.LEAVE if order.by in self._coming:
                self._send_away(self._coming[order.by], LeftReason.DONE)
            case _:
                pass

    def _fetch(self, order: Order, part: ReviewerPart) -> None:
        """Make a reviewer's line; somebody who listens already speaks on the same one."""
        if order.by in self._coming:
            return
        person = self._lines.get(order.by)
        if order.kind is OrderKind.ACCEPT:
            self._tell(TransferAccepted(self._attempt, order.by))
        if person is not None:
            self._coming[order.by] = person
            self._run(self._let_speak(order, person), "riskcall.person.speaks")
            return
        try:
            person = PersonLine(order, self._handover.line(order), self._ended)
        except PeopleError as error:
            _log.warning("a reviewer's line cannot be made: %s", error.code)
            self._missed(order, part, LeftReason.LINE_FAILED, TransferFailure.LINE_FAILED)
            return
        self._coming[order.by] = person
        self._run(self._bring(order, person, part), "riskcall.person")

    async def _bring(self, order: Order, person: PersonLine, part: ReviewerPart) -> None:
        reason, failure = LeftReason.NOT_ANSWERED, TransferFailure.NOT_ANSWERED
        try:
            answered = await person.ring(
                replace(self._invitation, customer_reference=reference_of(person.by, self._invitation.attempt_id))
            )
            if answered and part is TALKING and order.line is LineKind.PHONE:
                answered = await person.consult(self._invite(), self._brief(), TAKE_SECONDS)
            if answered and part is TALKING:
                await person.let_speak(True)
        except LegError as error:
            _log.warning("a reviewer's line failed: %s", error.code)
            answered, reason, failure = False, LeftReason.LINE_FAILED, TransferFailure.LINE_FAILED
        if self._coming.get(order.by) is not person:
            return
        if not answered:
            del self._coming[order.by]
            self._missed(order, part, reason, failure)
            await person.hang_up()
            return
        person.in_call = True
        if part is TALKING:
            self._post(Ready(person))
            return
        del self._coming[order.by]
        self._lines[order.by] = person
        self._tell(ReviewerJoined(self._attempt, order.by, LISTENING))

    async def _let_speak(self, order: Order, person: PersonLine) -> None:
        """Somebody who listens is to speak."""
        try:
            await person.let_speak(True)
        except LegError as error:
            _log.warning("a reviewer's line failed: %s", error.code)
            if self._coming.get(order.by) is person:
                del self._coming[order.by]
                self._missed(order, TALKING, LeftReason.LINE_FAILED, TransferFailure.LINE_FAILED)
            return
        if self._coming.get(order.by) is person:
            self._post(Ready(person))

    async def _silence(self, person: PersonLine) -> None:
        """Whoever spoke listens; should the line not be told, nothing that it sends is passed on all the same."""
        try:
            await person.let_speak(False)
        except LegError as error:
            _log.warning("a listener's line may still send: %s", error.code)

    def _missed(self, order: Order, part: ReviewerPart, reason: LeftReason, failure: TransferFailure) -> None:
        """A reviewer did not come; whoever waits for one goes on waiting."""
        self._tell(ReviewerLeft(self._attempt, order.by, part, reason))
        if order.kind is OrderKind.ACCEPT:
            self.failure = failure

    def _ended(self, person: PersonLine, lost: bool) -> None:
        """A line ended by itself: a telephone was hung up, a page was closed, or it broke."""
        hung_up = person.kind is LineKind.PHONE and not lost
        if self._lines.get(person.by) is person:
            self._leave(person, LeftReason.DONE if hung_up else LeftReason.DROPPED)
        elif self._coming.get(person.by) is person:
            self.failure = TransferFailure.NOT_ANSWERED
            self._send_away(person, LeftReason.NOT_ANSWERED)

    def _leave(self, person: PersonLine, reason: LeftReason) -> None:
        talked = person is self._talking
        self._gone(person, reason)
        self._run(person.hang_up(), "riskcall.person.leaves")
        if talked:
            if reason is LeftReason.DROPPED:
                self._tell(TransferFailed(self._attempt, TransferFailure.REVIEWER_DROPPED))
            self._post(Gone(reason))

    def _send_away(self, person: PersonLine, reason: LeftReason) -> None:
        """Somebody who was coming does not come."""
        self._coming.pop(person.by, None)
        self._tell(ReviewerLeft(self._attempt, person.by, TALKING, reason))
        if self._lines.get(person.by) is person:
            self._run(self._silence(person), "riskcall.person.listens")
        else:
            self._run(person.hang_up(), "riskcall.person.leaves")

    def _gone(self, person: PersonLine, reason: LeftReason) -> None:
        """Note that somebody is in the call no more."""
        part = TALKING if person is self._talking or person.by in self._coming else LISTENING
        if person is self._talking:
            self._talking = None
            self._between(None)
        self._lines.pop(person.by, None)
        self._coming.pop(person.by, None)
        person.in_call = False
        self._tell(ReviewerLeft(self._attempt, person.by, part, reason))

    def _stop_talking(self, person: PersonLine, reason: LeftReason) -> None:
        """Whoever spoke listens from now on."""
        self._talking = None
        self._run(self._silence(person), "riskcall.person.listens")
        self._between(None)
        self._tell(ReviewerLeft(self._attempt, person.by, TALKING, reason))
        self._tell(ReviewerJoined(self._attempt, person.by, LISTENING))

    def _tell(self, event: Event) -> None:
        self._told += 1
        self._news.put_nowait((event, self._told))

    async def _tell_all(self) -> None:
        while (news := await self._news.get()) is not None:
            await self._handover.tell(*news)

    def _run(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s failed", task.get_name(), exc_info=error)

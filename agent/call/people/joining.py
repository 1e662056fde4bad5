"""Brings persons into one call: joins what the call is made of with the people at the desk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Protocol, runtime_checkable

from agent.call.alarms import Alarms
from agent.call.mouth import Mouth
from agent.call.people.people import People, PeopleNews
from agent.call.people.transfers import Directing, Transfers, cause_of
from agent.dialogue.brief import brief, invite
from agent.dialogue.conversation import Conversation
from cases.domain.alert import Alert
from cases.domain.call import CallEnding
from cases.domain.policy import Policy
from telephony.leg import Invitation, Leg
from telephony.people.handover import Handover


@runtime_checkable
class Referable(Protocol):
    """A line that the telephone network can take over."""

    async def refer(self, to: str) -> None:
        """Have the network connect the customer with somebody else; the line is gone then.

        Raises:
            ReferRefusedError: The network does not.
        """
        ...


class Director(Directing, Protocol):
    """The director of a call, as persons are brought into it."""

    alarms: Alarms
    transfers: Transfers | None


class Joining:
    """Persons in one call; used once."""

    def __init__(self, handover: Handover, *, alert: Alert, policy: Policy, attempt: int, call_id: str) -> None:
        """Take the people at the desk.

        Args:
            handover: The people at the desk.
            alert: What the call is about.
            policy: How long a customer waits, and a reviewer's line rings.
            attempt: Number of the contact attempt.
            call_id: `case:attempt`.
        """
        self._handover = handover
        self._alert = alert
        self._policy = policy
        self._attempt = attempt
        self._call_id = call_id
        self._people: People
        self._transfers: Transfers
        self._ending: CallEnding | None = None

    def start(
        self,
        conversation: Conversation,
        mouth: Mouth,
        director: Director,
        *,
        between: Callable[[Callable[[], bytes] | None], None],
        post: Callable[[PeopleNews], None],
        max_seconds: float,
        leg: Leg,
    ) -> None:
        """Follow reviewers' orders from now on.

        Args:
            conversation: Decides what is said.
            mouth: Speaks, to reviewers too.
            director: Says things, and ends the call; gets its transfers.
            between: Has something sound to the customer whenever the agent does not speak, or silence again.
            post: Tells the director.
            max_seconds: Cap on the call without a person.
            leg: The customer's line.
        """
        limits = self._policy.limits.transfer
        handover = self._handover
        self._people = People(
            handover,
            attempt=self._attempt,
            invitation=Invitation(
                attempt_id=self._call_id,
                bank_name=self._alert.bank_name,
                customer_reference="",
                language=self._alert.language,
                match_code="",
                ring_seconds=limits.ring_seconds,
            ),
            post=post,
            between=between,
            invite=lambda: _spoken(mouth, (invite(self._alert),)),
            brief=lambda: _spoken(
                mouth, brief(self._alert, conversation.verification, cause_of(conversation), self._policy)
            ),
        )
        self._transfers = Transfers(
            people=self._people,
            conversation=conversation,
            attempt=self._attempt,
            limits=limits,
            max_seconds=max_seconds,
            alarms=director.alarms,
            director=director,
            between=between,
            refer=leg.refer if isinstance(leg, Referable) else None,
        )
        conversation.transfers = lambda: bool(handover.on_duty or (handover.queue and isinstance(leg, Referable)))
        director.transfers = self._transfers
        self._people.start()

    def customer_said(self, frame: bytes) -> None:
        """A frame came from the customer."""
        self._people.customer_said(frame)

    def agent_said(self, frame: bytes) -> None:
        """A frame went to the customer."""
        self._people.agent_said(frame)

    async def ending(self, ending: CallEnding) -> CallEnding:
        """How the call is said to have ended, where a person was in it to the last."""
        self._ending = ending
        await self._transfers.settled()
        if ending in (CallEnding.CUSTOMER_HUNG_UP, CallEnding.COMPLETED):
            return self._transfers.ending or ending
        return ending

    async def close(self) -> None:
        """The call is over: everybody leaves, and what happened is told."""
        await self._transfers.close()
        await self._people.close(customer_left=self._ending is CallEnding.CUSTOMER_HUNG_UP)


async def _spoken(mouth: Mouth, sentences: Iterable[str]) -> AsyncIterator[bytes]:
    for sentence in sentences:
        async for chunk in mouth.speak(sentence):
            yield chunk.pcm

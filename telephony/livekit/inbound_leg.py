"""A telephone call that came in: LiveKit SIP has put the customer into a room, where somebody answers."""

from __future__ import annotations

import asyncio

from livekit import rtc

from cases.domain.vocabulary import Disposition
from telephony.leg import Band, Invitation
from telephony.livekit.access import LiveKitAccess
from telephony.livekit.call_room import CallRoom
from telephony.livekit.leg import LiveKitLeg
from telephony.livekit.names import AGENT, RECEPTION
from telephony.livekit.referring import refer
from telephony.remote.documents import INBOUND

THERE_SECONDS = 10.0
"""How long a customer who rang in may take to be in the room, or to be back in it."""
_STATUS, _ACTIVE = "sip.callStatus", "active"


class InboundLeg(LiveKitLeg):
    """Meets a customer who rang in; LiveKit SIP answers them once somebody's voice is in the room."""

    def __init__(self, access: LiveKitAccess, room: str, *, identity: str = AGENT) -> None:
        """Describe the line; nothing happens until it rings.

        Args:
            access: The server.
            room: The room that the customer was put into.
            identity: Who meets them.
        """
        super().__init__(CallRoom(access, room, identity=identity, rang_in=True))
        self._access = access
        self._active = asyncio.Event()

    @property
    def kind(self) -> str:
        """`inbound`."""
        return INBOUND

    @property
    def band(self) -> Band:
        """Narrow: G.711 carries it."""
        return Band.NARROW

    async def refer(self, to: str) -> None:
        """Have the telephone network connect the customer with somebody else (SIP REFER, RFC 3515).

        Args:
            to: Whom, as a `tel:` or `sip:` URI.

        Raises:
            ReferRefusedError: The network does not; the message is a stable code such as `sip_603`.
        """
        customer = self.call.customer
        await refer(self._access, self.call.name, customer.identity if customer else "", to)

    async def _reach(self, invitation: Invitation) -> Disposition:
        """Wait until the customer is through: at once where somebody has answered before."""
        room = self.call.room
        room.on("participant_attributes_changed", self._look)
        room.on("participant_connected", self._look)
        self._look()
        self._rings.set()
        try:
            return await self._until(self._through(), min(invitation.ring_seconds, THERE_SECONDS))
        finally:
            room.off("participant_attributes_changed", self._look)
            room.off("participant_connected", self._look)

    async def _through(self) -> None:
        await self._active.wait()
        await self.call.customer_heard.wait()

    def _look(self, *_: object) -> None:
        """Whether the call is answered: what is said before is lost."""
        if self.call.customer is not None and self.call.customer.attributes.get(_STATUS) == _ACTIVE:
            self._active.set()


class ReceptionLeg(InboundLeg):
    """The same line for whoever answers first and hands the customer to the agent."""

    def __init__(self, access: LiveKitAccess, room: str) -> None:
        """Describe the line; nothing happens until it rings."""
        super().__init__(access, room, identity=RECEPTION)
        self._agent = asyncio.Event()
        self.call.room.on("track_published", self._published)

    async def ring(self, invitation: Invitation) -> Disposition:
        """Join the room and answer the customer there.

        Raises:
            LegError: LiveKit is not there or refuses.
        """
        disposition = await super().ring(invitation)
        for participant in self.call.room.remote_participants.values():
            for publication in participant.track_publications.values():
                self._published(publication, participant)
        return disposition

    @property
    def caller(self) -> str:
        """Tells the caller from others without their number: a digest of it, as LiveKit SIP makes one; or empty."""
        customer = self.call.customer
        return "" if customer is None else customer.identity

    async def agent_there(self) -> None:
        """Return once the agent's voice is in the room."""
        await self._agent.wait()

    async def leave(self) -> None:
        """Leave the customer with the agent; a second call does nothing."""
        await self.call.leave(delete=False)

    def _published(self, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant) -> None:
        if participant.identity == AGENT and publication.kind == rtc.TrackKind.KIND_AUDIO:
            self._agent.set()

"""A telephone call: LiveKit SIP dials the customer's number into the room in which the agent waits."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import replace

import aiohttp
from livekit import api, rtc

from cases.domain.vocabulary import Disposition
from telephony.disposition import UNENCRYPTED, DialResult, of_service, of_sip
from telephony.leg import FORWARDED, Band, Invitation
from telephony.livekit.access import LiveKitAccess
from telephony.livekit.call_room import CallRoom
from telephony.livekit.ends import RoomEnd
from telephony.livekit.errors import LiveKitUnreachableError
from telephony.livekit.leg import LiveKitLeg
from telephony.livekit.names import CUSTOMER
from telephony.livekit.referring import refer
from telephony.livekit.trunk import DIVERTED, HISTORY, MediaEncryption, SipTrunk

KIND = "sip"
"""Name of this kind of leg in events."""
MAX_CALL_SECONDS = 1800.0
"""When LiveKit SIP hangs up by itself, should the agent not have: the last guard, far behind the policy's cap."""
LONGEST_RING_SECONDS = 80.0
"""How long LiveKit lets a telephone ring at most."""
_STATUS = "sip.callStatus"
_RINGING, _ACTIVE = "ringing", "active"
_TRIES = 3
_FIRST_PAUSE_SECONDS = 0.5
_ANSWER_MARGIN_SECONDS = 5.0
_NO_MEDIA_IN_COMMON = frozenset({415, 488, 606})
_REDIRECTED = re.compile(r"cause\s*=\s*\d{3}", re.IGNORECASE)
_UNENCRYPTED = DialResult(Disposition.FAILED, UNENCRYPTED)
_log = logging.getLogger(__name__)


class SipLeg(LiveKitLeg):
    """Dials one number on a trunk; used for one attempt."""

    def __init__(
        self,
        access: LiveKitAccess,
        trunk: SipTrunk,
        number: str,
        room: str,
        *,
        joined: rtc.Room | None = None,
        max_call_seconds: float = MAX_CALL_SECONDS,
    ) -> None:
        """Describe the line; nothing is dialled until it rings.

        Args:
            access: The server.
            trunk: The way into the telephone network.
            number: Whom to call, in E.164 form.
            room: Name of the room, such as `room_name` gives.
            joined: The room, where it is joined as the agent already.
            max_call_seconds: When LiveKit SIP hangs up whatever the agent does.
        """
        super().__init__(CallRoom(access, room, joined=joined))
        self._access = access
        self._trunk = trunk
        self._number = number
        self._max_call_seconds = max_call_seconds
        self._up = asyncio.Event()

    @property
    def kind(self) -> str:
        """`sip`."""
        return KIND

    @property
    def band(self) -> Band:
        """Narrow: G.711 carries it."""
        return Band.NARROW

    def _check(self) -> None:
        self._trunk.check()

    async def _reach(self, invitation: Invitation) -> Disposition:
        room = self.call.room
        room.on("participant_attributes_changed", self._changed)
        room.on("participant_connected", self._there)
        dialling = asyncio.create_task(
            self._dial(min(invitation.ring_seconds, LONGEST_RING_SECONDS)), name="riskcall.sip.dial"
        )
        waits: list[asyncio.Task[object]] = [
            dialling,
            asyncio.create_task(self._up.wait()),
            asyncio.create_task(self.call.ended()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if self.call.end is not None:
                return Disposition.NO_ANSWER if self.call.end is RoomEnd.AGENT_HUNG_UP else Disposition.FAILED
            result = None if self._up.is_set() else dialling.result()
            if result is not None:
                self._detail = result.detail
                return result.disposition
            if self.call.customer is not None and _sent_on(self.call.customer.attributes):
                self._detail = FORWARDED
            return Disposition.ANSWERED
        finally:
            room.off("participant_attributes_changed", self._changed)
            room.off("participant_connected", self._there)
            for task in waits:
                task.cancel()
            await asyncio.wait(waits)

    async def refer(self, to: str) -> None:
        """Have the telephone network connect the customer with somebody else (SIP REFER, RFC 3515).

        Args:
            to: Whom, as a `tel:` or `sip:` URI.

        Raises:
            ReferRefusedError: The network does not; the message is a stable code such as `sip_603`.
        """
        await refer(self._access, self.call.name, CUSTOMER, to)

    async def _dial(self, ring_seconds: float) -> DialResult | None:
        """Dial, and again where LiveKit SIP had no room for the call; None once it is answered."""
        pause = _FIRST_PAUSE_SECONDS
        for _ in range(_TRIES - 1):
            result = await self._dial_as_allowed(ring_seconds)
            if result is None or not result.retryable:
                return result
            _log.warning("a call is dialled again: %s", result.detail)
            await asyncio.sleep(pause)
            await self.call.renew_voice()
            pause *= 2
        return await self._dial_as_allowed(ring_seconds)

    async def _dial_as_allowed(self, ring_seconds: float) -> DialResult | None:
        """Dial; a line that refuses encryption which is only allowed is dialled without it, for it has not rung."""
        result = await self._dial_once(self._trunk, ring_seconds)
        if result == _UNENCRYPTED and self._trunk.media_encryption is MediaEncryption.ALLOW:
            _log.warning("the telephone line takes no encryption; the call is dialled without it")
            plain = replace(self._trunk, media_encryption=MediaEncryption.OFF)
            await self.call.renew_voice()
            return await self._dial_once(plain, ring_seconds)
        return result

    async def _dial_once(self, trunk: SipTrunk, ring_seconds: float) -> DialResult | None:
        request = trunk.request(
            self._number, self.call.name, CUSTOMER, ring_seconds=ring_seconds, max_seconds=self._max_call_seconds
        )
        try:
            async with self._access.client() as client:
                await client.sip.create_sip_participant(request, timeout=ring_seconds + _ANSWER_MARGIN_SECONDS)
        except api.ServerError as error:
            return self._result(error, trunk)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise LiveKitUnreachableError("the LiveKit server at RISKCALL_LIVEKIT_URL does not answer") from error
        return None

    def _result(self, error: api.ServerError, trunk: SipTrunk) -> DialResult:
        rang = self._rings.is_set()
        status = error.sip_status_code if isinstance(error, api.SipCallError) else None
        if status is None:
            return of_service(error.code, error.message, rang=rang)
        if status in _NO_MEDIA_IN_COMMON and trunk.media_encryption is not MediaEncryption.OFF and not rang:
            return _UNENCRYPTED
        assert isinstance(error, api.SipCallError)
        return of_sip(status, error.sip_status or "", rang=rang)

    def _changed(self, changed: Mapping[str, str], participant: rtc.Participant) -> None:
        if participant.identity == CUSTOMER:
            self._note(changed.get(_STATUS, ""))

    def _there(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity == CUSTOMER:
            self.call.hand_voice()
            self._note(participant.attributes.get(_STATUS, ""))

    def _note(self, status: str) -> None:
        if status in (_RINGING, _ACTIVE):
            self._rings.set()
        if status == _ACTIVE:
            self._up.set()


def _sent_on(attributes: Mapping[str, str]) -> bool:
    """Whether the call was answered on another line than the one dialled, as far as the network says."""
    return bool(attributes.get(DIVERTED)) or _REDIRECTED.search(attributes.get(HISTORY, "")) is not None

"""Having the telephone network take a call over (SIP REFER, RFC 3515)."""

from __future__ import annotations

import aiohttp
from livekit import api

from telephony.livekit.access import LiveKitAccess
from telephony.people.errors import ReferRefusedError

REFER_SECONDS = 20.0
"""How long the network may take to take a call over."""


async def refer(access: LiveKitAccess, room: str, identity: str, to: str) -> None:
    """Have the telephone network connect somebody in a room with somebody else.

    Args:
        access: The server.
        room: Name of the room.
        identity: Whose telephone it is.
        to: Whom to connect with, as a `tel:` or `sip:` URI.

    Raises:
        ReferRefusedError: The network does not; the message is a stable code such as `sip_603`.
    """
    request = api.TransferSIPParticipantRequest(
        participant_identity=identity, room_name=room, transfer_to=to, play_dialtone=False
    )
    request.ringing_timeout.FromMilliseconds(round(REFER_SECONDS * 1000))
    try:
        async with access.client() as client:
            done = await client.sip.transfer_sip_participant(request)
    except api.ServerError as error:
        status = error.sip_status_code if isinstance(error, api.SipCallError) else None
        raise ReferRefusedError(f"sip_{status}" if status else error.code) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise ReferRefusedError("livekit_unreachable") from error
    if done.status == api.SIPTransferStatus.STS_TRANSFER_FAILED:
        raise ReferRefusedError(f"sip_{done.sip_status.code:d}" if done.sip_status.code else "transfer_failed")

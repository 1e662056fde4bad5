"""Lines through LiveKit: customers who join a room, and telephones that LiveKit SIP brings into one."""

from telephony.livekit.access import LiveKitAccess
from telephony.livekit.call_room import CallRoom
from telephony.livekit.closing import Closing, close_room
from telephony.livekit.ends import RoomEnd
from telephony.livekit.inbound_leg import InboundLeg, ReceptionLeg
from telephony.livekit.names import (
    AGENT,
    CAPTIONS_TOPIC,
    CONTROLS_TOPIC,
    CUSTOMER,
    INBOUND,
    RECEPTION,
    REVIEWER,
    room_name,
)
from telephony.livekit.reviewer_leg import ReviewerLeg, listener_token
from telephony.livekit.room_leg import RoomLeg
from telephony.livekit.sip_leg import SipLeg
from telephony.livekit.trunk import MediaEncryption, SipTransport, SipTrunk

__all__ = [
    "AGENT",
    "CAPTIONS_TOPIC",
    "CONTROLS_TOPIC",
    "CUSTOMER",
    "INBOUND",
    "RECEPTION",
    "REVIEWER",
    "CallRoom",
    "Closing",
    "InboundLeg",
    "LiveKitAccess",
    "MediaEncryption",
    "ReceptionLeg",
    "ReviewerLeg",
    "RoomEnd",
    "RoomLeg",
    "SipLeg",
    "SipTransport",
    "SipTrunk",
    "close_room",
    "listener_token",
    "room_name",
]

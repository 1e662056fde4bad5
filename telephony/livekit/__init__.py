"""Lines through LiveKit: customers who join a room, and telephones that LiveKit SIP brings into one."""

from telephony.livekit.access import LiveKitAccess
from telephony.livekit.names import AGENT, CAPTIONS_TOPIC, CONTROLS_TOPIC, CUSTOMER, REVIEWER, room_name
from telephony.livekit.room_leg import RoomLeg
from telephony.livekit.sip_leg import SipLeg
from telephony.livekit.trunk import MediaEncryption, SipTransport, SipTrunk

__all__ = [
    "AGENT",
    "CAPTIONS_TOPIC",
    "CONTROLS_TOPIC",
    "CUSTOMER",
    "REVIEWER",
    "LiveKitAccess",
    "MediaEncryption",
    "RoomLeg",
    "SipLeg",
    "SipTransport",
    "SipTrunk",
    "room_name",
]

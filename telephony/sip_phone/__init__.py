"""A telephone of the customer's: SIP (RFC 3261) over UDP and RTP (RFC 3550) with G.711, for tests and measurements.

It lets simulated customers of `telephony.simulated` take, refuse and place real calls. SIP messages, SDP and dialogs
are aiosipua's, RTP packets aiortc's. The rest is here because no library has it: aiosipua 0.7 neither sends a request
again nor tells a repeated INVITE from a new call, and sends no 183 and no redirection; pjsua2, sipsimple and pyVoIP are
GPL; baresip cannot be led frame by frame; aiortp plays on a clock of its own, while both directions of a recording must
share the customer's.

Nothing in the running of riskcall imports this package.
"""

from telephony.sip_phone.answers import Answering, answering, busy, customer, redirecting, refusing, unanswered
from telephony.sip_phone.calls import EndedBy, IncomingCall, PhoneCall
from telephony.sip_phone.errors import CallRefusedError, NoAnswerError, SipPhoneError
from telephony.sip_phone.outgoing import OutgoingCall
from telephony.sip_phone.party import Party, Playing, talk
from telephony.sip_phone.phone import SipPhone
from telephony.sip_phone.recording import PhoneRecording

__all__ = [
    "Answering",
    "CallRefusedError",
    "EndedBy",
    "IncomingCall",
    "NoAnswerError",
    "OutgoingCall",
    "Party",
    "PhoneCall",
    "PhoneRecording",
    "Playing",
    "SipPhone",
    "SipPhoneError",
    "answering",
    "busy",
    "customer",
    "redirecting",
    "refusing",
    "talk",
    "unanswered",
]

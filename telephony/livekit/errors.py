"""What goes wrong between the agent and LiveKit."""

from __future__ import annotations

from telephony.leg import LegError


class LiveKitUnreachableError(LegError):
    """The LiveKit server does not answer."""

    code = "livekit_unreachable"


class LiveKitRefusedError(LegError):
    """The LiveKit server takes neither key nor secret."""

    code = "livekit_refused"


class TrunkUnencryptedError(LegError):
    """Media must be encrypted and the trunk's signalling, which carries the keys, is not."""

    code = "trunk_unencrypted"

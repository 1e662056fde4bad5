"""A telephone call whose simulated customer, beside it, is told what the agent says: they recognise no speech."""

from __future__ import annotations

from telephony.leg import Caption
from telephony.livekit import LiveKitAccess, SipLeg, SipTrunk
from telephony.simulated import SimulatedLeg


class TellingLeg(SipLeg):
    """Its captions reach the customer's own end of the line."""

    def __init__(self, access: LiveKitAccess, trunk: SipTrunk, number: str, room: str, line: SimulatedLeg) -> None:
        super().__init__(access, trunk, number, room)
        self._line = line

    def show(self, caption: Caption) -> None:
        super().show(caption)
        self._line.show(caption)

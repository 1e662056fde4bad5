"""What a telephone line does to a customer's voice: noise and echo behind it, a codec, packets late or lost."""

from telephony.line.channel import CLEAN, Channel, Codec, Echo, Noise, NoiseKind
from telephony.line.line import Line

__all__ = ["CLEAN", "Channel", "Codec", "Echo", "Line", "Noise", "NoiseKind"]

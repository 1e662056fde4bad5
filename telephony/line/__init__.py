"""What a telephone line does to a customer's voice: noise behind it, a codec, packets that are late or lost."""

from telephony.line.channel import CLEAN, Channel, Codec, Noise, NoiseKind
from telephony.line.line import Line

__all__ = ["CLEAN", "Channel", "Codec", "Line", "Noise", "NoiseKind"]

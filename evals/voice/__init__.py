"""Voice mode: scenarios held as real calls over a simulated line, measured from the waveform."""

from evals.voice.options import Pace, VoiceOptions

__all__ = ["Pace", "VoiceOptions"]

"""Voicemails that a simulated line may answer with: what they say, and their beep."""

from __future__ import annotations

from importlib import resources

import numpy as np
import yaml

from cases.domain.vocabulary import Language
from telephony.leg import MIC_RATE

BEEP_HZ = 1_000
"""Frequency of the beep."""
BEEP_MS = 400
"""Length of the beep."""
BEFORE_GREETING_MS = 600
"""From the answer to the greeting's first sound."""
BEFORE_BEEP_MS = 500
"""From the greeting's last sound to the beep."""
LISTENS_MS = 60_000
"""How long it records after the beep before it hangs up."""
_BEEP_LEVEL = 5_000.0
_EDGE_MS = 5


def greetings(language: Language) -> tuple[str, ...]:
    """What voicemails of this language say."""
    text = (resources.files("telephony") / "voicemail.yaml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load(text)[language.value])


def with_beep(greeting: bytes) -> bytes:
    """A greeting, 16-bit mono at MIC_RATE, with its pause and its beep."""
    at = np.arange(MIC_RATE * BEEP_MS // 1000) / MIC_RATE
    edge = MIC_RATE * _EDGE_MS // 1000
    shape = np.minimum(1.0, np.minimum(np.arange(at.size), np.arange(at.size)[::-1]) / edge)
    beep = (_BEEP_LEVEL * shape * np.sin(2 * np.pi * BEEP_HZ * at)).astype(np.int16)
    return greeting + bytes(2 * (MIC_RATE * BEFORE_BEEP_MS // 1000)) + beep.tobytes()

"""How scenarios are held by voice."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from agent.speech.options import SpeechOptions
from agent.speech.selection import AUTO
from evals.scenario import Channel


class Pace(StrEnum):
    """How fast the clock of a call runs."""

    FAST = "fast"
    REAL = "real"


@dataclass(frozen=True, slots=True)
class VoiceOptions:
    """How scenarios are held by voice.

    Attributes:
        artefacts: Folder of the recordings: `<scenario id>/<run>.ogg`.
        channel: The line of every call in place of the scenarios' own, or None.
        asr: `auto`, or the engine that hears.
        tts: `auto`, or the engine that speaks for the agent.
        speech: How engines are set up.
        cache: Folder in which the agent's fixed sentences are kept as audio; None keeps them with the artefacts.
        pace: How fast the clock of a call runs.
    """

    artefacts: Path
    channel: Channel | None = None
    asr: str = AUTO
    tts: str = AUTO
    speech: SpeechOptions = field(default_factory=lambda: SpeechOptions(Path("var/models")))
    cache: Path | None = None
    pace: Pace = Pace.FAST

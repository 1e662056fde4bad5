"""What the speech engines are told: models, voices, endpoint; plain values, read from no environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from telephony.leg import Band


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible endpoint.

    Attributes:
        base_url: Where it is, such as `http://127.0.0.1:8000/v1`.
        api_key: Its key.
        asr_model: Transcription model, or empty for none.
        tts_model: Speech model, or empty for none.
        tts_voice: Voice of the speech model.
    """

    base_url: str
    api_key: str
    asr_model: str = ""
    tts_model: str = ""
    tts_voice: str = "alloy"


@dataclass(frozen=True, slots=True)
class SpeechOptions:
    """How engines are set up.

    Attributes:
        models: Folder in which pulled models lie.
        whisper_model: Name or folder of the faster-whisper model.
        whisper_model_telephone: The same for telephone lines; empty takes `whisper_model`.
        piper_voice_en: Name or `.onnx` file of the Piper voice for English.
        piper_voice_zh: The same for Chinese.
        endpoint: OpenAI-compatible endpoint, or None.
        calls: Calls at once: an engine that needs a decoder for each keeps no more than that.
        band: What the lines carry on which the engines hear and speak.
    """

    models: Path
    whisper_model: str = "small"
    whisper_model_telephone: str = ""
    piper_voice_en: str = "en_GB-alba-medium"
    piper_voice_zh: str = "zh_CN-huayan-medium"
    endpoint: Endpoint | None = None
    calls: int = 8
    band: Band = Band.WIDE

    @property
    def whisper(self) -> str:
        """The faster-whisper model of the band."""
        return (self.whisper_model_telephone if self.band is Band.NARROW else "") or self.whisper_model

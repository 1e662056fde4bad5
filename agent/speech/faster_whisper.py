"""faster-whisper: any language, from a CTranslate2 Whisper model on this machine."""

from __future__ import annotations

import asyncio
import json
import math
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from agent.speech.engine import HEARING_RATE, NOTHING_HEARD, Hints, Transcript
from agent.speech.errors import EngineFailedError, EngineMissingError, LanguageUnsupportedError
from agent.speech.models import whisper_folder
from agent.speech.redecoding import RedecodingUtterance
from cases.domain.vocabulary import Language

_EVERY_S = 0.4
_INTERIM_BEAM, _FINAL_BEAM = 1, 5
_NO_SPEECH, _DOUBTFUL, _GARBAGE, _REPETITIVE = 0.6, -0.7, -1.2, 2.4
_SHORTEST = HEARING_RATE // 10
_SIMPLIFIED = "以下是普通话的句子，用简体中文书写。"
"""Leads the model to simplified characters and Chinese punctuation."""


class FasterWhisperRecognizer:
    """Hears with faster-whisper; satisfies agent.speech.engine.Recognizer.

    Hints are not given to the model: on noise it would say them. Nothing is fetched when it loads.
    """

    name = "faster-whisper"

    def __init__(
        self,
        model: str,
        models: Path,
        *,
        device: str = "auto",
        compute_type: str = "default",
        every_s: float = _EVERY_S,
    ) -> None:
        """Choose a model; it is loaded by `warm`.

        Args:
            model: Folder of a CTranslate2 Whisper model, or the name of one that was pulled (`small`, `owner/name`).
            models: Folder of pulled models.
            device: `cpu`, `cuda` or `auto`.
            compute_type: Number format, as CTranslate2 names it.
            every_s: New audio before the next interim transcription, seconds.
        """
        self._name = model
        self._models = models
        self._device, self._compute_type = device, compute_type
        self._every_s = every_s
        self._model: Any = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="faster-whisper")
        self._loading = asyncio.Lock()

    @property
    def model(self) -> str:
        """Name of the model, or of its folder."""
        return Path(self._name).name if "/" in self._name else self._name

    def hears(self, language: Language) -> bool:
        """Every language, or English alone where the model (before it is loaded, its name: `.en`) says so."""
        if language is Language.EN:
            return True
        return not self.model.endswith(".en") if self._model is None else bool(self._model.model.is_multilingual)

    async def warm(self) -> None:
        """Load the model.

        Raises:
            EngineMissingError: Package or model is not there.
            EngineFailedError: The model does not load.
        """
        async with self._loading:
            if self._model is None:
                self._model = await asyncio.get_running_loop().run_in_executor(self._thread, self._load)

    def begin(self, hints: Hints) -> RedecodingUtterance:
        """Open an utterance.

        Raises:
            LanguageUnsupportedError: The model is an English one and the hints are not.
        """
        self._check(hints.language)

        async def transcribe(audio: bytes, whole: bool) -> Transcript:
            await self.warm()
            self._check(hints.language)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self._transcribe, audio, hints.language, whole)

        return RedecodingUtterance(transcribe, self._every_s)

    async def aclose(self) -> None:
        """Let model and thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._model = None

    def _check(self, language: Language) -> None:
        if not self.hears(language):
            raise LanguageUnsupportedError(f"Whisper model {self.model} hears English only; choose one without `.en`.")

    def _load(self) -> Any:
        if find_spec("faster_whisper") is None:
            raise EngineMissingError("faster-whisper is not installed; get it with `pip install 'riskcall[whisper]'`.")
        folder = whisper_folder(self._name, self._models)
        if folder is None:
            raise EngineMissingError(
                f"There is no Whisper model {self._name!r} here; get it with "
                f"`riskcall models pull whisper-{self._name}` or name the folder of a CTranslate2 model."
            )
        from faster_whisper import WhisperModel

        try:
            # Without this file faster-whisper would go and fetch one; on a damaged one it raises a bare Exception.
            json.loads((folder / "tokenizer.json").read_bytes())
            return WhisperModel(
                str(folder), device=self._device, compute_type=self._compute_type, local_files_only=True
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineFailedError(f"Whisper model {folder} does not load ({error}); pull it again.") from error

    def _transcribe(self, audio: bytes, language: Language, whole: bool) -> Transcript:
        samples = np.frombuffer(audio, np.int16).astype(np.float32) / 32768
        if samples.size < _SHORTEST:
            return NOTHING_HEARD
        try:
            segments, _ = self._model.transcribe(
                samples,
                language=language.value,
                beam_size=_FINAL_BEAM if whole else _INTERIM_BEAM,
                temperature=0.0,
                condition_on_previous_text=False,
                without_timestamps=True,
                initial_prompt=_SIMPLIFIED if language is Language.ZH else None,
            )
            return _transcript([segment for segment in segments if _spoken(segment)])
        except RuntimeError as error:
            raise EngineFailedError(f"faster-whisper broke while transcribing ({error}); try again.") from error


def _spoken(segment: Any) -> bool:
    """Whether a segment is speech: not silence, not a loop, not what the model itself doubts."""
    silent = segment.no_speech_prob > _NO_SPEECH and segment.avg_logprob < _DOUBTFUL
    return not silent and segment.avg_logprob >= _GARBAGE and segment.compression_ratio <= _REPETITIVE


def _transcript(segments: list[Any]) -> Transcript:
    text = "".join(segment.text for segment in segments).strip()
    if not text:
        return NOTHING_HEARD
    tokens = sum(len(segment.tokens) for segment in segments) or 1
    logprob = sum(segment.avg_logprob * len(segment.tokens) for segment in segments) / tokens
    return Transcript(text, round(math.exp(min(0.0, logprob)), 3))

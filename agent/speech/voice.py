"""The voice of the calls: a synthesizer whose lines are levelled, free of edge silence, and kept once spoken.

Lines named as fixed hold no facts of a case and are kept on disk; all others stay in memory only, for they may
hold a customer's name or an amount.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import tempfile
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.speech.engine import SpeechChunk, Synthesizer, WordMark
from cases.domain.vocabulary import Language
from telephony.leg import SPEAKER_FRAME_BYTES, SPEAKER_RATE, Band
from telephony.line.filters import Fir, low_pass
from telephony.pcm import Resampler, resample

LEVEL_DBFS = -20.0
"""Loudness of speech (root mean square of the frames that hold any) that every engine is brought to."""
BYTES_IN_MEMORY = 16 * 1024 * 1024
"""Audio kept in memory: nearly six minutes of speech."""
TELEPHONE_HIGH_HZ = 3_500.0
"""Where a voice for telephone lines has lost one half; the line itself ends at 4 000 Hz."""
_TAPS = 97
_SILENT = 130.0
"""Samples under this are silence at the edges of a line (-48 dBFS)."""
_KEPT_MS = 10
_TAIL_MS = 60
_PER_MS = SPEAKER_RATE // 1000
_FRAME_MS = 20
_SPEECH_SHARE = 0.001
"""A frame holds speech that has this share of the loudest one's power."""
_REFERENCE = {
    Language.EN: "Please take your time, and tell me what you know about this payment. Did you make it yourself?",
    Language.ZH: "请您慢慢说，告诉我这笔付款的情况。我们暂停了这笔付款，请问是您本人操作的吗？",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A spoken line.

    Attributes:
        pcm: 16-bit mono at SPEAKER_RATE, a whole number of frames.
        marks: Its words.
    """

    pcm: bytes
    marks: tuple[WordMark, ...]


class Voice:
    """A synthesizer at SPEAKER_RATE that keeps lines by engine, model, language and text hash; itself a Synthesizer."""

    sample_rate = SPEAKER_RATE

    def __init__(
        self, engine: Synthesizer, folder: Path, *, band: Band = Band.WIDE, memory: int = BYTES_IN_MEMORY
    ) -> None:
        """Keep lines of an engine.

        Args:
            engine: Speaks them.
            folder: Where fixed lines lie; made where it is missing.
            band: What the lines of the calls carry. For narrow ones all is taken out that a codec at 8 kHz would fold
                back into the speech, and the level is that of what is left.
            memory: Bytes of audio kept in memory; those used longest ago go first.
        """
        self._band = band
        self._engine = engine
        self._folder = folder
        self._memory = memory
        self._lines: OrderedDict[str, Line] = OrderedDict()
        self._bytes = 0
        self._gain: dict[Language, float] = {}
        self._fixed: set[str] = set()

    @property
    def name(self) -> str:
        """The engine."""
        return self._engine.name

    @property
    def model(self) -> str:
        """The engine's voices, and what is done to them for a telephone line."""
        return self._engine.model + (", telephone band" if self._band is Band.NARROW else "")

    def speaks(self, language: Language) -> bool:
        """Whether the engine has a voice for this language."""
        return self._engine.speaks(language)

    async def warm(self) -> None:
        """Load the engine and measure how loud it speaks each language.

        Raises:
            EngineMissingError: The engine or its voice is not there.
            EngineFailedError: The engine broke.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        await self._engine.warm()
        for language, text in _REFERENCE.items():
            if self.speaks(language) and language not in self._gain:
                pcm = b"".join([chunk.pcm async for chunk in self._engine.synthesize(text, language)])
                spoken = _Limit(self._band).push(resample(pcm, self._engine.sample_rate, SPEAKER_RATE))
                self._gain[language] = _gain_to_level(np.frombuffer(spoken, np.int16), SPEAKER_RATE)

    def keep(self, texts: Iterable[str], language: Language) -> None:
        """Name fixed lines: once spoken they are kept on disk, for this process and the next."""
        self._fixed.update(self._key(text, language) for text in texts)

    async def prepare(self, texts: Iterable[str], language: Language) -> None:
        """Speak fixed lines ahead of time, so that they start at once when they are needed, and keep them on disk.

        Raises:
            SpeechError: The engine could not speak one of them.
        """
        for text in texts:
            self.keep((text,), language)
            async for _ in self.synthesize(text, language):
                pass

    async def synthesize(self, text: str, language: Language) -> AsyncGenerator[SpeechChunk, None]:
        """A kept line at once; else as the engine speaks it, kept once it is complete.

        Raises:
            LanguageUnsupportedError: There is no voice for the language.
            EngineFailedError: The engine broke; chunks already given stay good.
        """
        key = self._key(text, language)
        line = self._lines.get(key)
        if line is None and key in self._fixed:
            line = await asyncio.to_thread(self._load, key)
        if line is None:
            pcm, marks = bytearray(), list[WordMark]()
            async with aclosing(self._spoken(text, language)) as chunks:
                async for chunk in chunks:
                    pcm += chunk.pcm
                    marks += chunk.marks
                    yield chunk
            line = Line(bytes(pcm), tuple(marks))
            if key in self._fixed:
                await asyncio.to_thread(self._save, key, line)
            self._remember(key, line)
            return
        self._remember(key, line)
        yield SpeechChunk(line.pcm, line.marks)

    async def aclose(self) -> None:
        """Close the engine."""
        await self._engine.aclose()

    async def _spoken(self, text: str, language: Language) -> AsyncGenerator[SpeechChunk, None]:
        """The engine's audio at SPEAKER_RATE, levelled, without silence at its edges, in whole frames."""
        resampler, limit = Resampler(self._engine.sample_rate, SPEAKER_RATE), _Limit(self._band)
        trim = _Trim(self._gain.get(language, 1.0))
        async with aclosing(self._engine.synthesize(text, language)) as chunks:
            async for chunk in chunks:
                pcm = trim.push(limit.push(resampler.push(chunk.pcm)))
                if pcm or chunk.marks:
                    yield SpeechChunk(pcm, trim.shifted(chunk.marks))
        pcm = trim.push(limit.push(resampler.flush()) + limit.finish()) + trim.finish()
        if pcm:
            yield SpeechChunk(pcm)

    def _key(self, text: str, language: Language) -> str:
        identity = json.dumps([self.name, self.model, language.value, SPEAKER_RATE, LEVEL_DBFS, text])
        return hashlib.sha256(identity.encode()).hexdigest()

    def _remember(self, key: str, line: Line) -> None:
        if (known := self._lines.pop(key, None)) is not None:
            self._bytes -= len(known.pcm)
        self._lines[key] = line
        self._bytes += len(line.pcm)
        while self._bytes > self._memory:
            self._bytes -= len(self._lines.popitem(last=False)[1].pcm)

    def _load(self, key: str) -> Line | None:
        """A line from the folder; a damaged file counts as none and is replaced by the next save."""
        try:
            head, _, pcm = (self._folder / f"{key}.line").read_bytes().partition(b"\n")
            facts = json.loads(head)
            if facts["sha256"] != hashlib.sha256(pcm).hexdigest():
                return None
            return Line(pcm, tuple(WordMark(text, start_ms) for text, start_ms in facts["marks"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def _save(self, key: str, line: Line) -> None:
        """Write a line whole or not at all."""
        facts = {"sha256": hashlib.sha256(line.pcm).hexdigest(), "marks": [[m.text, m.start_ms] for m in line.marks]}
        handle, draft = tempfile.mkstemp(dir=self._folder)
        with os.fdopen(handle, "wb") as file:
            file.write(json.dumps(facts, ensure_ascii=False).encode() + b"\n" + line.pcm)
        os.replace(draft, self._folder / f"{key}.line")


class _Limit:
    """Takes out what a narrow line does not carry; works on a stream, and passes all through on a wide line."""

    def __init__(self, band: Band) -> None:
        self._filter = Fir(low_pass(TELEPHONE_HIGH_HZ, SPEAKER_RATE, _TAPS)) if band is Band.NARROW else None

    def push(self, pcm: bytes) -> bytes:
        """As many samples as go in, 2 ms later on a narrow line."""
        if self._filter is None or not pcm:
            return pcm
        samples = self._filter.push(np.frombuffer(pcm, np.int16).astype(np.float32))
        return np.clip(np.rint(samples), -32767, 32767).astype(np.int16).tobytes()

    def finish(self) -> bytes:
        """What the filter holds back."""
        return self.push(bytes(2 * self._filter.delay)) if self._filter is not None else b""


class _Trim:
    """Drops silence at the start, shortens it at the end, applies a gain; works on a stream."""

    def __init__(self, gain: float) -> None:
        self._gain = gain
        self._started = False
        self._dropped = 0
        self._held = np.empty(0, np.int16)

    def push(self, pcm: bytes) -> bytes:
        """Take audio, return what is certain to be inside the line, in whole frames."""
        samples = np.frombuffer(pcm, np.int16).astype(np.float32) * self._gain
        self._held = np.concatenate([self._held, np.clip(samples, -32767, 32767).astype(np.int16)])
        if not self._started:
            voiced = np.flatnonzero(np.abs(self._held) > _SILENT)
            keep = _KEPT_MS * _PER_MS
            begin = self._held.size - keep if voiced.size == 0 else int(voiced[0]) - keep
            begin = max(0, begin)
            self._dropped += begin
            self._held = self._held[begin:]
            self._started = voiced.size > 0
            if not self._started:
                return b""
        voiced = np.flatnonzero(np.abs(self._held) > _SILENT)
        frame = SPEAKER_FRAME_BYTES // 2
        sure = (int(voiced[-1]) + 1) // frame * frame if voiced.size else 0
        out, self._held = self._held[:sure], self._held[sure:]
        return out.tobytes()

    def finish(self) -> bytes:
        """The rest, with a short tail of silence, filled up to a whole frame."""
        if not self._started:
            return b""
        voiced = np.flatnonzero(np.abs(self._held) > _SILENT)
        end = (int(voiced[-1]) + 1 if voiced.size else 0) + _TAIL_MS * _PER_MS
        frame = SPEAKER_FRAME_BYTES // 2
        size = -(-end // frame) * frame
        tail = np.zeros(size, np.int16)
        kept = self._held[:size]
        tail[: kept.size] = kept
        return tail.tobytes()

    def shifted(self, marks: tuple[WordMark, ...]) -> tuple[WordMark, ...]:
        """Marks on the clock of the trimmed audio."""
        shift = self._dropped / _PER_MS
        return tuple(WordMark(mark.text, max(0, round(mark.start_ms - shift))) for mark in marks)


def _gain_to_level(samples: NDArray[np.int16], rate: int) -> float:
    """The factor that brings the frames of a sample that hold speech to LEVEL_DBFS."""
    size = rate * _FRAME_MS // 1000
    frames = samples[: samples.size // size * size].astype(np.float64).reshape(-1, size)
    power = (frames * frames).mean(axis=1) if size and frames.size else np.zeros(1)
    loudest = float(power.max())
    if loudest == 0:
        return 1.0
    rms = float(np.sqrt(power[power > loudest * _SPEECH_SHARE].mean()))
    return float(32768 * 10 ** (LEVEL_DBFS / 20) / rms)

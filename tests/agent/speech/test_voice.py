"""The voice of the calls: levelled, trimmed, kept; personal lines never on disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from agent.speech.engine import SpeechChunk, Synthesizer, WordMark
from agent.speech.errors import EngineFailedError
from agent.speech.espeak import EspeakSynthesizer
from agent.speech.flite import FliteSynthesizer
from agent.speech.voice import LEVEL_DBFS, Voice
from cases.domain.vocabulary import Language
from telephony.leg import SPEAKER_FRAME_BYTES, SPEAKER_RATE, Band
from tests.support.needs import needs_program

RATE = 16_000
LEAD_MS, WORD_MS, REST_MS = 300, 200, 400
TEXT = "Did you make this payment?"
PERSONAL = "Am I speaking to Alex Morgan?"


@dataclass
class Drone:
    """Speaks each word as noise of one loudness between long silences; counts what it is asked."""

    amplitude: float = 3000.0
    model: str = "drone-1"
    sample_rate: int = RATE
    name: str = "drone"
    fails: bool = False
    asked: list[str] = field(default_factory=list)

    def speaks(self, language: Language) -> bool:
        return language is Language.EN

    async def warm(self) -> None:
        pass

    async def aclose(self) -> None:
        pass

    async def synthesize(self, text: str, language: Language) -> AsyncIterator[SpeechChunk]:
        self.asked.append(text)
        random = np.random.default_rng(len(self.asked))
        yield SpeechChunk(silence(LEAD_MS))
        at_ms = LEAD_MS
        for word in text.split():
            noise = random.normal(0, self.amplitude, RATE * WORD_MS // 1000)
            pcm = np.clip(noise, -32767, 32767).astype(np.int16).tobytes()
            yield SpeechChunk(pcm, (WordMark(word, at_ms),))
            at_ms += WORD_MS
            if self.fails:
                raise EngineFailedError("the drone broke")
        yield SpeechChunk(silence(REST_MS))


def silence(ms: int) -> bytes:
    return bytes(RATE * ms // 1000 * 2)


async def spoken(voice: Voice, text: str, language: Language = Language.EN) -> tuple[bytes, tuple[WordMark, ...]]:
    chunks = [chunk async for chunk in voice.synthesize(text, language)]
    return b"".join(chunk.pcm for chunk in chunks), tuple(mark for chunk in chunks for mark in chunk.marks)


def files_in(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def level(pcm: bytes) -> float:
    """Loudness of the frames that hold speech, dBFS."""
    frames = np.frombuffer(pcm, np.int16).astype(np.float64).reshape(-1, SPEAKER_FRAME_BYTES // 2)
    power = (frames**2).mean(axis=1)
    return float(10 * np.log10(power[power > power.max() / 1000].mean() / 32768**2))


async def test_a_line_spoken_again_is_the_first_to_the_sample_and_the_engine_is_not_asked(tmp_path: Path) -> None:
    engine = Drone()
    voice = Voice(engine, tmp_path)
    await voice.warm()
    first = await spoken(voice, TEXT)
    asked = len(engine.asked)
    assert await spoken(voice, TEXT) == first
    assert len(engine.asked) == asked
    assert [mark.text for mark in first[1]] == TEXT.split()


async def test_silence_at_the_edges_is_trimmed_and_the_marks_move_with_it(tmp_path: Path) -> None:
    voice = Voice(Drone(), tmp_path)
    await voice.warm()
    pcm, marks = await spoken(voice, TEXT)
    samples = np.frombuffer(pcm, np.int16)
    loud = np.flatnonzero(np.abs(samples.astype(int)) > 130)
    per_ms = SPEAKER_RATE // 1000
    assert loud[0] <= 15 * per_ms
    assert samples.size - loud[-1] <= 85 * per_ms
    assert len(pcm) % SPEAKER_FRAME_BYTES == 0
    assert len(pcm) / 2 / per_ms == pytest.approx(len(TEXT.split()) * WORD_MS + 70, abs=25)
    assert [mark.start_ms for mark in marks] == [
        pytest.approx(10 + WORD_MS * index, abs=3) for index in range(len(TEXT.split()))
    ]


@pytest.mark.parametrize("amplitude", [300.0, 3000.0, 9000.0])
async def test_every_engine_is_brought_to_one_level(tmp_path: Path, amplitude: float) -> None:
    voice = Voice(Drone(amplitude), tmp_path)
    await voice.warm()
    pcm, _ = await spoken(voice, TEXT)
    assert level(pcm) == pytest.approx(LEVEL_DBFS, abs=1.5)


async def test_for_a_telephone_line_nothing_is_left_that_its_codec_would_fold_back(tmp_path: Path) -> None:
    wide, narrow = Voice(Drone(), tmp_path), Voice(Drone(), tmp_path, band=Band.NARROW)
    for voice in (wide, narrow):
        await voice.warm()
        voice.keep((TEXT,), Language.EN)
    (before, marks), (pcm, narrow_marks) = await spoken(wide, TEXT), await spoken(narrow, TEXT)
    assert _share_above(4_000, before) > 0.3
    assert _share_above(4_000, pcm) < 1e-5
    assert level(pcm) == pytest.approx(LEVEL_DBFS, abs=1.5)
    assert [mark.start_ms for mark in narrow_marks] == [pytest.approx(mark.start_ms, abs=5) for mark in marks]
    assert narrow.model == "drone-1, telephone band"
    assert (await spoken(Voice(Drone(), tmp_path), TEXT))[0] != pcm


def _share_above(hertz: float, pcm: bytes) -> float:
    """Part of the power."""
    power = np.abs(np.fft.rfft(np.frombuffer(pcm, np.int16).astype(float))) ** 2
    return float(power[np.fft.rfftfreq(len(pcm) // 2, 1 / SPEAKER_RATE) > hertz].sum() / power.sum())


@pytest.mark.parametrize("engine", ["flite", "espeak-en", "espeak-zh"])
async def test_engines_that_are_here_speak_at_that_level(tmp_path: Path, engine: str) -> None:
    if engine == "flite":
        needs_program("flite", "one of the engines that speak")
    synthesizer: Synthesizer = FliteSynthesizer() if engine == "flite" else EspeakSynthesizer()
    language = Language.ZH if engine == "espeak-zh" else Language.EN
    texts = {
        Language.EN: ("We have stopped a payment of four thousand pounds.", "Did you make it yourself?", "Goodbye."),
        Language.ZH: ("我们暂停了一笔四千五百元的付款。", "请问这笔付款是您本人操作的吗？", "再见。"),
    }
    voice = Voice(synthesizer, tmp_path)
    await voice.warm()
    lines = [(await spoken(voice, text, language))[0] for text in texts[language]]
    assert level(b"".join(lines)) == pytest.approx(LEVEL_DBFS, abs=1.5)
    for line in lines:
        assert level(line) == pytest.approx(LEVEL_DBFS, abs=3)
    await voice.aclose()


async def test_prepared_lines_are_kept_on_disk_and_personal_ones_are_not(tmp_path: Path) -> None:
    voice = Voice(Drone(), tmp_path)
    await voice.warm()
    await voice.prepare([TEXT], Language.EN)
    await spoken(voice, PERSONAL)
    files = files_in(tmp_path)
    assert len(files) == 1
    assert b"Morgan" not in b"".join(file.read_bytes() for file in files)
    engine = Drone()
    later = Voice(engine, tmp_path)
    await later.warm()
    asked = len(engine.asked)
    await later.prepare([TEXT], Language.EN)
    assert await spoken(later, TEXT) == await spoken(voice, TEXT)
    assert len(engine.asked) == asked
    await spoken(later, PERSONAL)
    assert engine.asked[-1] == PERSONAL


@pytest.mark.parametrize("damage", ["cut", "flipped", "no json", "wrong facts", "empty"])
async def test_a_damaged_file_is_spoken_anew_and_replaced(tmp_path: Path, damage: str) -> None:
    voice = Voice(Drone(), tmp_path)
    await voice.warm()
    await voice.prepare([TEXT], Language.EN)
    (file,) = files_in(tmp_path)
    whole = file.read_bytes()
    damaged = {
        "cut": whole[:-1000],
        "flipped": whole[:-1] + bytes([whole[-1] ^ 1]),
        "no json": b"line\n" + whole,
        "wrong facts": b"[1]\n" + whole,
        "empty": b"",
    }
    file.write_bytes(damaged[damage])
    engine = Drone()
    later = Voice(engine, tmp_path)
    await later.warm()
    await later.prepare([TEXT], Language.EN)
    assert engine.asked[-1] == TEXT
    pcm, marks = await spoken(later, TEXT)
    assert [mark.text for mark in marks] == TEXT.split()
    again = Voice(Drone(), tmp_path)
    await again.prepare([TEXT], Language.EN)
    assert await spoken(again, TEXT) == (pcm, marks)
    assert files_in(tmp_path) == [file]


async def test_another_model_does_not_speak_with_the_first_ones_lines(tmp_path: Path) -> None:
    voice = Voice(Drone(), tmp_path)
    await voice.warm()
    await voice.prepare([TEXT], Language.EN)
    engine = Drone(model="drone-2")
    other = Voice(engine, tmp_path)
    await other.warm()
    await other.prepare([TEXT], Language.EN)
    assert engine.asked[-1] == TEXT
    assert len(files_in(tmp_path)) == 2


async def test_what_broke_off_is_not_kept(tmp_path: Path) -> None:
    engine = Drone()
    voice = Voice(engine, tmp_path)
    await voice.warm()
    engine.fails = True
    with pytest.raises(EngineFailedError):
        await spoken(voice, TEXT)
    engine.fails = False
    async with aclosing(voice.synthesize(TEXT, Language.EN)) as chunks:
        await anext(chunks)
    asked = len(engine.asked)
    _, marks = await spoken(voice, TEXT)
    assert len(engine.asked) == asked + 1
    assert [mark.text for mark in marks] == TEXT.split()


async def test_memory_holds_so_much_audio_and_lets_go_of_what_was_used_longest_ago(tmp_path: Path) -> None:
    engine = Drone()
    voice = Voice(engine, tmp_path)
    await voice.warm()
    size = len((await spoken(voice, "0"))[0])
    voice = Voice(engine, tmp_path, memory=3 * size)
    await voice.warm()
    for text in ("0", "1", "2", "0", "3"):
        await spoken(voice, text)
    asked = len(engine.asked)
    for text in ("0", "2", "3"):
        await spoken(voice, text)
    assert len(engine.asked) == asked
    await spoken(voice, "1")
    assert engine.asked[asked:] == ["1"]


async def test_a_line_longer_than_memory_is_spoken_and_not_kept(tmp_path: Path) -> None:
    engine = Drone()
    voice = Voice(engine, tmp_path, memory=100)
    await voice.warm()
    first, _ = await spoken(voice, "0")
    again, _ = await spoken(voice, "0")
    assert len(first) == len(again) > 100 and engine.asked[-2:] == ["0", "0"]

"""What a telephone line left out is filled in: nearer to the whole band, and understood, with voices never learned."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest

from agent.speech.engine import Hints
from agent.speech.sphinx import SphinxRecognizer
from agent.speech.telephone_band.learning import HELD_OUT
from agent.speech.telephone_band.mapping import AFTER, TelephoneFrontEnd, shipped
from agent.speech.telephone_band.spectrum import COSINES, Spectrum
from cases.domain.vocabulary import Language
from telephony.customer_speech import CustomerVoice
from telephony.leg import FRAME_MS, MIC_RATE, Band
from telephony.line.codecs import Pcmu
from tests.support.heard_lines import LINES, errors, not_for_us
from tests.support.needs import needs_program

MOST_WORD_ERRORS = 0.42
MOST_FALSELY_HEARD = 0.12
HEARD = LINES[1::4]
QUIET = MIC_RATE // 4


def in_a_quiet_room(pcm: bytes) -> np.ndarray:
    """A line with a quarter of a second of silence around it."""
    samples = np.frombuffer(pcm, np.int16).astype(np.float32)
    heard = np.random.default_rng(5).normal(0, 8, samples.size + 2 * QUIET).astype(np.float32)
    heard[QUIET:-QUIET] += samples
    return heard[: heard.size // 2 * 2]


def over_telephone(samples: np.ndarray) -> bytes:
    """The same as it arrives."""
    codec = Pcmu()
    return pcm_of(codec.decode(codec.encode(samples)))


def pcm_of(samples: np.ndarray) -> bytes:
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16).tobytes()


def cepstra_of(pcm: bytes) -> np.ndarray:
    return Spectrum().push(np.frombuffer(pcm, np.int16).astype(np.float64)) @ COSINES.T


@pytest.fixture
async def recognizer() -> AsyncIterator[SphinxRecognizer]:
    recognizer = SphinxRecognizer(band=Band.NARROW)
    await recognizer.warm()
    yield recognizer
    await recognizer.aclose()


@pytest.mark.parametrize("voice", HELD_OUT)
async def test_what_arrives_is_brought_nearer_to_what_was_said(voice: str) -> None:
    needs_program("flite", "customers' voices")
    said = in_a_quiet_room(await CustomerVoice().speak(LINES[2], voice))
    arrived = over_telephone(said)
    late = round(Pcmu().delay_ms / 10)
    wide, plain = cepstra_of(pcm_of(said)), cepstra_of(arrived)[late:]
    filled = TelephoneFrontEnd(shipped()).push(arrived)[late:]
    wide, plain = wide[: len(filled)], plain[: len(filled)]

    def apart(cepstra: np.ndarray) -> float:
        """Root mean square while somebody speaks, a constant colour aside."""
        difference = (cepstra - wide)[wide[:, 0] > wide[:, 0].mean(), 1:]
        return float(np.sqrt((difference - difference.mean(axis=0)).var()))

    nearer = apart(filled) / apart(plain)
    print(f"{voice}: {nearer:.2f} of the distance is left")
    assert nearer < 0.92


def test_pieces_of_any_size_give_the_same() -> None:
    noise = np.random.default_rng(1).normal(0, 2000, MIC_RATE).astype(np.int16).tobytes()
    whole = TelephoneFrontEnd(shipped())
    at_once = np.concatenate((whole.push(noise), whole.finish()))
    pieces, frame = TelephoneFrontEnd(shipped()), MIC_RATE * FRAME_MS // 1000 * 2
    got = [pieces.push(noise[start : start + frame]) for start in range(0, len(noise), frame)]
    assert sum(map(len, got)) == len(at_once) - AFTER - 3
    assert np.allclose(np.concatenate((*got, pieces.finish())), at_once, atol=1e-3)


def test_a_sound_too_short_for_a_frame_is_nothing() -> None:
    front = TelephoneFrontEnd(shipped())
    assert len(front.push(bytes(200))) == 0
    assert len(front.finish()) == 0


async def test_customers_by_telephone_are_understood(recognizer: SphinxRecognizer) -> None:
    needs_program("flite", "customers' voices")
    voice = CustomerVoice()
    wrong = words = 0
    for number, line in enumerate(HEARD * len(HELD_OUT)):
        audio = over_telephone(in_a_quiet_room(await voice.speak(line, HELD_OUT[number // len(HEARD)])))
        wrong += errors(line, await hear(recognizer, audio, (1024, 16_000)[number % 2]))
        words += len(line.split())
    print(f"word error rate {wrong / words:.3f} of {words} words")
    assert wrong / words <= MOST_WORD_ERRORS


async def test_what_is_not_english_speech_is_rejected_on_telephones_too(recognizer: SphinxRecognizer) -> None:
    needs_program("flite", "several people at once")
    needs_program("espeak-ng", "other languages")
    sounds = [sound for number, sound in enumerate(await not_for_us(CustomerVoice())) if number % 2]
    said = {}
    for number, (kind, audio) in enumerate(sounds):
        samples = np.frombuffer(audio, np.int16).astype(np.float32)
        if text := await hear(recognizer, over_telephone(samples[: samples.size // 2 * 2]), 16_000):
            said[f"{kind} {number}"] = text
    print(f"heard {said} in {len(sounds)} sounds")
    assert len(said) <= MOST_FALSELY_HEARD * len(sounds)


async def hear(recognizer: SphinxRecognizer, audio: bytes, piece: int) -> str:
    utterance = recognizer.begin(Hints(Language.EN))
    for start in range(0, len(audio), piece):
        await utterance.feed(audio[start : start + piece])
    return (await utterance.finish()).text

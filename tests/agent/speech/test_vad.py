"""The probe that tells speech from silence."""

from __future__ import annotations

import numpy as np
import pytest

from agent.speech.vad import WINDOW_SAMPLES, SpeechProbe, warm_vad
from telephony.customer_speech import CustomerVoice
from tests.support.needs import needs_program


@pytest.fixture
async def speech() -> bytes:
    needs_program("flite", "a customer's voice")
    return await CustomerVoice().speak("No, I did not make that payment.")


async def test_speech_is_likely_and_silence_is_not(speech: bytes) -> None:
    warm_vad()
    probe = SpeechProbe()
    assert max(probe.push(bytes(32_000))) < 0.2
    spoken = probe.push(speech)
    assert np.mean(np.array(spoken) > 0.5) > 0.5
    probe.close()


async def test_pieces_of_any_length_give_the_same_windows(speech: bytes) -> None:
    whole, pieces = SpeechProbe(), SpeechProbe()
    expected = whole.push(speech)
    found: list[float] = []
    for start in range(0, len(speech), 642):
        found += pieces.push(speech[start : start + 642])
    assert found == pytest.approx(list(expected))
    assert len(expected) == len(speech) // 2 // WINDOW_SAMPLES


async def test_reset_forgets(speech: bytes) -> None:
    probe = SpeechProbe()
    first = probe.push(speech)
    probe.push(speech[:100])
    probe.reset()
    assert probe.push(speech) == pytest.approx(list(first))
    probe.close()
    probe.close()

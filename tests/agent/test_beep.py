"""The beep of an answering machine: found over any line, and in nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.call.beep import BeepDetector
from telephony import line
from telephony.customer_speech import CLIPS, CustomerVoice, _decode
from telephony.leg import MIC_RATE
from telephony.line import Channel, Codec, Line, Noise, NoiseKind
from tests.support.needs import needs_program

Sound = NDArray[np.float64]


def tone(*hz: float, ms: int = 400, level: float = 4000.0) -> Sound:
    at = np.arange(MIC_RATE * ms // 1000) / MIC_RATE
    return level * np.sum([np.sin(2 * np.pi * one * at) for one in hz], axis=0)


def silence(ms: int = 300) -> Sound:
    return np.random.default_rng(1).normal(0.0, 8.0, MIC_RATE * ms // 1000)


def beeps(*parts: Sound, frame: int = 320) -> int:
    pcm = np.clip(np.concatenate([silence(), *parts, silence()]), -32768, 32767).astype(np.int16).tobytes()
    detector = BeepDetector()
    return sum(detector.hear(pcm[at : at + frame * 2]) for at in range(0, len(pcm), frame * 2))


@pytest.mark.parametrize("hz", [620.0, 800.0, 1000.0, 1004.0, 1400.0, 2000.0])
@pytest.mark.parametrize("frame", [160, 320, 500])
def test_a_beep_is_found_once_when_it_ends(hz: float, frame: int) -> None:
    assert beeps(tone(hz), frame=frame) == 1


@pytest.mark.parametrize("ms", [280, 400, 1000])
def test_a_beep_of_any_usual_length_is_found(ms: int) -> None:
    assert beeps(silence(137), tone(1000, ms=ms)) == 1


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("noise", [None, Noise(NoiseKind.BABBLE, 15.0)])
def test_a_beep_is_found_over_a_line(codec: Codec, noise: Noise | None) -> None:
    sound = np.concatenate([silence(), tone(1000, level=5000.0), silence(600)]).astype(np.float32)
    carried = Line(Channel(codec=codec, noise=noise), speech_level=2500.0, seed=3)
    frames = [carried.carry(sound[at : at + 320]) for at in range(0, sound.size - 319, 320)]
    detector = BeepDetector()
    assert any([detector.hear(np.clip(frame, -32768, 32767).astype(np.int16).tobytes()) for frame in frames])


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(tone(1000, ms=150), id="a click of a key"),
        pytest.param(tone(1000, ms=3000), id="a whistle"),
        pytest.param(tone(440), id="a ringing tone"),
        pytest.param(tone(350, 440, ms=1000), id="a dial tone"),
        pytest.param(tone(1000, level=60.0), id="too soft"),
        *(
            pytest.param(tone(low, high), id=f"dtmf {low} {high}")
            for low in (697, 770, 852, 941)
            for high in (1209, 1336, 1477)
        ),
        pytest.param(tone(660, 880, 1320, level=1500.0), id="a chord"),
        pytest.param(tone(700, 1400, 2100, 2800, level=1200.0), id="a note with overtones"),
        pytest.param(np.concatenate([tone(hz, ms=120) for hz in (660, 880, 740, 990)]), id="a melody"),
        pytest.param(np.random.default_rng(2).normal(0, 3000, MIC_RATE), id="noise"),
    ],
)
def test_what_is_no_beep(sound: Sound) -> None:
    assert beeps(sound) == 0


def test_babble_is_no_beep() -> None:
    babble = Path(line.__file__).parent / "babble.ogg"
    samples = np.frombuffer(_decode(babble.read_bytes()), np.int16).astype(np.float64)
    assert samples.size > MIC_RATE * 5 and beeps(samples * 4) == 0


def test_no_clip_of_a_customer_beeps() -> None:
    clips = sorted(CLIPS.glob("*.ogg"))
    assert len(clips) > 20
    for clip in clips:
        samples = np.frombuffer(_decode(clip.read_bytes()), np.int16).astype(np.float64)
        assert beeps(samples) == 0, clip.name


@pytest.mark.parametrize("voice", ["slt", "rms", "awb", "kal"])
def test_no_voice_of_flite_beeps(voice: str) -> None:
    needs_program("flite", "simulated customers speak with it")
    text = "Hello? Oh no, who is it? Mm, hm. One, two, three, four. Ooh, I see, you know, two hundred pounds, whoo."
    spoken = asyncio.run(CustomerVoice().speak(text, f"flite:{voice}"))
    assert beeps(np.frombuffer(spoken, np.int16).astype(np.float64)) == 0

"""The clips that let simulated customers speak on a machine without flite and espeak-ng."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from telephony.customer_speech import CLIPS, CustomerSpeechError, CustomerVoice, clip_name, render_clips
from telephony.leg import MIC_RATE
from telephony.render_clips import persona_lines
from tests.support.needs import needs_program

LINES = persona_lines()
MOST_BYTES = 1_500_000


def test_every_line_of_a_persona_has_its_clip_and_no_other_is_kept() -> None:
    said = {clip_name(voice, text): {"voice": voice, "text": text} for voice, text in LINES}
    assert json.loads((CLIPS / "index.json").read_text(encoding="utf-8")) == said, "run `make clips`"
    assert {file.name for file in CLIPS.glob("*.ogg")} == set(said), "run `make clips`"
    assert sum(file.stat().st_size for file in CLIPS.iterdir()) < MOST_BYTES


@pytest.mark.parametrize(("voice", "text"), LINES, ids=[clip_name(*line)[:8] for line in LINES])
async def test_every_clip_is_speech_of_a_plausible_length(voice: str, text: str) -> None:
    speaker = CustomerVoice(programs=False)
    assert speaker.can_speak(text, voice)
    samples = np.frombuffer(await speaker.speak(text, voice), np.int16).astype(np.float64)
    letters = len(text) * (4 if voice.startswith("espeak") else 1)
    assert 0.03 * letters < samples.size / MIC_RATE < 0.5 + 0.13 * letters
    assert np.sqrt(np.mean(samples**2)) > 300
    assert np.abs(samples).max() < 32767


@pytest.mark.parametrize("voice", ["flite:slt", "flite:rms"])
async def test_a_clip_sounds_as_the_program_does(voice: str) -> None:
    needs_program("flite", "it renders the English clips")
    text = next(text for one, text in LINES if one == voice)
    clip = np.frombuffer(await CustomerVoice(programs=False).speak(text, voice), np.int16).astype(np.float64)
    live = np.frombuffer(await CustomerVoice().speak(text, voice), np.int16).astype(np.float64)
    assert abs(clip.size - live.size) < MIC_RATE // 20
    window = MIC_RATE // 50
    count = min(clip.size, live.size) // window
    loudness = [np.abs(audio[: count * window]).reshape(count, window).mean(axis=1) for audio in (clip, live)]
    assert np.corrcoef(*loudness)[0, 1] > 0.95


async def test_says_what_to_install_where_there_is_no_clip() -> None:
    with pytest.raises(CustomerSpeechError, match="install the program flite"):
        await CustomerVoice(programs=False).speak("Nobody says this.", "flite:slt")


def test_renders_what_is_new_drops_what_is_gone_and_keeps_the_rest(tmp_path: Path) -> None:
    needs_program("flite", "it renders the English clips")
    first, second = ("flite:slt", "Yes."), ("flite:slt", "No.")
    assert render_clips([first], tmp_path) == 1
    kept = (tmp_path / clip_name(*first)).read_bytes()
    assert render_clips([first, second], tmp_path) == 1
    assert (tmp_path / clip_name(*first)).read_bytes() == kept
    assert render_clips([second], tmp_path) == 0
    assert [file.name for file in tmp_path.glob("*.ogg")] == [clip_name(*second)]


def test_does_not_render_with_a_voice_that_is_not_installed(tmp_path: Path) -> None:
    with pytest.raises(CustomerSpeechError, match="need the program no-such-program"):
        render_clips([("no-such-program:x", "Yes.")], tmp_path)

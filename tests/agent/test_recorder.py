from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from agent.record.recorder import Recorder
from agent.record.recording import decoded, envelopes, span_hashes
from agent.record.waveform import Stretch, stretches, voiced
from telephony.leg import MIC_RATE, SPEAKER_RATE


def tone(rate: int, hertz: int = 300) -> bytes:
    count = rate // 50
    return (8000 * np.sin(2 * np.pi * hertz * np.arange(count) / rate)).astype(np.int16).tobytes()


def record(path: Path | None, *, frames: int = 250) -> Recorder:
    """The customer speaks from 1 s to 2 s, the agent from 2.4 s to 4 s."""
    recorder = Recorder(path)
    for index in range(frames):
        at = index / 50
        recorder.heard(tone(MIC_RATE) if 50 <= index < 100 else bytes(640), at)
        if 120 <= index < 200:
            recorder.played(tone(SPEAKER_RATE), at)
    recorder.close()
    return recorder


def test_puts_both_sides_on_one_clock(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "call.ogg"
    recorder = record(path)
    assert recorder.close() == 5000
    live = [stretches(voiced(envelope.peaks)) for envelope in (recorder.customer, recorder.agent)]
    assert live == [(Stretch(1000, 2000),), (Stretch(2400, 4000),)]
    for written, known in zip(envelopes(path), live, strict=True):
        (stretch,) = stretches(voiced(written.peaks))
        assert abs(stretch.start_ms - known[0].start_ms) <= 10 and abs(stretch.end_ms - known[0].end_ms) <= 10


def test_keeps_the_channels_apart(tmp_path: Path) -> None:
    record(tmp_path / "call.ogg")
    samples = np.concatenate(list(decoded(tmp_path / "call.ogg")))
    assert np.abs(samples[48_000 : 96_000 - 4800, 1]).max() < 30
    assert np.abs(samples[2 * 48_000 + 24_000 : 4 * 48_000 - 4800, 0]).max() < 30


def test_hashes_spans_as_anyone_can_again(tmp_path: Path) -> None:
    path = tmp_path / "call.ogg"
    record(path)
    spans = (Stretch(1000, 2000), Stretch(1500, 2500), Stretch(3000, 3000))
    samples = np.concatenate(list(decoded(path)))
    again = [hashlib.sha256(samples[s.start_ms * 48 : s.end_ms * 48].tobytes()).hexdigest() for s in spans]
    assert list(span_hashes(path, spans)) == again
    assert len(set(again)) == 3


def spoken(times: Iterable[tuple[float, bool]]) -> tuple[Stretch, ...]:
    """Stretches of the customer's channel after frames at these times, loud or not."""
    recorder = Recorder(None)
    for at, loud in times:
        recorder.heard(tone(MIC_RATE) if loud else bytes(640), at)
    return stretches(voiced(recorder.customer.peaks))


def test_lost_audio_becomes_silence_within_a_second() -> None:
    before = [(index / 50, index < 40) for index in range(50)]
    after = [(2 + index / 50, index >= 60) for index in range(120)]
    first, second = spoken([*before, *after])
    assert abs(first.end_ms - 800) <= 1 and abs(second.start_ms - 3200) <= 25


@pytest.mark.parametrize("stall_s", [0.3, 1.5])
def test_frames_that_come_in_a_burst_after_a_stall_stay_in_their_places(stall_s: float) -> None:
    (stretch,) = spoken((max(index / 50, 1 + stall_s if index >= 50 else 0.0), index >= 75) for index in range(200))
    assert abs(stretch.start_ms - 1500) <= 2 and abs(stretch.end_ms - 4000) <= 2


def test_holds_little_in_memory(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "call.ogg")
    for index in range(500):
        recorder.heard(tone(MIC_RATE), index / 50)
        waiting = sum(block.size for track in (recorder._customer, recorder._agent) for block in track._waiting)
        assert waiting < 4 * SPEAKER_RATE
    assert (tmp_path / "call.ogg").stat().st_size > 10_000
    recorder.close()


def test_without_a_file_the_length_is_known_all_the_same() -> None:
    assert record(None).close() == 5000


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        span_hashes(tmp_path / "none.ogg", [Stretch(0, 1)])


def test_a_disk_that_fails_costs_the_file_and_not_the_call(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    recorder = record(tmp_path / "file" / "call.ogg")
    assert recorder.path is None and recorder.close() == 5000
    assert stretches(voiced(recorder.agent.peaks)) == (Stretch(2400, 4000),)

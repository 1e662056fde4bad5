"""What a call on virtual time leaves behind: its recording and its hashes, and no words in logs or traces."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from livekit.agents import telemetry
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracerProvider

from agent.call.session import Recording
from agent.record.recording import span_hashes
from agent.record.waveform import Stretch
from cases.domain.call import CallEnding, MediaRef
from tests.support.voice_setting import ANSWERS, BYE, GREET, MADE, Setting


class Blobs:
    def __init__(self) -> None:
        self.data = b""

    async def put(self, key: str, source: Any, media_type: str) -> MediaRef:
        self.data = b"".join([block async for block in source])
        return MediaRef(key, "digest", media_type)


def test_the_recording_is_kept_and_its_hashes_can_be_made_again(tmp_path: Path) -> None:
    blobs = Blobs()
    setting = Setting({"answers": ANSWERS}, GREET, MADE, BYE, recording=Recording(blobs, "c/1.ogg", tmp_path))  # type: ignore[arg-type]
    call = setting.run()
    assert call.recording is not None and call.recording.key == "c/1.ogg"
    assert abs((call.recording.duration_ms or 0) - call.turns[-1].ended_ms) < 1500
    kept = tmp_path / "kept.ogg"
    kept.write_bytes(blobs.data)
    spans = [Stretch(turn.started_ms, turn.ended_ms) for turn in call.turns]
    assert [turn.audio_sha256 for turn in call.turns] == list(span_hashes(kept, spans))
    assert list(tmp_path.iterdir()) == [kept], "nothing is left where the recording grew"


def test_a_store_that_fails_leaves_the_recording_in_its_folder(tmp_path: Path) -> None:
    class Full(Blobs):
        async def put(self, key: str, source: Any, media_type: str) -> MediaRef:
            raise FileExistsError(key)

    recording = Recording(Full(), "c/1.ogg", tmp_path)  # type: ignore[arg-type]
    call = Setting({"answers": ANSWERS}, GREET, MADE, BYE, recording=recording).run()
    assert call.ending is CallEnding.COMPLETED and call.recording is None
    assert call.turns[0].audio_sha256 is None and len(list(tmp_path.glob("*.ogg"))) == 1


def test_the_frameworks_logs_and_traces_hold_no_words(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    monkeypatch.setattr("agent.call.verifier.trace.get_tracer_provider", lambda: provider)
    with caplog.at_level(logging.DEBUG):
        Setting({"answers": ANSWERS}, GREET, MADE, BYE).run()
    telemetry.set_tracer_provider(NoOpTracerProvider())
    exported = spans.get_finished_spans()
    assert "user_turn" in {span.name for span in exported}
    assert caplog.records, "the framework logs"
    everything = " ".join([*(span.to_json() for span in exported), *(str(vars(record)) for record in caplog.records)])
    assert "it was not me" not in everything and "did you make this payment" not in everything

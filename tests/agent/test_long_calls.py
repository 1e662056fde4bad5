"""A long call holds no more memory than a short one: its recording goes to the disk as it grows."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

from agent.call.session import Recording
from cases.adapters.blobs_file import FileBlobs
from cases.domain.call import Call, CallEnding
from cases.domain.vocabulary import Act
from tests.support.call_fakes import reply
from tests.support.voice_setting import BYE, GREET, Setting

ASKED = "could you please tell me once more what you know about this payment to the builder"
AUDIO_A_MINUTE = 60 * 24_000 * 2
"""One channel of a recording before it is encoded, bytes."""


def hold(folder: Path, questions: int) -> tuple[Call, int]:
    """A call with so many questions and the most that Python held on the way, bytes."""
    asks = [reply(Act.ASK_MADE, ASKED) for _ in range(questions)]
    setting = Setting(
        {"default": "no it was not me that made it"},
        GREET,
        *asks,
        BYE,
        recording=Recording(FileBlobs(folder), f"{questions}.ogg", folder / "growing"),
        max_seconds=3_600.0,
    )
    tracemalloc.start()
    try:
        call = setting.run()
        return call, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_length_of_a_call(tmp_path: Path) -> None:
    hold(tmp_path, 1)
    # The shorter one lasts longer than the customer's audio may wait for its judgement.
    (short, little), (long, much) = hold(tmp_path, 10), hold(tmp_path, 34)
    assert short.ending is long.ending is CallEnding.COMPLETED
    assert short.recording is not None and long.recording is not None
    assert short.recording.duration_ms and long.recording.duration_ms
    minutes = (long.recording.duration_ms - short.recording.duration_ms) / 60_000
    assert short.recording.duration_ms > 45_000 and minutes > 2
    # What grows is a value a millisecond, and what is reckoned from it for a turn.
    assert much - little < 0.5 * AUDIO_A_MINUTE * minutes, f"{much - little} bytes more in {minutes:.1f} minutes more"

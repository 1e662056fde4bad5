from __future__ import annotations

from pathlib import Path

from agent.speech.options import SpeechOptions
from bench.voices import measure
from cases.domain.vocabulary import Language


async def test_every_voice_that_is_here_is_timed_in_its_languages(tmp_path: Path) -> None:
    taken = await measure(SpeechOptions(tmp_path), 2, tmp_path)
    assert {("espeak-ng", Language.EN), ("espeak-ng", Language.ZH)} <= set(taken)
    assert all(len(sample) == 2 and min(sample) > 0 for sample in taken.values())

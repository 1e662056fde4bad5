"""Time to the first audio of every voice that is here: `python -m bench.voices [lines]`.

Each line is new to the voice, as a line with a customer's name or amount is in a call: what is timed is the engine
behind agent.speech.voice.Voice, with levelling, trimming and resampling. Lines that were prepared start from memory.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from contextlib import aclosing
from pathlib import Path

from rich.console import Console
from rich.table import Table

from agent.speech.catalogue import SYNTHESIZERS
from agent.speech.engine import Synthesizer
from agent.speech.options import SpeechOptions
from agent.speech.voice import Voice
from bench.statistics import Estimate, estimate, median, p95
from cases.domain.vocabulary import Language
from riskcall.engines import speech_options
from riskcall.settings import load_settings

LINES = 20
_TEXTS = {
    Language.EN: "We have stopped a payment of {} pounds to Sam's Cars. Did you make this payment yourself?",
    Language.ZH: "我们暂停了一笔{}元的付款，收款方是宏达商贸。请问这笔付款是您本人操作的吗？",
}


async def first_audio_ms(voice: Synthesizer, text: str, language: Language) -> float:
    """From the request to the first sound of a line, ms."""
    start = time.perf_counter()
    async with aclosing(voice.synthesize(text, language)) as chunks:
        async for chunk in chunks:
            if chunk.pcm:
                break
    return (time.perf_counter() - start) * 1000


async def measure(options: SpeechOptions, lines: int, folder: Path) -> dict[tuple[str, Language], list[float]]:
    """First audio of so many new lines by each voice that is here, ms."""
    taken = {}
    for candidate in SYNTHESIZERS:
        if candidate.lacks(options):
            continue
        voice = Voice(candidate.build(options), folder)
        await voice.warm()
        for language in candidate.languages(options):
            texts = [_TEXTS[language].format(4001 + 7 * line) for line in range(lines)]
            taken[candidate.name, language] = [await first_audio_ms(voice, text, language) for text in texts]
        await voice.aclose()
    return taken


def main(lines: int = LINES) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        taken = asyncio.run(measure(speech_options(load_settings()), lines, Path(folder)))
    table = Table(title=f"First audio of {lines} new lines, ms [95 % interval]", title_justify="left", show_edge=False)
    for column in ("voice", "language", "median", "p95"):
        table.add_column(column)
    for (name, language), sample in taken.items():
        table.add_row(name, language.value, _figure(estimate(sample, median)), _figure(estimate(sample, p95)))
    Console().print(table)


def _figure(one: Estimate) -> str:
    return f"{one.value:.0f} \\[{one.low:.0f}–{one.high:.0f}]"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LINES)

"""`riskcall bench cost`: processor time, memory and how many calls a machine carries."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class EngineChoice(StrEnum):
    """Which engines hear and speak."""

    STUB = "stub"
    OFFLINE = "offline"
    WHISPER = "whisper"


cost_app = typer.Typer(
    help="What calls cost: `call` splits one, `ramp` finds how many fit, `memory` looks for growth.",
    no_args_is_help=True,
    add_completion=False,
)

Engines = Annotated[
    EngineChoice,
    typer.Option(
        help="stub: true words and a hum, so that riskcall's own cost is left; offline: pocketsphinx with flite or "
        "espeak-ng; whisper: faster-whisper with random weights, whose words are replaced by the true ones."
    ),
]
Size = Annotated[str, typer.Option(help="Architecture of the random Whisper model: nano, tiny, base or small.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")]


@cost_app.command("call")
def call(
    engines: Engines = EngineChoice.STUB,
    seconds: Annotated[float, typer.Option(min=20, help="How long each measurement takes.")] = 90.0,
    whisper_size: Size = "tiny",
    json_file: JsonFile = None,
) -> None:
    """Split the processor time of a call, and weigh four at once against one for the memory of each."""
    from bench.cost.run import run_load

    raise SystemExit(run_load(engines.value, (1, 4), seconds, whisper_size=whisper_size, json_file=json_file))


@cost_app.command("ramp")
def ramp(
    engines: Engines = EngineChoice.STUB,
    seconds: Annotated[float, typer.Option(min=20, help="How long each measurement takes.")] = 90.0,
    most: Annotated[int, typer.Option(min=1, help="Calls at once in the last measurement.")] = 64,
    whisper_size: Size = "tiny",
    json_file: JsonFile = None,
) -> None:
    """Hold ever more calls at once on two cores until responses take longer than a second (95th percentile)."""
    from bench.cost.load import STEPS
    from bench.cost.run import run_load

    steps = tuple(calls for calls in STEPS if calls <= most)
    raise SystemExit(run_load(engines.value, steps, seconds, whisper_size=whisper_size, json_file=json_file))


@cost_app.command("memory")
def memory(
    engines: Engines = EngineChoice.STUB,
    calls: Annotated[int, typer.Option(min=1, help="Calls, one after the other, in simulated time.")] = 1000,
    whisper_size: Size = "tiny",
    json_file: JsonFile = None,
) -> None:
    """Hold many calls that end in every way a call can, and see what they leave behind; status 1 where memory grew."""
    from bench.cost.run import run_memory

    raise SystemExit(run_memory(engines.value, calls, whisper_size=whisper_size, json_file=json_file))

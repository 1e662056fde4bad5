"""What is measured side by side: each system's module, settings and environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.turn_taking.errors import RunError


@dataclass(frozen=True, slots=True)
class System:
    """A system with one choice of settings.

    Attributes:
        name: As options, folders and tables name it.
        title: As readers know it.
        module: Runs its worker, with `--variant`.
        variant: Its settings.
        requirements: File beside the sides that pins its environment; empty for the environment riskcall runs in.
    """

    name: str
    title: str
    module: str
    variant: str
    requirements: str = ""


_SIDES = "bench.turn_taking.sides"
SYSTEMS = (
    System("riskcall", "riskcall", f"{_SIDES}.riskcall_side", "default"),
    System("livekit", "LiveKit defaults", f"{_SIDES}.livekit_side", "defaults", "livekit.txt"),
    System("livekit-vad", "LiveKit “vad”", f"{_SIDES}.livekit_side", "vad", "livekit.txt"),
    System("livekit-tuned", "LiveKit tuned", f"{_SIDES}.livekit_side", "tuned", "livekit.txt"),
    System("pipecat", "Pipecat defaults", f"{_SIDES}.pipecat_side", "defaults", "pipecat.txt"),
    System("pipecat-tuned", "Pipecat tuned", f"{_SIDES}.pipecat_side", "tuned", "pipecat.txt"),
    System("pipecat-words", "Pipecat tuned, 2 words", f"{_SIDES}.pipecat_side", "words", "pipecat.txt"),
)


def chosen(names: Sequence[str]) -> tuple[System, ...]:
    """The systems of these names in the order of SYSTEMS; all where no name is given.

    Raises:
        RunError: There is no such system.
    """
    known = {system.name for system in SYSTEMS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise RunError(f"there is no system {', '.join(unknown)}; choose from {', '.join(s.name for s in SYSTEMS)}")
    return tuple(system for system in SYSTEMS if not names or system.name in names)

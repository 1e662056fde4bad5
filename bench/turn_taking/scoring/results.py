"""Results of a run: what each system did in each block, and the figures it comes to; written as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.statistics import median
from bench.turn_taking.scoring.measures import MEASURES, Figure, Quantile, quantile
from bench.turn_taking.scoring.records import Record, read_ear, read_record
from bench.turn_taking.scoring.scorer import Aside, Outcome, Overlay, Turn, score

SCHEMA = 1
"""Version of the JSON; a higher one is not read the same way."""
ALL = "all"
"""The condition that stands for all conditions together."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A block that has no record.

    Attributes:
        system: Name of the system.
        block: Name of the block.
        why: What went wrong.
    """

    system: str
    block: str
    why: str


@dataclass(frozen=True, slots=True)
class Machine:
    """Where and when a run was made.

    Attributes:
        date: When it began, ISO 8601.
        command: How it was started.
        platform: Operating system and processor.
        python: Version of the interpreter that scored.
        cores: How many cores the machine has.
        pinned: The cores that the systems were held to; empty where they could not be.
        load_before: Load average over one minute before the run.
        load_after: The same after it.
        loads: The same after each round of blocks.
        at_once: How many systems played at the same time.
        material: Which material the customers spoke.
        seed: Of the plan.
    """

    date: str
    command: str
    platform: str
    python: str
    cores: int
    pinned: tuple[int, ...]
    load_before: float
    load_after: float
    loads: tuple[float, ...]
    at_once: int
    material: str
    seed: int


@dataclass(frozen=True, slots=True)
class Played:
    """A block that a system has played.

    Attributes:
        record: What stands beside the recording.
        outcomes: What the scorer made of it, one for each event.
    """

    record: Record
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True)
class SystemResults:
    """One system's results.

    Attributes:
        name: The system.
        title: As readers know it.
        played: Its blocks.
    """

    name: str
    title: str
    played: tuple[Played, ...]

    @property
    def versions(self) -> dict[str, str]:
        """Versions of what was measured."""
        return self.played[0].record.versions if self.played else {}

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that it was played in, ALL first."""
        return (ALL, *dict.fromkeys(one.record.condition for one in self.played))

    def outcomes(self, condition: str = ALL) -> list[Outcome]:
        """What it did in one condition, or in all."""
        return [done for one in self.played if condition in (ALL, one.record.condition) for done in one.outcomes]

    def figures(self, condition: str = ALL) -> dict[str, Figure]:
        """Every figure in one condition, or in all."""
        if condition not in self._figures:
            found = self.outcomes(condition)
            self._figures[condition] = {measure.key: measure.figure(found) for measure in MEASURES}
        return self._figures[condition]

    @cached_property
    def _figures(self) -> dict[str, dict[str, Figure]]:
        """What was asked for already; the bootstrap takes its time."""
        return {}

    def cpu(self) -> Quantile:
        """Processor time of a call over its length, median of the blocks."""
        return quantile([one.record.cpu_s / one.record.wall_s for one in self.played], median)

    def memory_mb(self) -> Quantile:
        """Memory that the process held after a block, median of the blocks, MB."""
        return quantile([one.record.rss_mb for one in self.played], median)


@dataclass(frozen=True, slots=True)
class Results:
    """What a run found.

    Attributes:
        machine: Where and when.
        systems: What each system did, in the order of the table.
        lost: Blocks without a record.
    """

    machine: Machine
    systems: tuple[SystemResults, ...]
    lost: tuple[Lost, ...]


def played(folder: Path) -> Played:
    """Score one record.

    Raises:
        RecordError: It cannot be read.
    """
    record = read_record(folder)
    ear, rate = read_ear(folder)
    return Played(record, score(ear, rate, record.events))


def as_document(results: Results) -> dict[str, Any]:
    """The results as JSON has them: the figures, and every single outcome behind them."""
    return {
        "schema": SCHEMA,
        "machine": asdict(results.machine),
        "lost": [asdict(one) for one in results.lost],
        "systems": [_system(one) for one in results.systems],
    }


def write_json(results: Results, path: Path) -> None:
    """Write the results."""
    text = json.dumps(as_document(results), ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def _system(system: SystemResults) -> dict[str, Any]:
    return {
        "name": system.name,
        "title": system.title,
        "versions": system.versions,
        "blocks": len(system.played),
        "cpu_share": asdict(system.cpu()),
        "memory_mb": asdict(system.memory_mb()),
        "figures": {
            condition: {key: asdict(figure) for key, figure in system.figures(condition).items()}
            for condition in system.conditions
        },
        "events": list(_events(system.played)),
    }


def _events(blocks: Sequence[Played]) -> Iterable[dict[str, Any]]:
    for one in blocks:
        for outcome in one.outcomes:
            event = outcome.event
            place = {"block": one.record.block, "condition": one.record.condition, "exchange": event.exchange}
            yield {**place, "kind": event.kind, "begin_s": event.begin_s, "end_s": event.end_s, **_done(outcome)}


def _done(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Turn():
            done = {"reply": outcome.reply, "response_s": outcome.response_s, "spoken_into": outcome.spoken_into}
            barge_in = {"yielding": outcome.yielding, "yield_s": outcome.yield_s} if outcome.yielding else {}
            return {**done, **barge_in, "pauses": [asdict(pause) for pause in outcome.pauses]}
        case Overlay():
            return {"floor": outcome.floor, "silence_s": outcome.silence_s, "level_db": outcome.level_db}
        case Aside():
            return {"restraint": outcome.restraint}

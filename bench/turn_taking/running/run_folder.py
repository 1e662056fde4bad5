"""The folder of a run: blocks, records, what the systems said, and what is needed to score it again."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

import bench
from bench.turn_taking.errors import RecordError
from bench.turn_taking.running.systems import System
from bench.turn_taking.scoring.results import Lost, Machine, Results, SystemResults, played
from bench.turn_taking.stage.line import TRUTH

RUN = "run.json"
"""File name of what is known of a run beside its records."""
_NOT_PLAYED = "the run ended before it was played"


@dataclass(frozen=True, slots=True)
class Run:
    """What is known of a run beside its records.

    Attributes:
        machine: Where and when.
        systems: What was to be played, in the order of the table.
        blocks: The blocks that count.
        lost: Blocks without a record, with the reason.
    """

    machine: Machine
    systems: tuple[System, ...]
    blocks: tuple[str, ...]
    lost: tuple[Lost, ...]


_RUN = TypeAdapter(Run)


class RunFolder:
    """One run's folder.

    Attributes:
        root: The folder.
        blocks: Where the plan is rendered.
        code: What the systems' processes import: the bench alone.
    """

    def __init__(self, root: Path) -> None:
        """Use a folder, which is made where it is missing."""
        self.root = root.resolve()
        self.blocks = self.root / "blocks"
        self.code = self.root / "code"
        self.root.mkdir(parents=True, exist_ok=True)

    def records(self, system: System) -> Path:
        """Where a system's records lie, a folder for each block."""
        return self.root / "records" / system.name

    def log(self, system: System) -> Path:
        """Where a system's standard error goes."""
        return self.root / f"{system.name}.log"

    def copy_code(self) -> None:
        """Copy the bench beside the records.

        A peer's process must not find riskcall's own environment, and what it runs must not change under it.
        """
        left_out = shutil.ignore_patterns("__pycache__", "*.yaml", "*.txt")
        shutil.copytree(Path(bench.__file__).parent, self.code / "bench", ignore=left_out, dirs_exist_ok=True)

    def write(self, run: Run) -> None:
        """Note what is known of the run."""
        (self.root / RUN).write_bytes(_RUN.dump_json(run, indent=1))

    def results(self) -> Results:
        """Score every record of the run; one that cannot be read counts as lost.

        Raises:
            RecordError: The folder holds no run.
        """
        path = self.root / RUN
        try:
            run = _RUN.validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise RecordError(f"{path} is not what a run leaves; name a folder made with --keep.") from error
        scored = [self._scored(system, run) for system in run.systems]
        lost = [*run.lost, *(one for _, more in scored for one in more)]
        return Results(run.machine, tuple(system for system, _ in scored), tuple(lost))

    def _scored(self, system: System, run: Run) -> tuple[SystemResults, list[Lost]]:
        """What a system did, and the blocks of which that cannot be told and no reason is known yet."""
        found, lost = [], []
        for block in run.blocks:
            folder = self.records(system) / block
            if any((one.system, one.block) == (system.name, block) for one in run.lost):
                continue
            if not (folder / TRUTH).exists():
                lost.append(Lost(system.name, block, _NOT_PLAYED))
                continue
            try:
                found.append(played(folder))
            except RecordError as error:
                lost.append(Lost(system.name, block, str(error)))
        return SystemResults(system.name, system.title, tuple(found)), lost

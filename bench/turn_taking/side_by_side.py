"""The whole bench from options to files: environments, plan, run, scores, table and picture."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from bench.turn_taking.customers.plan import write_blocks
from bench.turn_taking.errors import EnvironmentBuildError, RunError
from bench.turn_taking.picture import check_picture, draw
from bench.turn_taking.report import lost_blocks, markdown, table
from bench.turn_taking.running.environments import python_of
from bench.turn_taking.running.machine import machine_after, machine_before
from bench.turn_taking.running.process import Launch
from bench.turn_taking.running.progress import BenchProgress
from bench.turn_taking.running.run_folder import Run, RunFolder
from bench.turn_taking.running.runner import Runner, Seat, cores
from bench.turn_taking.running.systems import System, chosen
from bench.turn_taking.scoring.results import Lost, Results, write_json

DONE, LOST, INTERRUPTED = 0, 1, 130
"""Statuses that the bench ends with."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where results go besides the screen; None for nowhere.

    Attributes:
        json: Figures and single outcomes.
        markdown: The report.
        picture: The distributions, SVG or PNG after its ending.
    """

    json: Path | None = None
    markdown: Path | None = None
    picture: Path | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller asked for.

    Attributes:
        systems: Names of systems; all where empty.
        blocks: How many blocks of the plan; None for all.
        quick: The short plan instead of the whole.
        at_once: How many systems play at the same time.
        material: Which material the customers speak, `dev` or `heldout`.
        seed: Of the plan.
        keep: Folder for the run; a passing one where None.
        files: Where results go.
    """

    systems: Sequence[str] = ()
    blocks: int | None = None
    quick: bool = False
    at_once: int = 1
    material: str = "dev"
    seed: int = 0
    keep: Path | None = None
    files: Files = Files()


def run(options: Options) -> int:
    """Measure, show the table, write what was asked for, and return the exit status.

    Raises:
        TurnTakingError: The bench cannot begin, or a file cannot be written; the message says what to do.
    """
    if options.files.picture:
        check_picture(options.files.picture)
    console = Console(stderr=True)
    with _folder(options.keep) as folder:
        interrupted = measure(options, folder, console)
        status = publish(folder.results(), options.files, console)
    return INTERRUPTED if interrupted else status


def again(kept: Path, files: Files) -> int:
    """Score a kept run again, show the table, write what is asked for; errors and status as for `run`."""
    return publish(RunFolder(kept).results(), files, Console(stderr=True))


def publish(results: Results, files: Files, console: Console) -> int:
    """Show the table, write the files that are wanted, name what was lost, and return the exit status."""
    text, screen = table(results), Console()
    if screen.is_terminal:
        screen.print(Markdown(text))
    else:
        screen.print(text, markup=False, highlight=False, soft_wrap=True)
    if files.json:
        write_json(results, files.json)
    if files.markdown:
        files.markdown.write_text(markdown(results), encoding="utf-8")
    if files.picture:
        draw(results, files.picture)
    for line in lost_blocks(results.lost):
        console.print(f"lost: {line}", style="red", markup=False, soft_wrap=True)
    return LOST if results.lost else DONE


def measure(options: Options, folder: RunFolder, console: Console) -> bool:
    """Play everything into a folder; whether it was interrupted before its end.

    Raises:
        TurnTakingError: There is nothing to play, or the plan cannot be rendered.
    """
    systems = chosen(options.systems)
    pythons, absent = _environments(systems, console)
    warm_up, *blocks = _render(options, folder, console)
    folder.copy_code()
    names = tuple(block.name for block in blocks)
    lost = [Lost(name, block, why) for name, why in absent.items() for block in names]
    machine = machine_before(options.material, options.seed, options.at_once)
    folder.write(Run(machine, systems, names, tuple(lost)))
    seats = [_seat(system, pythons[system.name], folder, warm_up) for system in systems if system.name in pythons]
    with BenchProgress(console, len(seats) * len(blocks)) as progress:
        runner = Runner(seats, blocks, options.at_once, progress.tell)
        try:
            asyncio.run(runner.run())
            interrupted = False
        except KeyboardInterrupt:
            interrupted = True
    lost += runner.lost
    folder.write(Run(machine_after(machine, runner.loads), systems, names, tuple(lost)))
    return interrupted


def _environments(systems: Sequence[System], console: Console) -> tuple[dict[str, Path], dict[str, str]]:
    """Each system's interpreter, and why there is none; a peer that cannot be set up does not stop the others."""
    pythons: dict[str, Path] = {}
    absent: dict[str, str] = {}
    for system in systems:
        try:
            with console.status(f"environment of {system.title}"):
                pythons[system.name] = python_of(system)
        except EnvironmentBuildError as error:
            absent[system.name] = str(error)
            console.print(f"left out: {system.title}: {error}", style="red", markup=False, soft_wrap=True)
    if not pythons:
        raise RunError("no system can be set up: " + " ".join(absent.values()))
    return pythons, absent


def _render(options: Options, folder: RunFolder, console: Console) -> list[Path]:
    """The plan's blocks, the warm-up first."""
    with console.status("customers speak their lines"):
        blocks = write_blocks(folder.blocks, material=options.material, quick=options.quick, seed=options.seed)
    return blocks if options.blocks is None else blocks[: options.blocks + 1]


def _seat(system: System, python: Path, folder: RunFolder, warm_up: Path) -> Seat:
    return Seat(Launch(system, python, folder.code, folder.log(system), cores()), folder.records(system), warm_up)


@contextmanager
def _folder(keep: Path | None) -> Iterator[RunFolder]:
    """A new folder for a run: the one to be kept, or a passing one.

    Raises:
        RunError: The folder to be kept holds something already.
    """
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="riskcall-bench-") as passing:
            yield RunFolder(Path(passing))
        return
    if keep.exists() and any(keep.iterdir()):
        raise RunError(f"{keep} is not empty; name a new folder, so that no records of two runs are mixed")
    yield RunFolder(keep)

"""`riskcall bench`: the side-by-side bench of turn-taking, and the other measurements as its commands."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from riskcall.bench_cost_cli import cost_app


class MaterialChoice(StrEnum):
    """What the customers say."""

    DEV = "dev"
    HELDOUT = "heldout"


WRONG = 2
"""Status where the caller can mend what is wrong."""
bench_app = typer.Typer(
    help="Measure riskcall: turn-taking side by side with LiveKit and Pipecat, or one of the commands below.",
    add_completion=False,
)
bench_app.add_typer(cost_app, name="cost")

JsonFile = Annotated[Path | None, typer.Option("--json", help="Write figures and single outcomes to this file.")]
MarkdownFile = Annotated[Path | None, typer.Option("--markdown", help="Write the report to this file.")]
PictureFile = Annotated[Path | None, typer.Option("--picture", help="Draw the distributions: .svg or .png.")]


@bench_app.callback(invoke_without_command=True)
def turn_taking(
    context: typer.Context,
    systems: Annotated[str, typer.Option(help="Systems with commas between; empty takes all.")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="A few exchanges: does everything work?")] = False,
    blocks: Annotated[int | None, typer.Option(min=1, help="Calls of the plan; left out, all.")] = None,
    at_once: Annotated[int, typer.Option(min=1, help="Systems that play at the same time.")] = 1,
    material: Annotated[MaterialChoice, typer.Option(help="What the customers say.")] = MaterialChoice.DEV,
    seed: Annotated[int, typer.Option(help="Draws what the plan leaves open.")] = 0,
    keep: Annotated[Path | None, typer.Option(help="Keep plan, recordings and logs in this new folder.")] = None,
    json_file: JsonFile = None,
    markdown_file: MarkdownFile = None,
    picture_file: PictureFile = None,
) -> None:
    """Play the same customers to each system in turn, score what reached their ears, and show it side by side."""
    if context.invoked_subcommand is not None:
        return
    from bench.turn_taking.side_by_side import Files, Options, run

    options = Options(
        systems=[name.strip() for name in systems.split(",") if name.strip()],
        blocks=blocks,
        quick=quick,
        at_once=at_once,
        material=material.value,
        seed=seed,
        keep=keep,
        files=Files(json_file, markdown_file, picture_file),
    )
    _end(lambda: run(options))


@bench_app.command("report")
def report(
    kept: Annotated[Path, typer.Argument(help="A folder made with --keep.")],
    json_file: JsonFile = None,
    markdown_file: MarkdownFile = None,
    picture_file: PictureFile = None,
) -> None:
    """Score a kept run again."""
    from bench.turn_taking.side_by_side import Files, again

    _end(lambda: again(kept, Files(json_file, markdown_file, picture_file)))


@bench_app.command("calls")
def calls(
    runs: Annotated[int, typer.Option(min=0, help="Calls per persona.")] = 3,
    starts: Annotated[int, typer.Option(min=0, help="Starts of `riskcall --help` and of `riskcall serve`.")] = 5,
    rows: Annotated[int, typer.Option(min=0, help="Fresh processes that hold calls in a row.")] = 1,
    in_a_row: Annotated[int, typer.Option(min=2, help="Calls in each of them.")] = 10,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Measure the start, ringing, first word, response and yield of demo calls, and the first call by the tenth."""
    from bench.calls import run

    _end(lambda: run(runs=runs, starts=starts, rows=rows, in_a_row=in_a_row, json_file=json_file))


@bench_app.command("telephone")
def telephone(
    personas: Annotated[str, typer.Option(help="Customers with commas between; empty takes all.")] = "",
    runs: Annotated[int, typer.Option(min=0, help="Calls with each customer.")] = 1,
    ramp: Annotated[int, typer.Option(min=0, help="Most calls at once in the ramp; 0 leaves it out.")] = 0,
    seconds: Annotated[float, typer.Option(min=30, help="How long each step of the ramp takes.")] = 60.0,
    loss: Annotated[float, typer.Option(min=0, max=0.5, help="Share of packets lost in each direction.")] = 0.0,
    workers: Annotated[bool, typer.Option(help="Whether `riskcall agent` holds the calls, as in production.")] = True,
    keep: Annotated[Path | None, typer.Option(help="Keep the telephone's recordings and logs in this folder.")] = None,
    json_file: JsonFile = None,
    markdown_file: MarkdownFile = None,
) -> None:
    """Telephone simulated customers over LiveKit SIP, measured on their telephone; status 1 where a case ends wrong."""
    if find_spec("aiosipua") is None:
        typer.echo("riskcall bench: telephones need aiosipua: install riskcall with its extra `bench`", err=True)
        raise SystemExit(WRONG)
    from bench.telephone.report import RIGHT
    from bench.telephone.run import Options, run

    names = [name.strip() for name in personas.split(",") if name.strip()] or list(RIGHT)
    if unknown := [name for name in names if name not in RIGHT]:
        raise typer.BadParameter(f"there is no customer {unknown[0]}; there are {', '.join(RIGHT)}")
    options = Options(names, runs, ramp, seconds, loss, workers, keep, json_file, markdown_file)
    _end(lambda: run(options))


@bench_app.command("voices")
def voices(lines: Annotated[int, typer.Option(min=1, help="New lines per voice and language.")] = 20) -> None:
    """Measure the time to the first audio of every voice that is here."""
    from bench.voices import main

    main(lines)


@bench_app.command("case-log")
def case_log(alerts: Annotated[int, typer.Option(min=1, help="Alerts at once.")] = 300) -> None:
    """Measure the speed of the case log on SQLite."""
    from bench.case_log import main

    main(alerts)


def _end(measure: Callable[[], int]) -> None:
    """Exit with a measurement's status; what the caller can mend is told in one message, status 2."""
    from bench.starting_up import StartFailedError
    from bench.telephone.errors import TelephoneBenchError
    from bench.turn_taking.customers.flite import FliteError
    from bench.turn_taking.customers.material import MaterialError
    from bench.turn_taking.errors import TurnTakingError

    try:
        status = measure()
    except (StartFailedError, TelephoneBenchError, TurnTakingError, MaterialError, FliteError) as error:
        typer.echo(f"riskcall bench: {error}", err=True)
        status = WRONG
    raise SystemExit(status)

"""`riskcall eval`: runs scenarios unless its first word is one of its commands; imports what it needs when it runs."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

_RUN = "run"
EPILOG = (
    "Further commands: riskcall eval compare A B · riskcall eval attacks · riskcall eval greetings · "
    "riskcall eval record CASE · riskcall eval judge [REPORT]. Each has --help. A folder of such a name is given as "
    "./compare. Ends with status 0 where every run passed, 1 where any did not, 2 where scenario files, options or "
    "settings are wrong, 130 after an interrupt, with a report of what was finished."
)


class ModeChoice(StrEnum):
    """How scenarios are run."""

    TEXT = "text"
    VOICE = "voice"


class BrainChoice(StrEnum):
    """What understands the customer."""

    RULES = "rules"
    LLM = "llm"


class SuiteChoice(StrEnum):
    """Which of the scenarios that come with riskcall."""

    DEV = "dev"
    HELDOUT = "heldout"
    ALL = "all"


class LanguageChoice(StrEnum):
    """Which language's scenarios."""

    EN = "en"
    ZH = "zh"


class ExpectChoice(StrEnum):
    """What a recorded scenario asks of an agent."""

    HAPPENED = "happened"
    EDIT = "edit"


class AudioChoice(StrEnum):
    """Where the HTML report has its recordings."""

    EMBED = "embed"
    LINK = "link"
    NONE = "none"


class _RunByDefault(TyperGroup):
    """Takes everything that does not begin with a command for the run's paths and options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `run` in front where no command stands."""
        return super().parse_args(ctx, args if args and args[0] in self.commands else [_RUN, *args])


eval_app = typer.Typer(
    cls=_RunByDefault,
    help="Run scripted scenarios against the agent and report on them; compare reports; try the attack corpus.",
    add_completion=False,
)

Workers = Annotated[int, typer.Option(min=1, help="Processes, and so conversations, at once.")]
ReportFolder = Annotated[
    Path | None, typer.Option("--report", help="Folder for the report; a new one in var/evals when left out.")
]
Brain = Annotated[BrainChoice, typer.Option(help="What understands the customer.")]


@eval_app.command(_RUN, hidden=True, epilog=EPILOG)
def run(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Scenario files and folders; the ones of riskcall when left out.")
    ] = None,
    mode: Annotated[ModeChoice, typer.Option(help="In text, or as calls with real audio.")] = ModeChoice.TEXT,
    runs: Annotated[int, typer.Option(min=1, help="How often each scenario is run.")] = 1,
    workers: Workers = 2,
    brain: Brain = BrainChoice.RULES,
    report: ReportFolder = None,
    baseline: Annotated[
        Path | None, typer.Option(help="An earlier report (report.json or its folder) to compare with.")
    ] = None,
    suite: Annotated[
        SuiteChoice | None, typer.Option(help="Which of riskcall's own suites; all when left out.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only scenarios with this tag; may be repeated.")] = None,
    id: Annotated[list[str] | None, typer.Option(help="Only scenarios with this in their id.")] = None,
    lang: Annotated[LanguageChoice | None, typer.Option(help="Only scenarios in this language.")] = None,
    audio: Annotated[
        AudioChoice, typer.Option(help="Recordings in the HTML: inside it, as files beside it, or not at all.")
    ] = AudioChoice.EMBED,
    codec: Annotated[str, typer.Option(help="Voice: none, pcmu or opus, in place of the scenarios' line.")] = "",
    noise: Annotated[str, typer.Option(help="Voice: such as babble:15, kind and dB under the speech.")] = "",
    loss: Annotated[float, typer.Option(min=0, max=1, help="Voice: share of packets that are lost.")] = 0.0,
    jitter: Annotated[int, typer.Option(min=0, max=2000, help="Voice: jitter in milliseconds.")] = 0,
    real_time: Annotated[bool, typer.Option(help="Voice: hold calls at the pace of real ones.")] = False,
) -> None:
    """Run scenarios, report on them, and end with status 0 only where all passed."""
    from riskcall.eval.run import EvalOptions, Line, run_eval

    options = EvalOptions(
        paths=tuple(paths or ()),
        mode=mode.value,
        runs=runs,
        workers=workers,
        brain=brain.value,
        report=report,
        baseline=baseline,
        suite=suite.value if suite else None,
        tags=tuple(tag or ()),
        ids=tuple(id or ()),
        language=lang.value if lang else None,
        audio=audio.value,
        line=Line(codec=codec, noise=noise, loss=loss, jitter_ms=jitter),
        real_time=real_time,
    )
    _end(lambda: run_eval(options))


@eval_app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="The earlier report: report.json or its folder.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="The later one.")],
    html: Annotated[Path | None, typer.Option(help="Write the comparison as one HTML file.")] = None,
) -> None:
    """Show what changed from report A to report B; status 1 where B fails anew or a metric that must be 0 rose."""
    from riskcall.eval.compare import run_compare

    _end(lambda: run_compare(before, after, html))


@eval_app.command()
def attacks(
    brain: Brain = BrainChoice.RULES,
    workers: Workers = 2,
    report: ReportFolder = None,
) -> None:
    """Try every text of the attack corpus, and say whether any moved a payment or got a forbidden word spoken."""
    from riskcall.eval.attacks import run_attacks

    _end(lambda: run_attacks(brain=brain.value, workers=workers, report=report))


@eval_app.command()
def greetings(
    wrong: Annotated[bool, typer.Option(help="Show what of the development part was told wrong.")] = False,
) -> None:
    """Say how often people who pick up are taken for machines, and machines for people, by their first words."""
    from riskcall.eval.greetings import run_greetings

    _end(lambda: run_greetings(wrong=wrong))


@eval_app.command()
def record(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of the case, as the desk shows it.")],
    data: Annotated[
        Path | None, typer.Option(help="Folder of riskcall's data; that of the settings when left out.")
    ] = None,
    attempt: Annotated[
        int | None, typer.Option(min=1, help="Contact attempt; the latest with a conversation when left out.")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="File to write; named after the case's hash when left out.")] = None,
    expect: Annotated[
        ExpectChoice, typer.Option(help="Expect what happened, or leave it to be edited before the file can be run.")
    ] = ExpectChoice.HAPPENED,
    strict: Annotated[bool, typer.Option(help="Refuse where the customer's words may name others.")] = False,
) -> None:
    """Make a scenario of a real case, with personal data replaced.

    What the alert holds (names, payee, amount, dates, accounts, references, contacts, memo) and every number of three
    digits or more is replaced wherever it stands, also in words and spelt out; nothing is written where any of it would
    be left. Names that were misheard are replaced where they are alike, which is no proof. Nor can it be proven what
    the customer said of others: words that look like names are marked for somebody to look at, and --strict refuses
    them, but not every name looks like one. Read the file before sharing it.
    """
    from riskcall.eval.record import run_record

    _end(lambda: run_record(case, data=data, attempt=attempt, to=to, expected=expect.value, strict=strict))


@eval_app.command()
def judge(
    report: Annotated[
        Path | None,
        typer.Argument(help="Report whose runs are judged: report.json or its folder; the labelled set when left out."),
    ] = None,
) -> None:
    """Let a language model judge how the agent spoke, apart from every grade, which it can lower and never raise.

    Without a report it judges talk that people labelled, says how far it agrees with them, and keeps what it found:
    only marks of a criterion in which it agrees count. Needs a model; see RISKCALL_JUDGE_MODEL. Status 1 where marks
    that count lower a run, or where the judge does not agree with people on everything.
    """
    from riskcall.eval.judge import run_calibrate, run_judge

    _end(lambda: run_judge(report) if report is not None else run_calibrate())


def _end(job: Callable[[], int]) -> NoReturn:
    """End with the job's status; what the caller can mend ends with 2 and one clear message."""
    from evals.errors import EvalError

    try:
        status = job()
    except EvalError as error:
        typer.echo(f"riskcall: {error}", err=True)
        raise SystemExit(2) from error
    raise SystemExit(status)

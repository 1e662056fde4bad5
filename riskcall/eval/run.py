"""Runs scenarios for the command line: reads them, shows progress, writes the reports, says how it ended."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from types import FrameType

from rich.console import Console

from cases import policies
from cases.adapters.clock import SystemClock
from evals.comparison import Comparison, compare
from evals.reports.build import Made, build_report
from evals.reports.markdown import markdown_summary
from evals.reports.model import Report
from evals.reports.store import read_report
from evals.reports.terminal import show_comparison, show_report
from evals.reports.write import Audio, Written, write_report
from evals.runner import BrainMaker, Mode, SuiteRun, run_suite
from evals.scenario import Channel, Codec, Noise, NoiseKind
from evals.suites import Suite, SuiteName, Wanted, choose, read_suites
from evals.voice.options import Pace, VoiceOptions
from prompts import load as load_prompts
from riskcall.errors import SettingsInvalidError
from riskcall.eval.brains import brain_maker
from riskcall.eval.progress import EvalProgress
from riskcall.settings import Settings, load_settings

PASSED, NOT_PASSED, WRONG, INTERRUPTED = 0, 1, 2, 130
"""Statuses that `riskcall eval` ends with."""

_SUITES = {
    "dev": (SuiteName.DEVELOPMENT,),
    "heldout": (SuiteName.HELDOUT,),
    "all": (SuiteName.DEVELOPMENT, SuiteName.HELDOUT),
}


@dataclass(frozen=True, slots=True)
class Line:
    """The line in place of the scenarios' own, as it was asked for; all empty leaves them theirs."""

    codec: str = ""
    noise: str = ""
    loss: float = 0.0
    jitter_ms: int = 0

    def channel(self) -> Channel | None:
        """The line, or None.

        Raises:
            SettingsInvalidError: There is no such codec or noise; the message says what there is.
        """
        if self == Line():
            return None
        if self.codec and self.codec not in set(Codec):
            raise SettingsInvalidError(f"--codec {self.codec!r} does not exist; use one of {', '.join(Codec)}")
        codec = Codec(self.codec) if self.codec else Codec.NONE
        return Channel(codec, self._noise() if self.noise else None, self.loss, self.jitter_ms)

    def _noise(self) -> Noise:
        kind, _, level = self.noise.partition(":")
        try:
            return Noise(NoiseKind(kind), float(level))
        except ValueError as error:
            told = f"--noise {self.noise!r}: write one of {', '.join(NoiseKind)} and dB, such as babble:15"
            raise SettingsInvalidError(told) from error


@dataclass(frozen=True, slots=True)
class EvalOptions:
    """What the caller asked for; names as the options of `riskcall eval`."""

    paths: tuple[Path, ...] = ()
    mode: str = "text"
    runs: int = 1
    workers: int = 2
    brain: str = "rules"
    report: Path | None = None
    baseline: Path | None = None
    suite: str | None = None
    tags: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    language: str | None = None
    audio: str = "embed"
    line: Line = field(default_factory=Line)
    real_time: bool = False


def run_eval(options: EvalOptions) -> int:
    """Run what was asked for and report on it.

    Returns:
        The status to end with.

    Raises:
        EvalError: A path, a tag or the baseline cannot be used.
        SettingsInvalidError: Options or settings contradict each other.
    """
    if options.paths and options.suite:
        raise SettingsInvalidError("give either paths or --suite: --suite chooses among riskcall's own scenarios")
    baseline = read_report(options.baseline) if options.baseline else None
    suites, problems = read_suites(options.paths, _SUITES[options.suite or "all"])
    if problems:
        errors = Console(stderr=True)
        for problem in problems:
            errors.print(str(problem), markup=False, highlight=False, soft_wrap=True)
        errors.print(f"riskcall: {len(problems)} to mend in scenario files; nothing was run", soft_wrap=True)
        return WRONG
    wanted = Wanted(options.ids, options.tags, (options.language,) if options.language else ())
    _, report, _ = evaluate(choose(suites, wanted), options, baseline)
    return ending(report)


def evaluate(
    suites: Sequence[Suite], options: EvalOptions, baseline: Report | None = None
) -> tuple[SuiteRun, Report, Written]:
    """Run suites, write the reports and print the summary."""
    settings, console, began = load_settings(), Console(highlight=False), SystemClock().now()
    stamp = began.strftime("%Y%m%d-%H%M%S")
    folder = options.report or settings.data_dir / "evals" / stamp
    maker = brain_maker(settings, options.brain)
    channel = options.line.channel()
    made = Made(
        at=began.replace(microsecond=0),
        riskcall=version("riskcall"),
        prompts=load_prompts().version,
        policies=policies.load().version,
        brain=asyncio.run(_described(maker)),
        channel=str(channel) if channel and options.mode == Mode.VOICE else None,
    )
    result = _run(suites, options, maker, _voice(settings, options, channel, folder), console)
    with _deaf():
        report = build_report(suites, result, made, mode=Mode(options.mode), runs=options.runs, folder=folder)
        comparison = compare(baseline, report) if baseline else None
        written = write_report(report, folder, comparison, audio=Audio(options.audio))
        _show(console, report, result, comparison, written)
    return result, report, written


def ending(report: Report) -> int:
    """The status that a report ends the command with."""
    if report.partial:
        return INTERRUPTED
    return PASSED if report.succeeded else NOT_PASSED


async def _described(maker: BrainMaker) -> str:
    brain = maker()
    try:
        return f"{brain.name} {brain.model}".strip()
    finally:
        await brain.aclose()


def _voice(settings: Settings, options: EvalOptions, channel: Channel | None, folder: Path) -> VoiceOptions | None:
    if options.mode != Mode.VOICE:
        return None
    # What speaks and hears takes long to import, and text does without it.
    from riskcall.engines import speech_options

    return VoiceOptions(
        artefacts=folder / "recordings",
        channel=channel,
        asr=settings.asr,
        tts=settings.tts,
        speech=speech_options(settings),
        cache=settings.cache_dir,
        pace=Pace.REAL if options.real_time else Pace.FAST,
    )


def _run(
    suites: Sequence[Suite], options: EvalOptions, maker: BrainMaker, voice: VoiceOptions | None, console: Console
) -> SuiteRun:
    scenarios = [scenario for suite in suites for scenario in suite.scenarios]
    with _ended_as_interrupted(), EvalProgress(console, len(scenarios) * options.runs) as progress:
        return run_suite(
            scenarios,
            mode=Mode(options.mode),
            runs=options.runs,
            workers=options.workers,
            make_brain=maker,
            voice=voice,
            on_graded=progress.tell,
        )


@contextmanager
def _ended_as_interrupted() -> Iterator[None]:
    """Take the request to end, as build servers send it, like Ctrl-C."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _deaf() -> Iterator[None]:
    """Finish writing, whatever is pressed meanwhile."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _show(console: Console, report: Report, result: SuiteRun, comparison: Comparison | None, written: Written) -> None:
    show_report(console, report)
    if comparison is not None:
        console.print("\nAgainst the baseline", style="bold")
        show_comparison(console, comparison)
    rate = 60 * len(result.graded) / result.seconds if result.seconds else 0.0
    console.print()
    told = (
        f"   {report.mode}, {report.versions.brain}: {report.done} runs in {result.seconds:.1f} s, {rate:.0f} a minute"
    )
    console.print(told, markup=False, soft_wrap=True)
    console.print(f"   {written.html}", markup=False, soft_wrap=True)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as page:
            page.write(markdown_summary(report, comparison))

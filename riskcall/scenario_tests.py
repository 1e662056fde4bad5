"""Scenarios as test items of pytest: what they run on, when they fail, and what they say then."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from cases import policies
from cases.domain.call import Turn
from cases.domain.vocabulary import Speaker
from evals.errors import EvalError
from evals.graders import Run, Status, grade
from evals.loader import read_scenarios
from evals.reports.records import reason_of
from evals.runner import Graded
from evals.scenario import Scenario
from evals.text_mode import run_in_text
from riskcall.errors import FrontDoorError
from riskcall.eval.brains import brain_maker
from riskcall.settings import load_settings

MARKER = "riskcall"
"""Marker of every scenario, beside those of its tags."""
_ACTING = frozenset({"filterwarnings", "parametrize", "skip", "skipif", "usefixtures", "xfail"})
"""Markers that change what pytest does; a tag of such a name is no marker."""
_BEFORE, _AFTER = 4, 2
"""Turns shown before and after the ones that a failed check cites."""
_LAST = 2
"""Last turns shown besides."""
_SHOWN = 12
"""The same where no turn is cited."""
Runner = Callable[[Scenario, int], Run]
"""Runs a scenario; the number says which run of it."""
_RUNNER = pytest.StashKey[Runner]()


class ScenarioNotPassedError(Exception):
    """A run did not pass.

    Attributes:
        code: Stable identifier for programs.
        graded: The run with its grade.
    """

    code = "scenario_not_passed"

    def __init__(self, graded: Graded) -> None:
        """Keep the run."""
        self.graded = graded
        super().__init__(reason_of(graded))


class ScenarioFile(pytest.File):
    """A file of scenarios."""

    def collect(self) -> Iterable[ScenarioItem]:
        """Its scenarios as tests.

        Raises:
            CollectError: Something in the file is wrong; all of it is told, each with file, line, key and what is
                right.
        """
        scenarios, problems = read_scenarios([self.path])
        if problems:
            raise self.CollectError("\n".join(map(str, problems)))
        runs: int = self.config.getoption("riskcall_runs")
        for scenario in scenarios:
            for number in range(1, runs + 1):
                name = scenario.id if runs == 1 else f"{scenario.id}[{number}]"
                yield ScenarioItem.from_parent(self, name=name, scenario=scenario, number=number)


class ScenarioItem(pytest.Item):
    """One run of a scenario."""

    def __init__(self, *, scenario: Scenario, number: int, **rest: Any) -> None:
        """Be a run of a scenario, marked by its tags and found by its title and language."""
        super().__init__(**rest)
        self._scenario = scenario
        self._number = number
        for mark in (MARKER, *(tag for tag in scenario.tags if tag not in _ACTING and not tag.startswith("_"))):
            # Projects with --strict-markers need every marker to be known.
            self.config.addinivalue_line("markers", f"{mark}: riskcall scenarios")
            self.add_marker(mark)
        self.extra_keyword_matches.update((scenario.language.value, *scenario.tags))

    def runtest(self) -> None:
        """Run and grade.

        Raises:
            ScenarioNotPassedError: It failed, or the simulated customer went wrong, which is no pass either.
        """
        run = _runner(self.config)(self._scenario, self._number)
        graded = Graded(self._scenario, self._number, run, grade(run))
        if graded.verdict.status is not Status.PASSED or graded.verdict.false_release:
            raise ScenarioNotPassedError(graded)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What is shown of a failure: the decisive check, the other ones, the talk around the turns they cite."""
        error = excinfo.value
        if isinstance(error, ScenarioNotPassedError):
            place = _from(self.config.invocation_params.dir, self.path)
            return failure_text(error.graded, f"{place}:{self._scenario.place.line}")
        if isinstance(error, EvalError | FrontDoorError):
            return f"riskcall: {error}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """File, line (from 0) and a headline."""
        return self.path, self._scenario.place.line - 1, f"{self.name}: {self._scenario.title}"


def failure_text(graded: Graded, place: str) -> str:
    """Why a run did not pass, and where in the talk.

    Args:
        graded: The run.
        place: File and line of its scenario.
    """
    run = graded.run
    lines = [f"{reason_of(graded)} ({place})"]
    cited: set[int] = set()
    for check in graded.verdict.failures:
        cited.update(check.turns)
        where = f" (turn {', '.join(map(str, check.turns))})" if check.turns else ""
        lines.append(f"  ✗ {check.name}: {check.detail}{where}")
    lines += [f"  ? {fault}" for fault in run.faults] if run else []
    turns = run.call.turns if run and run.call else ()
    lines += ["", *_talk(turns, cited)] if turns else ["", f"  nobody was spoken with: {run and run.disposition}"]
    return "\n".join(lines)


def _talk(turns: tuple[Turn, ...], cited: set[int]) -> Iterable[str]:
    near = {index for one in cited for index in range(one - _BEFORE, one + _AFTER + 1)}
    near |= {turn.index for turn in turns[-(_LAST if cited else _SHOWN) :]}
    shown = [turn for turn in turns if turn.index in near]
    before = -1
    for turn in shown:
        if turn.index != before + 1:
            yield "  …"
        before = turn.index
        acts = f" [{', '.join(turn.acts)}]" if turn.acts else ""
        mark = ">" if turn.index in cited else " "
        speaker = "agent" if turn.speaker is Speaker.AGENT else "customer"
        yield f"{mark} {turn.index:3} {speaker:8}{acts} {turn.heard_text}"


def _from(folder: Path, file: Path) -> Path:
    return file.relative_to(folder) if file.is_relative_to(folder) else file


def _runner(config: pytest.Config) -> Runner:
    """What runs scenarios in this process, made for the first of them."""
    if _RUNNER not in config.stash:
        voice = config.getoption("riskcall_mode") == "voice"
        config.stash[_RUNNER] = (_voice_runner if voice else _text_runner)(config)
    return config.stash[_RUNNER]


def _text_runner(config: pytest.Config) -> Runner:
    settings = load_settings()
    brain = brain_maker(settings, config.getoption("riskcall_brain"))()
    policy = policies.load(settings.policies_dir)
    # A loop of its own, which no other plugin sees.
    loop = asyncio.Runner(loop_factory=asyncio.new_event_loop)
    config.add_cleanup(loop.close)
    config.add_cleanup(lambda: loop.run(brain.aclose()))
    return lambda scenario, number: loop.run(run_in_text(scenario, policy, brain))


def _voice_runner(config: pytest.Config) -> Runner:
    # What hears and speaks takes long to import, and text does without it.
    from evals.voice.mode import VoiceWorker
    from evals.voice.options import VoiceOptions
    from riskcall.engines import speech_options

    settings = load_settings()
    folder = tempfile.TemporaryDirectory(prefix="riskcall-")
    options = VoiceOptions(
        artefacts=Path(folder.name),
        asr=settings.asr,
        tts=settings.tts,
        speech=speech_options(settings),
        cache=settings.cache_dir,
    )
    brain = brain_maker(settings, config.getoption("riskcall_brain"))()
    worker = VoiceWorker(options, policies.load(settings.policies_dir), brain)
    config.add_cleanup(folder.cleanup)
    config.add_cleanup(worker.close)
    return worker.run

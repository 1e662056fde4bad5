"""Runs a suite K times over in worker processes; an interrupted suite keeps what is finished."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.process import BaseProcess
from time import perf_counter

from agent.brains.brain import Brain
from agent.brains.rules import RulesBrain
from cases import policies
from evals.graders import Check, FactReadBack, Run, Status, Verdict, grade
from evals.scenario import Scenario
from evals.text_mode import run_in_text
from evals.voice.options import VoiceOptions

BrainMaker = Callable[[], Brain]
"""Makes the brain of a worker process; must be importable by name there."""


class Mode(StrEnum):
    """How scenarios are run."""

    TEXT = "text"
    VOICE = "voice"


@dataclass(frozen=True, slots=True)
class Graded:
    """One run with its grade.

    Attributes:
        scenario: What was run.
        number: Which run of it, from 1.
        run: What happened, or None where it broke off with an error.
        verdict: The grade.
        error: The error that broke it off, or empty.
    """

    scenario: Scenario
    number: int
    run: Run | None
    verdict: Verdict
    error: str = ""


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """What came of a suite.

    Attributes:
        graded: Finished runs, in the order of the scenarios.
        planned: How many runs were to be made.
        interrupted: Whether it was stopped before all were made.
        seconds: How long it took.
    """

    graded: tuple[Graded, ...]
    planned: int
    interrupted: bool
    seconds: float

    @property
    def succeeded(self) -> bool:
        """Whether every planned run was made and passed, and nothing was released falsely."""
        passed = all(one.verdict.status is Status.PASSED and not one.verdict.false_release for one in self.graded)
        return passed and not self.interrupted and bool(self.graded)


def rules_brain() -> Brain:
    """The rules brain."""
    return RulesBrain()


def run_suite(
    scenarios: Sequence[Scenario],
    *,
    mode: Mode = Mode.TEXT,
    runs: int = 1,
    workers: int = 2,
    make_brain: BrainMaker = rules_brain,
    voice: VoiceOptions | None = None,
    on_graded: Callable[[Graded, int, int], None] = lambda graded, done, planned: None,
) -> SuiteRun:
    """Run every scenario.

    Args:
        scenarios: What to run.
        mode: In text or by voice.
        runs: How often to run each.
        workers: Processes at once; each holds one conversation at a time, so these are the calls at once.
        make_brain: Makes each worker's brain.
        voice: How calls are held; must be given for voice.
        on_graded: Told each finished run, how many are finished and how many are planned.

    Returns:
        The finished runs; after a keyboard interrupt those that finished before it, and those under way are given up.

    Raises:
        ValueError: runs or workers is less than 1, or voice lacks its options.
    """
    if runs < 1 or workers < 1:
        raise ValueError("runs and workers must be at least 1")
    if mode is Mode.VOICE and voice is None:
        raise ValueError("voice mode needs its options: pass `voice`")
    began = perf_counter()
    context = multiprocessing.get_context("spawn")
    # Every scenario once before any again: an interrupt leaves as many scenarios as can be.
    planned = [(place, number) for number in range(1, runs + 1) for place in range(len(scenarios))]
    done: dict[tuple[int, int], Graded] = {}
    interrupted = False
    strangers = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_prepare, initargs=(make_brain, voice if mode is Mode.VOICE else None)
    )
    try:
        with _deaf_children():
            jobs = {pool.submit(_work, scenarios[place], number): (place, number) for place, number in planned}
        for future in as_completed(jobs):
            place, number = jobs[future]
            graded = done[place, number] = _graded(future, scenarios[place], number)
            on_graded(graded, len(done), len(planned))
    except KeyboardInterrupt:
        interrupted = True
    finally:
        _close(pool, strangers, at_once=interrupted)
    in_order = tuple(done[run] for run in sorted(done))
    return SuiteRun(in_order, len(planned), interrupted, perf_counter() - began)


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Start processes that an interrupt does not reach: it goes to all of a terminal's group, the parent decides."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _close(pool: ProcessPoolExecutor, strangers: Collection[BaseProcess], *, at_once: bool) -> None:
    """End the workers, not the strangers among the processes; at once gives up conversations under way."""
    if at_once:
        for process in multiprocessing.active_children():
            if process not in strangers:
                process.terminate()
    pool.shutdown(wait=not at_once, cancel_futures=True)


_run: Callable[[Scenario, int], Run]
"""How a worker process runs a scenario; what is loaded behind it is kept from one run to the next."""


def _prepare(make_brain: BrainMaker, voice: VoiceOptions | None) -> None:
    global _run
    policy, brain = policies.load(), make_brain()
    if voice is not None:
        from evals.voice.mode import VoiceWorker  # loads engines' libraries, which text does without

        _run = VoiceWorker(voice, policy, brain).run
        return
    # One loop for all runs: a model's connections outlive the run that opened them.
    loop = asyncio.Runner()
    _run = lambda scenario, number: loop.run(run_in_text(scenario, policy, brain))  # noqa: E731 - one of two ways


def _work(scenario: Scenario, number: int) -> Run:
    return _run(scenario, number)


def _graded(future: Future[Run], scenario: Scenario, number: int) -> Graded:
    error = future.exception()
    if error is None:
        run = future.result()
        return Graded(scenario, number, run, grade(run))
    told = f"{type(error).__name__}: {error}"
    return Graded(scenario, number, None, _broken(scenario, told), told)


def _broken(scenario: Scenario, error: str) -> Verdict:
    """The verdict of a run that an error broke off: failed, with the payment held."""
    return Verdict(
        scenario_id=scenario.id,
        status=Status.FAILED,
        checks=(Check("outcome", False, f"the run broke off: {error}"),),
        false_release=False,
        missed_escalation=scenario.expect.escalated is True,
        false_escalation=False,
        disclosure_breach=False,
        forbidden=(),
        identity_error=False,
        read_back=FactReadBack(),
        agent_turns=0,
    )

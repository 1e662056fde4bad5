"""Runs a suite K times over in worker processes; an interrupted suite keeps what is finished."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.process import BaseProcess
from time import perf_counter

from agent.brains.brain import Brain
from agent.brains.rules import RulesBrain
from cases import policies
from cases.domain.policy import Policy
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
    planned = [(scenario, number) for scenario in scenarios for number in range(1, runs + 1)]
    done: dict[int, Graded] = {}
    interrupted = False
    strangers = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare, initargs=(make_brain,))
    try:
        jobs = {pool.submit(_work, scenario): place for place, (scenario, _) in enumerate(planned)}
        waiting = set(jobs)
        while waiting:
            finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                graded = done[jobs[future]] = _graded(future, *planned[jobs[future]])
                on_graded(graded, len(done), len(planned))
    except KeyboardInterrupt:
        interrupted = True
    finally:
        _close(pool, strangers, at_once=interrupted)
    in_order = tuple(done[place] for place in sorted(done))
    return SuiteRun(in_order, len(planned), interrupted, perf_counter() - began)


def _close(pool: ProcessPoolExecutor, strangers: Collection[BaseProcess], *, at_once: bool) -> None:
    """End the workers, not the strangers among the processes; at once gives up conversations under way."""
    if at_once:
        for process in multiprocessing.active_children():
            if process not in strangers:
                process.terminate()
    pool.shutdown(wait=not at_once, cancel_futures=True)


_worker: tuple[asyncio.Runner, Policy, Brain]
"""What a worker process keeps from one run to the next."""


def _prepare(make_brain: BrainMaker) -> None:
    global _worker
    # Ctrl-C reaches every process of the terminal's group; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # One loop for all runs: a model's connections outlive the run that opened them.
    _worker = (asyncio.Runner(), policies.load(), make_brain())


def _work(scenario: Scenario) -> Run:
    loop, policy, brain = _worker
    return loop.run(run_in_text(scenario, policy, brain))


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

"""Runs a suite K times over in worker processes; an interrupted suite keeps what is finished."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
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
    def pairs(self) -> list[tuple[Scenario, Verdict]]:
        """Scenario and verdict of each finished run, as the statistics take them."""
        return [(one.scenario, one.verdict) for one in self.graded]

    @property
    def succeeded(self) -> bool:
        """Whether every planned run was made, passed or was invalid, and nothing was released falsely."""
        failed = any(one.verdict.status is Status.FAILED or one.verdict.false_release for one in self.graded)
        return not failed and not self.interrupted and bool(self.graded)


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
        The finished runs; after a keyboard interrupt those that finished before it.

    Raises:
        ValueError: runs or workers is less than 1, or voice lacks its options.
    """
    if runs < 1 or workers < 1:
        raise ValueError("runs and workers must be at least 1")
    if mode is Mode.VOICE and voice is None:
        raise ValueError("voice mode needs its options: pass `voice`")
    began = perf_counter()
    context = multiprocessing.get_context("spawn")
    places = {(scenario.id, number): None for scenario in scenarios for number in range(1, runs + 1)}
    done: dict[tuple[str, int], Graded] = {}
    interrupted = False
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare, initargs=(make_brain,))
    try:
        jobs = {pool.submit(_work, scenario): (scenario, n) for scenario in scenarios for n in range(1, runs + 1)}
        waiting = set(jobs)
        while waiting:
            finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                graded = _graded(future, *jobs[future])
                done[graded.scenario.id, graded.number] = graded
                on_graded(graded, len(done), len(places))
    except KeyboardInterrupt:
        interrupted = True
    finally:
        pool.shutdown(wait=not interrupted, cancel_futures=True)
    in_order = tuple(done[place] for place in places if place in done)
    return SuiteRun(in_order, len(places), interrupted, perf_counter() - began)


_worker: tuple[Policy, Brain]
"""What a worker process keeps from one run to the next."""


def _prepare(make_brain: BrainMaker) -> None:
    global _worker
    # Ctrl-C reaches every process of the terminal's group; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker = (policies.load(), make_brain())


def _work(scenario: Scenario) -> Run:
    return asyncio.run(run_in_text(scenario, *_worker))


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

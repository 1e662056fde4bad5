"""The workflows, and DBOS around them; DBOS is one to a process, so at most one Effects runs in it at a time."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from dbos import DBOS, DBOSConfig, PortableWorkflowError, StepOptions
from dbos import error as dbos_error

from cases.domain.case import Instruction, InstructionStatus
from cases.domain.dossiers import dossier_of
from cases.domain.events import AnalysisWritten, BankAcknowledged, BankUnreachable, DialEnded, DialPlaced, Event
from cases.domain.fold import find_attempt, is_current
from cases.domain.rules import CaseRules
from cases.domain.vocabulary import Disposition
from cases.effects.nudge import QueueNudge
from cases.effects.pictures import PictureEffects, PictureTimes
from cases.effects.queue import (
    ANALYSIS_QUEUE,
    ANALYSIS_WORKFLOW,
    APPLICATION,
    BANK_QUEUE,
    BANK_WORKFLOW,
    DIAL_QUEUE,
    DIAL_WORKFLOW,
    KEEP_WORKFLOW,
    PICTURE_QUEUE,
    RECORD_WORKFLOW,
)
from cases.intake import Intake, Recorded
from cases.ports import (
    Analyst,
    Bank,
    BankInstruction,
    BankRefusedError,
    BankUnavailableError,
    Clock,
    Dialer,
    DialRefusedError,
    DialRequest,
    PictureRecorder,
)
from cases.store import Database, Store, StoreUnavailableError

VERSION = "1"
"""Version of the workflows; raised when their steps change, so that no old run is resumed by new code."""
RECOVERIES = 1_000
"""How often a workflow is resumed after crashes before it is given up on."""
LONGEST_RETRY_S = 30.0
"""Longest wait before the record is asked again, seconds."""

T = TypeVar("T")
_log = logging.getLogger(__name__)
_CONSOLE = "__dbos_console_log_handler__"
"""What DBOS calls the handler that it adds to its logger where there is none."""


@dataclass(frozen=True, slots=True)
class EffectLimits:
    """How effects run.

    Attributes:
        bank_at_once: Instructions under way at a time.
        dials_at_once: Dials being begun at a time.
        analyses_at_once: Analyses being written at a time.
        pictures_at_once: Recordings of pictures being begun or kept at a time.
        bank_tries: How often one instruction is sent before the bank counts as unreachable.
        bank_wait_s: Wait before the second try, seconds; it doubles from try to try.
        poll_s: How often queues are looked at without a nudge, seconds, at least 0.25.
        pictures: How long recordings of pictures are waited for.
    """

    bank_at_once: int = 8
    dials_at_once: int = 8
    analyses_at_once: int = 4
    pictures_at_once: int = 16
    bank_tries: int = 8
    bank_wait_s: float = 0.5
    poll_s: float = 0.25
    pictures: PictureTimes = field(default_factory=PictureTimes)


class Effects:
    """Runs queued effects until stopped."""

    def __init__(
        self,
        database: Database,
        store: Store,
        intake: Intake,
        *,
        rules: CaseRules,
        bank: Bank,
        dialer: Dialer,
        analyst: Analyst,
        clock: Clock,
        pictures: PictureRecorder | None = None,
        executor_id: str = "embedded",
        limits: EffectLimits | None = None,
    ) -> None:
        """Prepare; `start` begins to run.

        Args:
            database: Where the record lies; DBOS keeps its tables beside it.
            store: Looks up what is to be done.
            intake: Takes the results.
            rules: The policies, for what an analysis rests on.
            bank: Holds, releases and blocks.
            dialer: Reaches the customer.
            analyst: Writes the first analysis of a call.
            clock: Tells when a result came in.
            pictures: Records customers' cameras; None where nobody does.
            executor_id: Stable name of this process, unique among those that share the database.
            limits: How effects run.
        """
        self._database = database
        self._store = store
        self._intake = intake
        self._rules = rules
        self._bank = bank
        self._dialer = dialer
        self._analyst = analyst
        self._clock = clock
        self._executor_id = executor_id
        self._limits = limits or EffectLimits()
        self._pictures = PictureEffects(
            pictures,
            find=lambda case_id: self._patiently(lambda: store.case(case_id), f"picture of {case_id}"),
            record=self._record,
            on_app_loop=self._on_app_loop,
            times=self._limits.pictures,
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._nudge: QueueNudge | None = None

    async def start(self) -> None:
        """Register the workflows, resume what a crash left behind, and run what is queued."""
        self._loop = asyncio.get_running_loop()
        # In a thread: there DBOS finds no event loop to adopt and runs workflows on its own, away from audio.
        await asyncio.to_thread(self._launch)

    async def stop(self) -> None:
        """End; what is under way is resumed at the next start."""
        await asyncio.to_thread(self._shut)

    def nudge(self) -> None:
        """Look for queued effects now; returns at once, safe from any thread."""
        if self._nudge is not None:
            self._nudge.nudge()

    def _launch(self) -> None:
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": self._database.url,
            "application_version": VERSION,
            "executor_id": self._executor_id,
            "log_level": "ERROR",
        }
        dbos = DBOS(config=config)
        self._register()
        DBOS.launch()
        for name, at_once in (
            (BANK_QUEUE, self._limits.bank_at_once),
            (DIAL_QUEUE, self._limits.dials_at_once),
            (ANALYSIS_QUEUE, self._limits.analyses_at_once),
            (PICTURE_QUEUE, self._limits.pictures_at_once),
        ):
            DBOS.register_queue(
                name,
                worker_concurrency=at_once,
                polling_interval_sec=self._limits.poll_s,
                on_conflict="always_update",
            )
        self._nudge = QueueNudge(dbos, (BANK_QUEUE, DIAL_QUEUE, ANALYSIS_QUEUE, PICTURE_QUEUE))
        self._nudge.start()
        self._nudge.nudge()

    def _shut(self) -> None:
        if self._nudge is not None:
            self._nudge.stop()
            self._nudge = None
        DBOS.destroy(destroy_registry=True)
        # Its console handler keeps the standard error of this start, which may be closed at the next one.
        logger = logging.getLogger("dbos")
        for handler in tuple(logger.handlers):
            if handler.name == _CONSOLE:
                logger.removeHandler(handler)

    def _register(self) -> None:
        @DBOS.workflow(name=BANK_WORKFLOW, max_recovery_attempts=RECOVERIES)
        async def instruct_bank(case_id: str, key: str) -> None:
            await self._instruct_bank(case_id, key)
            self.nudge()

        @DBOS.workflow(name=DIAL_WORKFLOW, max_recovery_attempts=RECOVERIES)
        async def place_dial(case_id: str, attempt: int) -> None:
            await self._place_dial(case_id, attempt)
            self.nudge()

        @DBOS.workflow(name=ANALYSIS_WORKFLOW, max_recovery_attempts=RECOVERIES)
        async def analyse_call(case_id: str, attempt: int) -> None:
            await self._analyse(case_id, attempt)
            self.nudge()

        @DBOS.workflow(name=RECORD_WORKFLOW, max_recovery_attempts=RECOVERIES)
        async def record_picture(case_id: str, attempt: int, number: int) -> None:
            await self._pictures.begin(case_id, attempt, number)
            self.nudge()

        @DBOS.workflow(name=KEEP_WORKFLOW, max_recovery_attempts=RECOVERIES)
        async def keep_picture(case_id: str, attempt: int, number: int) -> None:
            await self._pictures.keep(case_id, attempt, number)
            self.nudge()

    async def _instruct_bank(self, case_id: str, key: str) -> None:
        case = await self._patiently(lambda: self._store.case(case_id), f"instruction {key}")
        instruction = None if case is None else case.instruction(key)
        if case is None or instruction is None or instruction.status is not InstructionStatus.SENT:
            # Given up on meanwhile, or answered before a crash: there is nothing left to send.
            return
        sent = _for_bank(case_id, case.alert.id, instruction)
        try:
            answer = await DBOS.run_step_async(self._bank_step(), self._send, sent)
        except (dbos_error.DBOSMaxStepRetriesExceeded, PortableWorkflowError):
            answer = {"error": BankUnavailableError.code}
        event: Event
        if "error" in answer:
            _log.warning("effects: instruction %s not taken: %s", key, answer["error"])
            event = BankUnreachable(instruction.action, key, answer["error"])
            await self._record(case_id, event, f"{key}:unreachable")
        else:
            event = BankAcknowledged(instruction.action, key, answer["reference"])
            await self._record(case_id, event, f"{key}:ack")

    def _bank_step(self) -> StepOptions:
        return {
            "name": "send",
            "retries_allowed": True,
            "max_attempts": self._limits.bank_tries,
            "interval_seconds": self._limits.bank_wait_s,
            "backoff_rate": 2.0,
            "should_retry": _is_unavailable,
        }

    async def _send(self, instruction: BankInstruction) -> dict[str, str]:
        """Step: one try at the bank; a refusal is a result."""
        try:
            return {"reference": await self._on_app_loop(self._bank.instruct(instruction))}
        except BankRefusedError as error:
            return {"error": error.code}

    async def _place_dial(self, case_id: str, number: int) -> None:
        # The number that the app shows and the agent reads out; the first one recorded counts.
        match_code = f"{secrets.randbelow(90) + 10}"
        leg = await self._on_app_loop(self._dialer.leg_of(case_id))
        event = DialPlaced(number, leg, match_code)
        placed = await self._record(case_id, event, f"{case_id}:{number}:placed")
        attempt = find_attempt(placed.case, number)
        if attempt is None or not is_current(placed.case, number):
            # Given up on meanwhile, for instance lost in a crash: the customer's phone must not ring for it.
            return
        request = DialRequest(case_id, number, attempt.match_code)
        try:
            await self._on_app_loop(self._dialer.dial(request))
        except DialRefusedError as error:
            _log.warning("effects: dial %s:%d refused: %s", case_id, number, error.code)
            await self._record(
                case_id, DialEnded(number, Disposition.FAILED, error.code), f"{case_id}:{number}:refused"
            )

    async def _analyse(self, case_id: str, attempt: int) -> None:
        case = await self._patiently(lambda: self._store.case(case_id), f"analysis {case_id}:{attempt}")
        record = None if case is None else case.call_of(attempt)
        dossier = None if case is None else dossier_of(case, attempt, self._rules)
        if record is None or record.analysis is not None or dossier is None:
            # Recorded before a crash that came before this workflow was noted as done.
            return
        analysis = await self._on_app_loop(self._analyst.analyse(dossier))
        await self._record(case_id, AnalysisWritten(attempt, analysis), f"{case_id}:{attempt}:analysis")

    async def _record(self, case_id: str, event: Event, event_id: str) -> Recorded:
        """Bring a result back."""

        def record() -> Awaitable[Recorded]:
            return self._intake.record(case_id, event, event_id=event_id, at=self._clock.now())

        return await self._patiently(record, event_id)

    async def _patiently(self, work: Callable[[], Awaitable[T]], name: str) -> T:
        """Do something with the record; while the database is away it is tried again and again."""
        wait = 0.1
        while True:
            try:
                return await work()
            except StoreUnavailableError as error:
                _log.error("effects: %s waits: %s", name, error.code)
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_RETRY_S)

    async def _on_app_loop(self, work: Coroutine[Any, Any, T]) -> T:
        """Run an adapter on the event loop it belongs to."""
        assert self._loop is not None
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


def _is_unavailable(error: BaseException) -> bool:
    return isinstance(error, BankUnavailableError)


def _for_bank(case_id: str, alert_id: str, instruction: Instruction) -> BankInstruction:
    return BankInstruction(
        key=instruction.key,
        case_id=case_id,
        alert_id=alert_id,
        action=instruction.action,
        outcome=instruction.outcome,
        reasons=instruction.reasons,
        decided_by=instruction.decided_by,
        at=instruction.at,
    )

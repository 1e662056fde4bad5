"""A job process of `riskcall agent`: loads everything before a call comes, holds one call or receives one caller.

The framework calls `prepare` before its event loop runs and `hold` in it. Engines belong to the loop they were warmed
in, so the call runs on a loop of its own in a thread that `prepare` starts.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial

from livekit.agents import JobContext, JobProcess
from livekit.protocol.agent import Job

from agent.dialer import Placement
from agent.observer import CallObserver, SilentObserver
from agent.remote.api import CallsApi
from agent.remote.call import RemoteCall
from agent.remote.handover import NewLine
from agent.remote.spool import Spool
from cases.adapters.blobs_memory import MemoryBlobs
from cases.adapters.clock import SystemClock
from cases.ports import Blobs
from riskcall import reception
from riskcall.people import reviewer_line
from riskcall.reception import is_inbound
from riskcall.settings import Settings
from riskcall.starting import begin_loading, end_loading
from riskcall.workshop import Workshop, open_workshop, policy_of, warm
from telephony.leg import Leg
from telephony.people.handover import Handover
from telephony.remote.documents import ClaimedCall
from telephony.remote.livekit_dispatch import CALL_KEY

Lines = Callable[[Settings, ClaimedCall], Leg]
"""Makes the line to the customer of a claimed call; a function of a module, for it is handed to other processes."""

LOOK_S = 0.25
"""How long a call that has just come may take to show in the spool, seconds."""
GIVE_WAY_S = 1.5
"""How long the next process lets a call dial before it loads, seconds."""
_HOLDER = "riskcall"
_NOT_JOINED = "The room connection was not established"
_log = logging.getLogger(__name__)


def prepare(settings: Settings, lines: Lines, process: JobProcess) -> None:
    """Load everything, so that the process is ready for a call.

    Raises:
        SettingsInvalidError: An engine or a policy is missing.
        RehearsalFailedError: A call cannot be held here.
    """
    _give_way(settings)
    begin_loading()
    # The framework warns of jobs that do not join by its own means; a call's line joins the room.
    logging.getLogger("livekit.agents").addFilter(lambda record: not str(record.msg).startswith(_NOT_JOINED))
    holder = CallHolder(settings, lines)
    holder.start()
    process.userdata[_HOLDER] = holder
    end_loading()


async def hold(context: JobContext) -> None:
    """Hold the call that a job names, or receive the caller of a job that names none; returns once that is done.

    A call's result is delivered or spooled then.
    """
    holder: CallHolder = context.proc.userdata[_HOLDER]
    call_id = call_of(context.job)
    if call_id is not None:
        await holder.hold(call_id)
        context.shutdown("call over")
    elif is_inbound(context.job.room.name):
        await holder.receive(context.job.room.name)
        context.shutdown("caller received")
    else:
        _log.error("a job names no call, and nobody rang in; it was not dispatched by riskcall")
        context.shutdown("no call")


def call_of(job: Job) -> str | None:
    """The call that a job names; None for one that LiveKit dispatched by itself, as for a caller."""
    try:
        return str(json.loads(job.metadata)[CALL_KEY])
    except (ValueError, KeyError, TypeError):
        return None


def _give_way(settings: Settings) -> None:
    """Let a call that took the process before this one ring first: loading would slow its dialling down."""
    time.sleep(LOOK_S)
    if len(Spool(settings.spool_dir)):
        time.sleep(GIVE_WAY_S)


class CallHolder:
    """A thread with an event loop, the engines, and at most one call."""

    def __init__(self, settings: Settings, lines: Lines) -> None:
        """Prepare; `start` loads."""
        self._settings = settings
        self._lines = lines
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        self._workshop: Workshop | None = None
        self._api: CallsApi | None = None

    def start(self) -> None:
        """Start the thread and load everything; blocks until that is done.

        Raises:
            SettingsInvalidError: An engine or a policy is missing.
            RehearsalFailedError: A call cannot be held here.
        """
        threading.Thread(target=self._loop.run_forever, name="riskcall.call", daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()

    async def hold(self, call_id: str) -> None:
        """Hold a call on the thread's loop; cancelled, the call is wound up and delivered first."""
        call: Future[RemoteCall] = Future()
        running = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._hold(call_id, call), self._loop))
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            held = await asyncio.wrap_future(call)
            self._loop.call_soon_threadsafe(held.stop)
            await running
            raise

    async def receive(self, room: str) -> None:
        """Receive a caller on the thread's loop; cancelled, the caller is hung up first."""
        receiving: Future[asyncio.Task[None]] = Future()
        running = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._receive(room, receiving), self._loop))
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            task = await asyncio.wrap_future(receiving)
            self._loop.call_soon_threadsafe(task.cancel)
            await asyncio.wait({running})
            raise

    async def _open(self) -> None:
        settings, clock = self._settings, SystemClock()
        workshop = open_workshop(
            settings,
            self._stack,
            policy=policy_of(settings),
            clock=clock,
            blobs=MemoryBlobs(),
            observe=lambda case, request: SilentObserver(),
        )
        await warm(workshop, self._stack)
        await reception.prepare(settings, workshop.engines)
        self._workshop = workshop
        key = settings.worker_key.get_secret_value() if settings.worker_key else ""
        self._api = CallsApi(settings.api_url, key)
        self._stack.push_async_callback(self._api.aclose)

    async def _hold(self, call_id: str, call: Future[RemoteCall]) -> None:
        assert self._api is not None, "the process was prepared"
        spool = await asyncio.to_thread(Spool, self._settings.spool_dir)
        held = RemoteCall(
            self._api, spool, self._place, reviewers=self._reviewers, queue=self._settings.sip_transfer_to
        )
        call.set_result(held)
        try:
            await held.hold(call_id)
        finally:
            with suppress(Exception):
                await self._stack.aclose()

    async def _receive(self, room: str, receiving: Future[asyncio.Task[None]]) -> None:
        assert self._api is not None and self._workshop is not None, "the process was prepared"
        work = reception.receive(self._settings, self._workshop.engines, self._api, room)
        task = asyncio.create_task(work, name="riskcall.reception")
        receiving.set_result(task)
        try:
            await task
        finally:
            with suppress(Exception):
                await self._stack.aclose()

    def _reviewers(self, claimed: ClaimedCall) -> NewLine:
        return partial(reviewer_line, self._settings, claimed.request.attempt_id)

    def _place(
        self, claimed: ClaimedCall, observer: CallObserver, blobs: Blobs, handover: Handover | None
    ) -> Placement:
        assert self._workshop is not None, "the process was prepared"
        workshop = replace(self._workshop, observe=lambda case, request: observer, blobs=blobs)
        if handover is not None:
            workshop = replace(workshop, handover=lambda case, request: handover)
        return workshop.voice(lambda case: self._lines(self._settings, claimed), claimed.leg)

"""`riskcall agent`: a LiveKit worker that holds calls for `riskcall serve`, one process a call."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import suppress
from functools import partial

import typer
from livekit.agents import AgentServer, JobRequest
from livekit.agents.worker import _DefaultLoadCalc

from agent.remote.api import CallsApi
from agent.remote.delivery import deliver_abandoned, redeliver
from agent.remote.errors import CallsApiError
from agent.remote.spool import Spool
from riskcall import reception, worker_job
from riskcall.errors import SettingsInvalidError
from riskcall.settings import Settings
from riskcall.telephone import line_of, livekit_access
from riskcall.worker_job import Lines
from riskcall.worker_watch import watch
from telephony.remote.livekit_dispatch import AGENT_NAME

PREPARE_S = 120.0
"""How long a process may take to load everything, seconds."""
WIND_UP_S = 20.0
"""How long a process may take to deliver what was said when its call is ended from outside, seconds."""
FULL = 0.7
"""Load at which LiveKit gives a worker no more calls, by its own default (`agents.target_load`)."""
PRELOAD = "riskcall.worker_preload"
_PRELOAD_INFERENCE = "LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE"
_RETRIES = 1_000_000


def run(settings: Settings, lines: Lines = line_of) -> None:
    """Work until SIGINT or SIGTERM; then take no more calls and let running ones finish.

    Args:
        settings: Complete settings.
        lines: Makes lines to customers.

    Raises:
        SettingsInvalidError: Settings are missing.
    """
    missing = settings.missing_for_agent()
    if missing:
        raise SettingsInvalidError(f"set {', '.join(missing)} in the environment or in .env (see .env.example)")
    reception.check(settings)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # It writes each request with its address.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    asyncio.run(_work(settings, lines))


async def _work(settings: Settings, lines: Lines) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    key = settings.worker_key.get_secret_value() if settings.worker_key else ""
    spool, api = Spool(settings.spool_dir), CallsApi(settings.api_url, key)
    server = agent_server(settings, lines)
    server.on("worker_registered", lambda *_: typer.echo(f"riskcall agent takes calls from {settings.livekit_url}"))
    redelivering = asyncio.create_task(redeliver(spool, api), name="riskcall.redeliver")
    running = asyncio.create_task(server.run(), name="riskcall.worker")
    watching = asyncio.create_task(watch(server, livekit_access(settings)), name="riskcall.receptions")
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            await _drain(server)
        await running
    finally:
        for task in (redelivering, watching, stopping):
            task.cancel()
        await asyncio.gather(redelivering, watching, stopping, return_exceptions=True)
        with suppress(CallsApiError):
            await deliver_abandoned(spool, api)
        await api.aclose()


async def _drain(server: AgentServer) -> None:
    typer.echo("stopping: running calls finish, no new ones are taken")
    try:
        await server.drain()
    except TimeoutError:
        typer.echo("calls still run: they are ended, and what was said is kept")
    await server.aclose()


def agent_server(settings: Settings, lines: Lines) -> AgentServer:
    """The framework's server with our job in it."""
    # Its turn detector is not used here and costs a quarter of a gigabyte; our own job loads what it needs.
    os.environ.setdefault(_PRELOAD_INFERENCE, "0")
    secret = settings.livekit_api_secret.get_secret_value() if settings.livekit_api_secret else ""
    server = AgentServer(
        ws_url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=secret,
        host=settings.host,
        port=settings.worker_port,
        load_threshold=FULL,
        load_fnc=partial(load, settings.max_calls, settings.worker_load),
        num_idle_processes=settings.worker_idle,
        drain_timeout=settings.worker_drain_seconds,
        initialize_process_timeout=PREPARE_S,
        shutdown_process_timeout=WIND_UP_S,
        max_retry=_RETRIES,
        setup_fnc=partial(worker_job.prepare, settings, lines),
        preload_modules=[PRELOAD],
    )
    server.rtc_session(worker_job.hold, agent_name=AGENT_NAME, on_request=partial(take_job, settings.max_calls, server))
    return server


async def take_job(most: int, server: AgentServer, request: JobRequest) -> None:
    """Take a job; where as many callers are received as calls may be held, another worker is to take the next.

    Args:
        most: Callers at once.
        server: The worker.
        request: The job that is offered.
    """
    if worker_job.call_of(request.job) is None and len(server.active_jobs) - _calls(server) >= most:
        await request.reject(terminate=False)
    else:
        await request.accept()


def load(max_calls: int, most: float, server: AgentServer) -> float:
    """How busy this worker is, told so that it is full at FULL.

    A caller who is received takes no place of a call: the call that they wait for needs it.

    Args:
        max_calls: Calls at which it is full.
        most: Load of the machine at which it is full.
        server: The worker.
    """
    return FULL * max(_DefaultLoadCalc.get_load(server) / most, _calls(server) / max_calls)


def _calls(server: AgentServer) -> int:
    return sum(worker_job.call_of(running.job) is not None for running in server.active_jobs)

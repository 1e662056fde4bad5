"""Builds every adapter, once, from the settings; nothing else in this process does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from fastapi import APIRouter, FastAPI
from pydantic import SecretStr

from agent.dialer import CallDialer, Placement
from agent.observer import CallObserver
from cases.adapters.bank_webhook import WebhookBank
from cases.adapters.blobs_file import FileBlobs
from cases.adapters.clock import SystemClock
from cases.domain.case import Case
from cases.domain.events import CallEnded, CustomerRinging, DialEnded, Event
from cases.intake import Recorded
from cases.ports import Clock, Dialer, DialRequest
from cases.runtime import CaseRuntime
from desk.accounts import Accounts
from desk.deps import DeskDeps
from desk.live import LiveCalls, LiveObserver
from desk.main import create_app
from desk.routes.app_sessions import router as app_sessions
from desk.routes.calls import router as customer_page
from desk.summons import SummonsLinks
from evals.alerts import load as load_example
from evals.alerts import names as example_names
from riskcall.analysts import analyst_of
from riskcall.callbacks import callback_routers
from riskcall.observers import Observers
from riskcall.people import PeopleLines
from riskcall.pictures import picture_recorder
from riskcall.settings import Settings
from riskcall.telephone import dial_limits
from riskcall.video import video_sessions
from riskcall.workers import RemoteDesk, Workers, remote_desk
from riskcall.workshop import Workshop, open_workshop, policy_of, warm
from telephony.browser import AppSessions, BrowserSwitchboard, IceServer
from telephony.limited_dialer import FindUsage, LimitedDialer, together
from telephony.people.desk import CallDesk
from telephony.remote.calls import Record

BROWSER = "browser"
"""Kind of leg of the customer's page, as events name it."""


@dataclass(frozen=True, slots=True)
class System:
    """The running whole, as the commands of the front door use it.

    Attributes:
        app: The web application.
        runtime: Cases, effects, timers.
        workshop: What calls are made of.
        sessions: Links to customers' pages.
        switchboard: Customers' pages.
        accounts: Accounts of the desk.
        live: Running calls as they happen.
    """

    app: FastAPI
    runtime: CaseRuntime
    workshop: Workshop
    sessions: AppSessions
    switchboard: BrowserSwitchboard
    accounts: Accounts
    live: LiveCalls


Placing = Callable[[Workshop, Placement], Callable[[Case], Placement]]
"""Says how each case's customer is reached in this process; is given the placement on the page of the bank's app."""


def on_page(workshop: Workshop, page: Placement) -> Callable[[Case], Placement]:
    """Reach every customer on the page of the bank's app."""
    return lambda case: page


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    origins: tuple[str, ...],
    placing: Placing = on_page,
    workers: Workers | None = None,
    watcher: CallObserver | None = None,
    elsewhere: FindUsage | None = None,
) -> AsyncIterator[System]:
    """Everything, started; stopped again when the context closes.

    Args:
        settings: Complete settings.
        origins: Origins that browsers use, the one for links first.
        placing: How customers are reached in this process.
        workers: Which calls worker processes hold; None for none.
        watcher: Sees every call, beside the desk's live view.
        elsewhere: Counts telephone calls that other records tell of, against the same limits.

    Raises:
        SettingsInvalidError: A setting names an engine, a model or policies that are not there.
    """
    async with AsyncExitStack() as stack:
        ground = await _ground(settings, stack, watcher)
        runtime = await _cases(ground, stack, workers)
        record = _recorder(runtime, ground.clock, ground.live, ground.lines.calls)
        workshop = replace(ground.workshop, handover=ground.lines.handovers(record))
        page = workshop.voice(lambda case: ground.switchboard.leg(), BROWSER)
        local = CallDialer(
            placement=placing(workshop, page),
            find_case=runtime.store.case,
            record=record,
            max_calls=settings.max_calls,
        )
        stack.push_async_callback(runtime.stop)
        stack.push_async_callback(local.aclose)
        remote = _remote(ground, stack, workers, runtime, local, record) if workers else None
        runtime.use_dialer(_limited(settings, remote.dialer if remote else local, runtime, ground.clock, elsewhere))
        await runtime.start()
        if remote:
            await remote.calls.start()
        accounts = Accounts(settings.accounts_path)
        ground.lines.accounts = accounts
        video = video_sessions(settings, runtime, clock=ground.clock, origins=origins)
        dispatch = workers.dispatch if workers else None
        come = (*video.routers, *callback_routers(settings, runtime, clock=ground.clock, dispatch=dispatch))
        extra = (*come, remote.router) if remote else come
        app = create_app(_desk(ground, origins, runtime, accounts, extra, video.links))
        yield System(app, runtime, workshop, ground.sessions, ground.switchboard, accounts, ground.live)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What calls and desk stand on, before there are cases."""

    settings: Settings
    clock: Clock
    live: LiveCalls
    sessions: AppSessions
    switchboard: BrowserSwitchboard
    lines: PeopleLines
    workshop: Workshop


async def _ground(settings: Settings, stack: AsyncExitStack, watcher: CallObserver | None) -> _Ground:
    """Build it and load all that a call needs."""
    clock = SystemClock()
    policy = policy_of(settings)
    sessions = AppSessions(clock)
    switchboard = BrowserSwitchboard(sessions, ice_servers=_ice_servers(settings))
    stack.push_async_callback(switchboard.aclose)
    live = LiveCalls()
    lines = PeopleLines(settings, clock, _ice_servers(settings))
    stack.push_async_callback(lines.aclose)
    workshop = open_workshop(
        settings,
        stack,
        policy=policy,
        clock=clock,
        blobs=FileBlobs(settings.blobs_dir),
        observe=_watchers(live, watcher),
    )
    await warm(workshop, stack)
    return _Ground(settings, clock, live, sessions, switchboard, lines, workshop)


async def _cases(ground: _Ground, stack: AsyncExitStack, workers: Workers | None) -> CaseRuntime:
    """Cases, not started yet."""
    settings = ground.settings
    bank = WebhookBank(settings.bank_url, _secret(settings.bank_secret), clock=ground.clock)
    stack.push_async_callback(bank.aclose)
    return CaseRuntime(
        f"sqlite:///{settings.database_path}",
        policy=ground.workshop.policy,
        bank=bank,
        analyst=await stack.enter_async_context(analyst_of(settings)),
        clock=ground.clock,
        pictures=picture_recorder(settings, ground.workshop.blobs),
        remote_legs=workers.legs if workers else frozenset(),
    )


def _remote(
    ground: _Ground,
    stack: AsyncExitStack,
    workers: Workers,
    runtime: CaseRuntime,
    local: Dialer,
    record: Record,
) -> RemoteDesk:
    """The server's side of the calls that workers hold."""
    return remote_desk(
        workers,
        ground.settings,
        stack,
        runtime=runtime,
        local=local,
        record=record,
        blobs=ground.workshop.blobs,
        live=ground.live,
        clock=ground.clock,
        people=ground.lines.calls,
        phone_of=ground.lines.phone_of,
    )


def _limited(
    settings: Settings, dialer: Dialer, runtime: CaseRuntime, clock: Clock, elsewhere: FindUsage | None
) -> LimitedDialer:
    """A dialer that lets through what the limits allow."""
    return LimitedDialer(
        dialer,
        find_case=runtime.store.case,
        find_usage=together(runtime.store.dial_usage, *([elsewhere] if elsewhere else [])),
        limits=dial_limits(settings),
        clock=clock,
    )


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


def _ice_servers(settings: Settings) -> tuple[IceServer, ...]:
    """TURN servers get the credential, STUN servers need none."""
    user, credential = settings.turn_username, _secret(settings.turn_credential)
    return tuple(
        IceServer(url, user, credential) if url.startswith("turn") else IceServer(url) for url in settings.ice_servers
    )


def _watchers(live: LiveCalls, watcher: CallObserver | None) -> Callable[[Case, DialRequest], CallObserver]:
    def observe(case: Case, request: DialRequest) -> CallObserver:
        desk = LiveObserver(live, case.id, request.attempt)
        return Observers(desk, watcher) if watcher else desk

    return observe


def _recorder(runtime: CaseRuntime, clock: Clock, live: LiveCalls, calls: CallDesk) -> Record:
    """Records what the dialer tells; what has no conversation to be watched reaches the desk's live view from here."""

    async def record(case_id: str, event: Event, event_id: str) -> Recorded:
        if isinstance(event, CustomerRinging):
            live.ringing(case_id, event.attempt)
        elif isinstance(event, CallEnded):
            live.ended(case_id, event.attempt, event.call.ending.value)
        elif isinstance(event, DialEnded):
            live.ended(case_id, event.attempt, event.disposition.value)
        recorded = await runtime.intake.record(case_id, event, event_id=event_id, at=clock.now())
        calls.told(case_id, event)
        return recorded

    return record


def _desk(
    ground: _Ground,
    origins: tuple[str, ...],
    runtime: CaseRuntime,
    accounts: Accounts,
    extra: tuple[APIRouter, ...],
    links: SummonsLinks,
) -> DeskDeps:
    settings, clock = ground.settings, ground.clock
    keys = tuple(key.get_secret_value() for key in settings.api_keys)
    page = customer_page(ground.switchboard, clock=clock, bank_name=settings.bank_name, origins=origins)
    sessions = app_sessions(ground.switchboard, clock=clock, keys=keys, origin=origins[0])
    return DeskDeps(
        intake=runtime.intake,
        store=runtime.store,
        blobs=ground.workshop.blobs,
        policy=ground.workshop.policy,
        clock=clock,
        webhook_secrets=tuple(secret.get_secret_value() for secret in settings.webhook_secrets),
        api_keys=keys,
        session_secret=_secret(settings.session_secret).encode(),
        accounts=accounts,
        origins=origins,
        live=ground.live,
        alert_examples=lambda: {name: load_example(name, now=clock.now()) for name in example_names()},
        unready=lambda: "" if runtime.running else "Effects do not run; start riskcall again.",
        routers=(page, sessions, *extra),
        people=ground.lines.for_desk(),
        links=links,
    )

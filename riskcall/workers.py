"""Calls in worker processes, as `riskcall serve` has them: which ones, who dispatches them, and the API they use."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta

from fastapi import APIRouter

from cases.domain.case import Case
from cases.ports import Blobs, Clock, Dialer
from cases.runtime import CaseRuntime
from desk.live import LiveCalls
from desk.routes.worker_calls import router
from riskcall.settings import Settings
from riskcall.telephone import livekit_access, remote_leg
from telephony.livekit.room_leg import KIND as ROOM
from telephony.livekit.sip_leg import KIND as SIP
from telephony.people.desk import CallDesk
from telephony.remote.calls import Record, RemoteCalls
from telephony.remote.dialer import DispatchDialer, RoutedDialer
from telephony.remote.dispatch import Dispatch
from telephony.remote.documents import INBOUND
from telephony.remote.leases import LeaseLimits
from telephony.remote.livekit_dispatch import LiveKitDispatch
from telephony.remote.rooms import Rooms
from telephony.remote.tokens import CallTokens


@dataclass(frozen=True, slots=True)
class Workers:
    """Which calls workers hold.

    Attributes:
        dispatch: Brings workers to rooms.
        leg_of: Kind of leg that a worker dials for a case's latest attempt; None where this process does.
        legs: All those kinds.
        limits: How long to wait for workers.
    """

    dispatch: Dispatch
    leg_of: Callable[[Case], str | None]
    legs: frozenset[str] = frozenset({SIP, ROOM, INBOUND})
    limits: LeaseLimits = field(default_factory=LeaseLimits)


def workers_of(settings: Settings) -> Workers | None:
    """Workers behind the LiveKit server of the settings; None without one."""
    if not settings.livekit_url:
        return None
    return Workers(
        LiveKitDispatch(livekit_access(settings)),
        lambda case: remote_leg(settings, case),
        limits=LeaseLimits(grace=timedelta(seconds=settings.worker_grace_seconds)),
    )


@dataclass(frozen=True, slots=True)
class RemoteDesk:
    """The server's side of workers.

    Attributes:
        calls: Calls that workers hold.
        dialer: Dials by worker or in this process.
        router: The calls API.
    """

    calls: RemoteCalls
    dialer: Dialer
    router: APIRouter


def remote_desk(
    workers: Workers,
    settings: Settings,
    stack: AsyncExitStack,
    *,
    runtime: CaseRuntime,
    local: Dialer,
    record: Record,
    blobs: Blobs,
    live: LiveCalls,
    clock: Clock,
    people: CallDesk,
    phone_of: Callable[[str], str],
) -> RemoteDesk:
    """Put it together; `calls.start` begins, once the record is open.

    Args:
        workers: Which calls workers hold.
        settings: Keys and secrets.
        stack: Stops it.
        runtime: Cases.
        local: Dials whatever no worker does.
        record: Records events of a case.
        blobs: Recordings and stills.
        live: Shows running calls.
        clock: Where time comes from.
        people: Where reviewers' orders come from.
        phone_of: A reviewer's telephone number, or empty.
    """
    secret = settings.session_secret.get_secret_value() if settings.session_secret else ""
    tokens = CallTokens(secret.encode(), clock)
    calls = RemoteCalls(
        store=runtime.store,
        record=record,
        rooms=Rooms(workers.dispatch),
        tokens=tokens,
        clock=clock,
        legs=workers.legs,
        limits=workers.limits,
    )
    stack.push_async_callback(calls.aclose)
    find_case = runtime.store.case
    dialers = {leg: DispatchDialer(calls, leg=leg, find_case=find_case) for leg in workers.legs}

    def choose(case: Case) -> Dialer:
        leg = workers.leg_of(case)
        return local if leg is None else dialers[leg]

    keys = (settings.worker_key.get_secret_value(),) if settings.worker_key else ()
    routes = router(calls, tokens=tokens, keys=keys, blobs=blobs, live=live, people=people, phone_of=phone_of)
    return RemoteDesk(calls, RoutedDialer(choose, find_case), routes)

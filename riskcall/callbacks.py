"""Customers who ring back with a code, as `riskcall serve` has them."""

from __future__ import annotations

import logging

from fastapi import APIRouter

from cases.ports import Clock
from cases.runtime import CaseRuntime
from desk.callback_codes import CallbackCodes, Occupied, unknown
from desk.code_throttle import CodeLimits, CodeThrottle
from desk.routes import arrivals, callback_codes
from riskcall.settings import Settings
from telephony.remote.dispatch import Dispatch
from telephony.remote.errors import DispatchFailedError

_log = logging.getLogger(__name__)


def missing_for_callbacks(settings: Settings) -> str:
    """What calls from customers lack here, and what to do about it; empty where nothing does."""
    if not settings.livekit_url:
        return "Calls from customers need a LiveKit server: set RISKCALL_LIVEKIT_URL; docs/telephony.md shows how."
    return ""


def callback_routers(
    settings: Settings, runtime: CaseRuntime, *, clock: Clock, dispatch: Dispatch | None
) -> tuple[APIRouter, ...]:
    """The API by which the bank makes codes, and the one by which workers tell who said one.

    Args:
        settings: Keys, secrets, how many wrong codes are let through.
        runtime: Cases.
        clock: Where time comes from.
        dispatch: Says who is in a room; None where no workers are.
    """
    secret = settings.session_secret.get_secret_value() if settings.session_secret else ""
    codes = CallbackCodes(
        runtime.intake,
        runtime.store,
        clock,
        secret=secret.encode(),
        throttle=CodeThrottle(CodeLimits(settings.callback_tries_per_caller, settings.callback_tries_per_hour)),
        waits=runtime.rules.timings.arrival_waits,
        occupied=_occupied(dispatch) if dispatch else unknown,
    )
    bank = tuple(key.get_secret_value() for key in settings.api_keys)
    workers = (settings.worker_key.get_secret_value(),) if settings.worker_key else ()
    return (
        callback_codes.router(codes, keys=bank, missing=lambda: missing_for_callbacks(settings)),
        arrivals.router(codes, keys=workers),
    )


def _occupied(dispatch: Dispatch) -> Occupied:
    async def occupied(room: str) -> bool:
        try:
            return await dispatch.holds_telephone(room)
        except DispatchFailedError as error:
            _log.warning("a callback code counts as in use: %s", error)
            return True

    return occupied

"""Video sessions by link, as `riskcall serve` has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from fastapi import APIRouter

from cases.ports import Clock
from cases.runtime import CaseRuntime
from desk.deps import Admission
from desk.routes import summons, video
from desk.summons import Summonses, SummonsLinks
from riskcall.settings import Settings
from riskcall.telephone import livekit_access, room_key
from telephony.livekit.names import CUSTOMER

PUBLISHES = ("microphone", "camera")
"""What a customer may send into the room: no screen."""
CLIENT = "static/vendor/livekit-client.esm.mjs"
"""The page's client library, in the folder of the desk."""


def missing_for_video(settings: Settings) -> str:
    """What a video session lacks here, and what to do about it; empty where nothing does."""
    if not settings.livekit_url:
        return "Video sessions need a LiveKit server: set RISKCALL_LIVEKIT_URL; docs/telephony.md shows how."
    if not (files("desk") / CLIENT).is_file():
        return "The page's client library was not built: run `make web`, which needs npm."
    return ""


@dataclass(frozen=True, slots=True)
class Video:
    """Video sessions of one server.

    Attributes:
        links: Makes their links.
        routers: The API that makes links, and where there is a LiveKit server the page that they open.
    """

    links: SummonsLinks
    routers: tuple[APIRouter, ...]


def video_sessions(settings: Settings, runtime: CaseRuntime, *, clock: Clock, origins: Sequence[str]) -> Video:
    """Video sessions, as far as the settings allow.

    Args:
        settings: Server, keys, the bank's name.
        runtime: Cases.
        clock: Where time comes from.
        origins: Origins that browsers use, the one for links first.
    """
    summonses = Summonses(runtime.intake, runtime.store, clock)
    links = SummonsLinks(summonses, origins[0], lambda: missing_for_video(settings))
    keys = tuple(key.get_secret_value() for key in settings.api_keys)
    api = summons.router(links, keys=keys)
    if not settings.livekit_url:
        return Video(links, (api,))
    access = livekit_access(settings)
    url = settings.livekit_public_url or access.socket_url

    def admit(room: str) -> Admission:
        key = room_key(settings, room)
        records = settings.video_recording == "egress" and not key
        return Admission(url, access.token(room, CUSTOMER, publishes=PUBLISHES), key, records)

    page = video.router(
        summonses, admit=admit, clock=clock, bank_name=settings.bank_name, origins=origins, livekit_url=url
    )
    return Video(links, (api, page))

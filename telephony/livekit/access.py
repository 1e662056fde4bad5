"""How a LiveKit server is reached, and the short-lived tokens with which somebody joins one room."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
from livekit import api

JOIN_WITHIN = timedelta(minutes=5)
"""How long a token lets somebody join; who has joined stays."""
_EMPTY_SECONDS = 60
_DEPARTURE_SECONDS = 10
_API_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class LiveKitAccess:
    """A LiveKit server and the key to its API.

    Attributes:
        url: Its address, `ws(s)://` or `http(s)://`.
        api_key: Key of its API.
        api_secret: Secret of that key.
    """

    url: str
    api_key: str
    api_secret: str = field(repr=False)

    @property
    def socket_url(self) -> str:
        """The address for joining rooms."""
        return re.sub(r"^http", "ws", self.url)

    @property
    def api_url(self) -> str:
        """The address of the API."""
        return re.sub(r"^ws", "http", self.url)

    def token(
        self,
        room: str,
        identity: str,
        *,
        publishes: Sequence[str] = ("microphone",),
        agent: bool = False,
        hidden: bool = False,
        within: timedelta = JOIN_WITHIN,
    ) -> str:
        """A token that lets one identity join one room and do nothing else.

        Args:
            room: The room; it is made where it does not exist, and goes soon after everybody left.
            identity: Who joins.
            publishes: Kinds of track that may be published: `microphone`, `camera`; empty only listens, and sends no
                data.
            agent: Whether it is shown as an agent.
            hidden: Whether others do not see it.
            within: How long the token lets somebody join.
        """
        grants = api.VideoGrants(
            room_join=True,
            room=room,
            can_publish=bool(publishes),
            can_publish_sources=list(publishes),
            can_publish_data=bool(publishes) and not hidden,
            can_subscribe=True,
            can_update_own_metadata=False,
            hidden=hidden,
        )
        token = api.AccessToken(self.api_key, self.api_secret).with_identity(identity).with_grants(grants)
        config = api.RoomConfiguration(empty_timeout=_EMPTY_SECONDS, departure_timeout=_DEPARTURE_SECONDS)
        token = token.with_ttl(within).with_room_config(config)
        return (token.with_kind("agent") if agent else token).to_jwt()

    @asynccontextmanager
    async def client(self) -> AsyncIterator[api.LiveKitAPI]:
        """A client of the API."""
        timeout = aiohttp.ClientTimeout(total=_API_SECONDS)
        async with api.LiveKitAPI(self.api_url, self.api_key, self.api_secret, timeout=timeout) as client:
            yield client

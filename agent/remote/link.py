"""The worker's end of a call's link: shows the call, hears commands, and comes back when it was lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from agent.remote.delivery import Pass
from agent.remote.errors import ApiRefusedError, CallsApiError
from cases.domain.call import Call, Turn
from cases.domain.vocabulary import Act, Language
from telephony.remote import link
from telephony.remote.errors import LinkMessageError

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 1.0
OPEN_S = 4.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LinkTimings:
    """How often things are done.

    Attributes:
        heartbeat_s: Something is said at least so often.
        first_wait_s: Wait before a lost link is tried again; it doubles up to `longest_wait_s`.
        longest_wait_s: See there.
    """

    heartbeat_s: float = link.HEARTBEAT_S
    first_wait_s: float = FIRST_WAIT_S
    longest_wait_s: float = LONGEST_WAIT_S


class CallLink:
    """One call's link; satisfies agent.observer.CallObserver, so that the call itself shows what happens."""

    def __init__(
        self,
        url: str,
        permit: Pass,
        obey: Callable[[link.ServerMessage], None],
        timings: LinkTimings | None = None,
    ) -> None:
        """Prepare; `run` connects.

        Args:
            url: `ws://…/v1/calls/{call_id}/link`.
            permit: The call's token; the server renews it over the link.
            obey: Is given the server's commands.
            timings: How often things are done.
        """
        self._url = url
        self._permit = permit
        self._obey = obey
        self._timings = timings or LinkTimings()
        # Whoever watches after a server's restart sees the whole call: what became final is said again.
        self._final: list[link.WorkerMessage] = []
        self._growing: dict[type[link.WorkerMessage], link.WorkerMessage] = {}
        self._sent = 0
        self._wake = asyncio.Event()
        self._up = asyncio.Event()

    @property
    def up(self) -> bool:
        """Whether the server hears us."""
        return self._up.is_set()

    async def wait_up(self, seconds: float) -> bool:
        """Wait until the link is up; whether it is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._up.wait()
        return self.up

    async def run(self) -> None:
        """Keep the link up until cancelled, or until the server wants no more of this call."""
        wait = self._timings.first_wait_s
        while True:
            code = None
            try:
                headers = {"Authorization": f"Bearer {self._permit.token}"}
                async with connect(
                    self._url,
                    additional_headers=headers,
                    open_timeout=OPEN_S,
                    close_timeout=1,
                    ping_interval=None,
                    max_size=4 * link.MAX_CHARACTERS,
                    proxy=None,
                ) as socket:
                    code = await self._talk(socket)
                    if self.up:
                        wait = self._timings.first_wait_s
            except (OSError, TimeoutError, WebSocketException) as error:
                _log.warning("the link of a call is away: %s", type(error).__name__)
            finally:
                self._up.clear()
            if code in (link.CLOSED_SUPERSEDED, link.CLOSED_OVER):
                self._obey(link.EndCall("superseded" if code == link.CLOSED_SUPERSEDED else "over"))
                return
            if code == link.CLOSED_TOKEN_REFUSED and not await self._renewed():
                return
            await asyncio.sleep(wait)
            wait = min(wait * 2, self._timings.longest_wait_s)

    def started(self, call_id: str, language: Language) -> None:
        """Audio flows."""
        self._say(link.Started(language))

    def agent_speaking(self, text: str, acts: tuple[Act, ...]) -> None:
        """The agent speaks."""
        self._grow(link.AgentSpeaking(text, acts))

    def agent_spoke(self, turn: Turn) -> None:
        """An utterance of the agent ended."""
        self._growing.pop(link.AgentSpeaking, None)
        self._say(link.AgentSpoke(turn))

    def customer_speaking(self, text: str) -> None:
        """The customer speaks."""
        self._grow(link.CustomerSpeaking(text))

    def customer_spoke(self, turn: Turn) -> None:
        """A turn of the customer was understood."""
        self._growing.pop(link.CustomerSpeaking, None)
        self._say(link.CustomerSpoke(turn))

    def barged_in(self, at_ms: int) -> None:
        """The customer talks over the agent."""
        self._grow(link.BargedIn(at_ms))

    def went_on(self, at_ms: int) -> None:
        """It was no barge-in."""
        self._grow(link.WentOn(at_ms))

    def prepared_in_vain(self) -> None:
        """Nobody watches for this."""

    def ended(self, call: Call) -> None:
        """The call is over."""
        self._growing.clear()
        self._say(link.TalkEnded(call.ending.value))

    def _say(self, message: link.WorkerMessage) -> None:
        self._final.append(message)
        self._wake.set()

    def _grow(self, message: link.WorkerMessage) -> None:
        """What the next message of its kind replaces is not worth a queue."""
        self._growing[type(message)] = message
        self._wake.set()

    async def _talk(self, socket: ClientConnection) -> int | None:
        """Say and hear until the connection ends; returns its close code."""
        self._sent = 0
        hearing = asyncio.create_task(self._hear(socket))
        saying = asyncio.create_task(self._speak(socket))
        try:
            await asyncio.wait({hearing, saying}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (hearing, saying):
                task.cancel()
            await asyncio.gather(hearing, saying, return_exceptions=True)
        return socket.close_code

    async def _speak(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                self._wake.clear()
                waiting, self._growing = [*self._final[self._sent :], *self._growing.values()], {}
                self._sent = len(self._final)
                for message in waiting or [link.Heartbeat()]:
                    await socket.send(link.worker_says.write(message))
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._timings.heartbeat_s):
                        await self._wake.wait()

    async def _hear(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                try:
                    message = link.server_says.read(str(await socket.recv()))
                except LinkMessageError as error:
                    _log.warning("a command was not understood: %s", error.code)
                    continue
                self._up.set()
                if isinstance(message, link.TokenRenewed):
                    self._permit.token = message.token
                elif message is not None and not isinstance(message, link.Linked):
                    self._obey(message)

    async def _renewed(self) -> bool:
        """Get a new token; False where the call is another's."""
        try:
            await self._permit.renew()
        except ApiRefusedError:
            self._obey(link.EndCall("superseded"))
            return False
        except CallsApiError as error:
            _log.warning("the token of a call is not renewed: %s", error.code)
        return True

"""The phone: one address at which calls ring and from which they are placed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from ipaddress import ip_address
from types import TracebackType
from typing import Any

from aiosipua import SipRequest
from aiosipua.headers import parse_uri

from telephony.line.channel import Codec
from telephony.sip_phone.answers import Answering, answering
from telephony.sip_phone.calls import IncomingCall, PhoneCall
from telephony.sip_phone.errors import CallRefusedError, NoAnswerError, NoCommonCodecError
from telephony.sip_phone.messages import DEFAULT_PORT, METHODS, Address, user_of
from telephony.sip_phone.outgoing import OutgoingCall
from telephony.sip_phone.wire import ServerTransaction, SipWire

CODECS = (Codec.PCMU, Codec.PCMA)


class SipPhone:
    """A phone; an asynchronous context manager, which frees its address at the end.

    Attributes:
        answers: Deals with each call that rings; may be exchanged at any time.
        calls: Every call so far, in order.
        directory: Numbers of other phones and where they ring, for calls that are referred there.
        codecs: G.711 laws that it takes and offers, in order of preference.
        loss: Share of packets lost in each direction of every new call.
        seed: Draws which.
        wire: Its socket.
    """

    def __init__(
        self,
        answers: Answering | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        codecs: Sequence[Codec] = CODECS,
        loss: float = 0.0,
        seed: int = 0,
        number: str = "customer",
    ) -> None:
        """Be a phone.

        Args:
            answers: Deals with each call; None answers and says nothing.
            host: Address.
            port: Port; 0 takes a free one.
            codecs: As the attribute.
            loss: As the attribute.
            seed: As the attribute.
            number: Its own number, which calls that it places come from.
        """
        self.answers = answers or answering()
        self.calls: list[PhoneCall] = []
        self.directory: dict[str, Address] = {}
        self.codecs = codecs
        self.loss = loss
        self.seed = seed
        self.wire = SipWire(self._requested, self._cancelled, self._acknowledged)
        self._number = number
        self._bind = (host, port)
        self._live: dict[str, PhoneCall] = {}
        self._new: asyncio.Queue[IncomingCall] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []

    async def __aenter__(self) -> SipPhone:
        """Open the socket.

        Raises:
            OSError: The port is taken.
        """
        self._bind = await self.wire.open(*self._bind)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up whatever is up and close the socket.

        Raises:
            ExceptionGroup: Somebody at the phone failed.
        """
        for call in tuple(self._live.values()):
            self._begin(call.hang_up())
        if self._tasks:
            _, hanging = await asyncio.wait(self._tasks, timeout=1.0)
            for task in hanging:
                task.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)
        self.wire.close()
        if self._failures and error is None:
            raise BaseExceptionGroup("Somebody at the phone failed.", self._failures)

    @property
    def address(self) -> Address:
        """Where it takes calls."""
        return self._bind

    @property
    def uri(self) -> str:
        """Address as `host:port`, as a trunk wants it."""
        return f"{self._bind[0]}:{self._bind[1]}"

    async def next_call(self) -> IncomingCall:
        """The next call that rings."""
        return await self._new.get()

    async def call(
        self, number: str, at: Address, *, caller: str = "", headers: Mapping[str, str] | None = None
    ) -> OutgoingCall:
        """Place a call; `answered` of what is returned waits for the answer.

        Args:
            number: Who is called.
            at: Where.
            caller: The number that it comes from; empty for the phone's own.
            headers: Further headers of the INVITE.
        """
        call = OutgoingCall(self, caller or self._number, number, at)
        self._keep(call)
        await call.place(headers)
        return call

    def left(self, call: PhoneCall) -> None:
        """Forget a call that is over."""
        self._live.pop(call.dialog.call_id, None)

    def referred(self, call: PhoneCall, target: str) -> None:
        """Follow a REFER: call the target and tell the other side how that goes."""
        self._begin(self._follow(call, target))

    def _keep(self, call: PhoneCall) -> None:
        self.calls.append(call)
        self._live[call.dialog.call_id] = call

    def _requested(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        call = self._live.get(request.call_id or "")
        to = request.to_addr
        if call is not None and to is not None and to.tag == call.dialog.local_tag:
            call.take(transaction)
        elif request.method == "OPTIONS":
            transaction.respond(200, headers={"Allow": ", ".join(METHODS), "Accept": "application/sdp"})
        elif request.method not in METHODS:
            transaction.respond(405, headers={"Allow": ", ".join(METHODS)})
        elif request.method != "INVITE" or call is not None or (to is not None and to.tag):
            transaction.respond(481)
        else:
            incoming = IncomingCall(self, transaction)
            self._keep(incoming)
            self._new.put_nowait(incoming)
            self._begin(self._serve(incoming))

    def _cancelled(self, transaction: ServerTransaction) -> None:
        call = self._live.get(transaction.request.call_id or "")
        if isinstance(call, IncomingCall):
            call.cancelled()

    def _acknowledged(self, request: SipRequest) -> None:
        call = self._live.get(request.call_id or "")
        if call is None:
            return
        try:
            call.acknowledged(request)
        except NoCommonCodecError:
            self._begin(call.hang_up())

    async def _serve(self, call: IncomingCall) -> None:
        try:
            await self.answers(call)
        except NoCommonCodecError:
            return
        finally:
            if not call.over.is_set() and call.moments.answered is None:
                call.refuse(500)
            await call.hang_up()

    async def _follow(self, call: PhoneCall, target: str) -> None:
        status = 404
        await self._notify(call, 100)
        if (at := self._find(target)) is not None:
            onward = await self.call(user_of(target), at)
            call.transferred = onward
            try:
                await onward.answered()
                status = 200
            except CallRefusedError as error:
                status = error.status
            except NoAnswerError:
                status = 408
        await self._notify(call, status)

    async def _notify(self, call: PhoneCall, status: int) -> None:
        """Tell how a REFER goes (RFC 3515 section 2.4.5)."""
        if not call.up:
            return
        notice = call.request("NOTIFY")
        done = status >= 200
        notice.headers.set_single("Event", "refer")
        notice.headers.set_single("Subscription-State", "terminated;reason=noresource" if done else "active;expires=60")
        notice.headers.set_single("Content-Type", "message/sipfrag;version=2.0")
        notice.text = f"SIP/2.0 {status} {'Trying' if status == 100 else 'Final'}\r\n"
        try:
            await self.wire.ask(notice, call.next_hop()).final
        except NoAnswerError:
            call.vanish()

    def _find(self, target: str) -> Address | None:
        if (number := user_of(target)) in self.directory:
            return self.directory[number]
        try:
            uri = parse_uri(target)
            ip_address(uri.host)
        except ValueError:
            return None
        return uri.host, uri.port or DEFAULT_PORT

    def _begin(self, deed: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(deed, name="sip-phone")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failures.append(error)

"""One UDP socket that speaks SIP: transactions that survive lost and repeated datagrams (RFC 3261 section 17)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from aiosipua import SipRequest, SipResponse

from telephony.sip_phone.errors import BadMessageError, NoAnswerError
from telephony.sip_phone.messages import (
    Address,
    acknowledgement,
    branch_of,
    read,
    refusal_of,
    reply_address,
    response_to,
)

T1 = 0.5
"""First wait before a message is sent again, seconds."""
T2 = 4.0
"""Longest wait between two sendings, seconds."""
GIVE_UP = 64 * T1
"""When nobody waits for an answer any more, seconds."""
_log = logging.getLogger(__name__)


class _Repeating:
    """Sends bytes again and again, each time after twice as long."""

    def __init__(self, send: Callable[[], None], *, most: float = T2) -> None:
        self._send = send
        self._wait = T1
        self._most = most
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._wait, self._again)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self) -> None:
        self._send()
        self._wait = min(2 * self._wait, self._most)
        self.start()


class ServerTransaction:
    """One request of the other side, answered once however often it comes.

    Attributes:
        request: The request.
        source: Where it came from.
        answered: Whether a final response was sent.
    """

    def __init__(self, wire: SipWire, request: SipRequest, source: Address) -> None:
        """Take a request."""
        self.request = request
        self.source = source
        self._wire = wire
        self._destination = reply_address(request, source)
        self._last = b""
        self._repeating = _Repeating(self.repeat)
        self.answered = False

    def respond(
        self,
        status: int,
        *,
        tag: str = "",
        reason: str = "",
        headers: Mapping[str, str] | None = None,
        sdp: str = "",
    ) -> None:
        """Send a response; arguments as for `response_to`. A final one to an INVITE is repeated until its ACK."""
        response = response_to(self.request, status, tag=tag, reason=reason, headers=headers, sdp=sdp)
        self._last = bytes(response)
        self.repeat()
        if status >= 200:
            self.answered = True
            self._wire.forget_later(self)
            if self.request.method == "INVITE":
                self._repeating.start()

    def repeat(self) -> None:
        """Send the last response again."""
        if self._last:
            self._wire.send(self._last, self._destination)

    def acknowledged(self) -> None:
        """The other side has the final response."""
        self._repeating.stop()


class ClientTransaction:
    """One request of this side, sent until it is answered.

    Attributes:
        request: The request.
        final: The final response; fails with NoAnswerError where none comes.
        ack: Bytes sent again whenever the final response comes again.
    """

    def __init__(
        self,
        wire: SipWire,
        request: SipRequest,
        destination: Address,
        provisional: Callable[[SipResponse], None] | None,
    ) -> None:
        """Send a request."""
        loop = asyncio.get_running_loop()
        self.request = request
        self.final: asyncio.Future[SipResponse] = loop.create_future()
        self.ack = b""
        self._wire = wire
        self._destination = destination
        self._provisional = provisional
        self._bytes = bytes(request)
        invite = request.method == "INVITE"
        self._repeating = _Repeating(self._send, most=GIVE_UP if invite else T2)
        self._deadline = loop.call_later(GIVE_UP, self._expire)
        self._send()
        self._repeating.start()

    def take(self, response: SipResponse) -> None:
        """Take a response."""
        if response.status_code < 200:
            if self.request.method == "INVITE":
                self._repeating.stop()
                self._deadline.cancel()
            if self._provisional is not None and not self.final.done():
                self._provisional(response)
            return
        self.stop()
        if self.request.method == "INVITE" and response.status_code >= 300:
            self.ack = bytes(acknowledgement(self.request, response))
        if self.ack:
            self._wire.send(self.ack, self._destination)
        if not self.final.done():
            self.final.set_result(response)

    def stop(self) -> None:
        """Send no more."""
        self._repeating.stop()
        self._deadline.cancel()

    def _send(self) -> None:
        self._wire.send(self._bytes, self._destination)

    def _expire(self) -> None:
        self._repeating.stop()
        if not self.final.done():
            self.final.set_exception(NoAnswerError(f"No answer to {self.request.method} after {GIVE_UP:.0f} s."))
            self.final.exception()


class SipWire(asyncio.DatagramProtocol):
    """A socket with its transactions.

    Attributes:
        dropped: Datagrams that were no SIP message.
    """

    def __init__(
        self,
        requested: Callable[[ServerTransaction], None],
        cancelled: Callable[[ServerTransaction], None],
        acknowledged: Callable[[SipRequest], None],
    ) -> None:
        """Begin without a socket; use `open`.

        Args:
            requested: Takes each new request but ACK and CANCEL.
            cancelled: Takes the transaction of an INVITE that the other side gives up.
            acknowledged: Takes each ACK to a 2xx.
        """
        self._requested = requested
        self._cancelled = cancelled
        self._acknowledged = acknowledged
        self._transport: asyncio.DatagramTransport | None = None
        self._served: dict[tuple[str, str], ServerTransaction] = {}
        self._asked: dict[tuple[str, str], ClientTransaction] = {}
        self._timers: set[asyncio.TimerHandle] = set()
        self.dropped = 0

    async def open(self, host: str, port: int) -> Address:
        """Bind; the address that was bound.

        Raises:
            OSError: The port is taken.
        """
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        bound = self._transport.get_extra_info("sockname")
        return str(bound[0]), int(bound[1])

    def close(self) -> None:
        """Close the socket and stop every timer."""
        for transaction in self._served.values():
            transaction.acknowledged()
        for asked in self._asked.values():
            asked.stop()
            asked.final.cancel()
        for timer in self._timers:
            timer.cancel()
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def send(self, data: bytes, destination: Address) -> None:
        """Send a datagram; nothing where the socket is closed."""
        if self._transport is not None:
            self._transport.sendto(data, destination)

    def ask(
        self,
        request: SipRequest,
        destination: Address,
        provisional: Callable[[SipResponse], None] | None = None,
    ) -> ClientTransaction:
        """Send a request and see to its answer.

        Args:
            request: The request.
            destination: Where to.
            provisional: Takes responses under 200.
        """
        transaction = ClientTransaction(self, request, destination, provisional)
        key = (branch_of(request), request.method)
        self._asked[key] = transaction
        transaction.final.add_done_callback(lambda _: self._later(lambda: self._asked.pop(key, None)))
        return transaction

    def forget_later(self, transaction: ServerTransaction) -> None:
        """Keep an answered request for as long as it may come again."""
        key = (branch_of(transaction.request), transaction.request.method)

        def forget() -> None:
            transaction.acknowledged()
            self._served.pop(key, None)

        self._later(forget)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Take a datagram: requests that came before are answered as before, junk gets 400 or nothing."""
        source = (str(addr[0]), int(addr[1]))
        if not data.strip(b"\r\n\0 "):
            return
        try:
            message = read(data)
        except BadMessageError as error:
            self.dropped += 1
            _log.debug("a datagram was no SIP message: %s", error)
            if (refusal := refusal_of(data)) is not None:
                self.send(bytes(refusal), source)
            return
        if isinstance(message, SipResponse):
            number = message.cseq
            asked = self._asked.get((branch_of(message), number.method if number else ""))
            if asked is not None:
                asked.take(message)
            return
        self._take(message, source)

    def error_received(self, exc: Exception) -> None:
        """The other side's port is closed; the timers of the transactions deal with it."""
        _log.debug("a datagram came back: %s", exc)

    def _take(self, request: SipRequest, source: Address) -> None:
        branch = branch_of(request)
        if request.method == "ACK":
            if (served := self._served.get((branch, "INVITE"))) is not None:
                served.acknowledged()
            else:
                self._acknowledged(request)
            return
        if (served := self._served.get((branch, request.method))) is not None:
            served.repeat()
            return
        transaction = ServerTransaction(self, request, source)
        self._served[branch, request.method] = transaction
        if request.method != "CANCEL":
            self._requested(transaction)
            return
        invite = self._served.get((branch, "INVITE"))
        transaction.respond(481 if invite is None else 200)
        if invite is not None and not invite.answered:
            self._cancelled(invite)

    def _later(self, deed: Callable[[], object]) -> None:
        if self._transport is None:
            return

        def run() -> None:
            self._timers.discard(timer)
            deed()

        timer = asyncio.get_running_loop().call_later(GIVE_UP, run)
        self._timers.add(timer)

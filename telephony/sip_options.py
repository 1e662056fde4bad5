"""Asks a SIP peer whether it is there (OPTIONS, RFC 3261 section 11): over UDP, TCP or TLS, without a call."""

from __future__ import annotations

import asyncio
import re
import secrets
import ssl
from dataclasses import dataclass
from typing import Literal

Transport = Literal["udp", "tcp", "tls"]

FIRST_WAIT_S = 0.5
"""Wait for an answer over UDP before the request is sent again, seconds; it doubles (RFC 3261, timer E)."""
LONGEST_WAIT_S = 4.0
_STATUS = re.compile(r"SIP/2\.0 (?P<code>[1-6][0-9]{2}) ?(?P<reason>[^\r\n]*)")
_MOST_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class SipPeer:
    """Whom to ask.

    Attributes:
        host: Name or address.
        port: Port.
        transport: How it is spoken to.
    """

    host: str
    port: int
    transport: Transport


@dataclass(frozen=True, slots=True)
class SipAnswer:
    """What it answered.

    Attributes:
        status: SIP status; any shows that a SIP peer is there.
        reason: Its words.
        agent: How it names itself, or empty.
    """

    status: int
    reason: str
    agent: str = ""


class SipPeerError(Exception):
    """Base of answers that did not come.

    Attributes:
        code: Stable identifier for programs.
    """

    code = "sip_peer"


class SipPeerUnreachableError(SipPeerError):
    """Nothing answers there, or not in time."""

    code = "sip_peer_unreachable"


class SipPeerStrangeError(SipPeerError):
    """What answers does not speak SIP."""

    code = "sip_peer_strange"


def peer_of(address: str, transport: Transport) -> SipPeer:
    """The peer at `host` or `host:port`; without port it is that of the transport, as LiveKit SIP takes it."""
    found = re.fullmatch(r"(?P<host>\[[^\]]+\]|[^:]+)(?::(?P<port>[0-9]+))?", address)
    host, port = (found["host"].strip("[]"), found["port"]) if found else (address, None)
    return SipPeer(host, int(port or (5061 if transport == "tls" else 5060)), transport)


async def ask_options(peer: SipPeer, *, seconds: float = 5.0, any_name: bool = False) -> SipAnswer:
    """Ask and return the first final answer; over TLS with a certificate that this machine trusts.

    Args:
        peer: Whom.
        seconds: How long to wait for it.
        any_name: Whether the certificate may be issued to another name, as LiveKit SIP takes it.

    Raises:
        ssl.SSLCertVerificationError: The peer's certificate is not trusted.
        SipPeerUnreachableError: Nothing answers, or not in time.
        SipPeerStrangeError: What answers does not speak SIP.
    """
    try:
        async with asyncio.timeout(seconds):
            if peer.transport == "udp":
                return await _over_udp(peer)
            return await _over_stream(peer, _trust(any_name) if peer.transport == "tls" else None)
    except ssl.SSLCertVerificationError:
        raise
    except TimeoutError as error:
        raise SipPeerUnreachableError(f"nothing answered in {seconds:g} s") from error
    except ConnectionRefusedError as error:
        raise SipPeerUnreachableError("the port is closed: connection refused") from error
    except OSError as error:
        raise SipPeerUnreachableError(str(error)) from error


def _trust(any_name: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = not any_name
    return context


class _Datagrams(asyncio.DatagramProtocol):
    """Collects what a peer sends; an ICMP refusal ends the wait."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[bytes | OSError] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        self.received.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        self.received.put_nowait(exc if isinstance(exc, OSError) else OSError(str(exc)))


async def _over_udp(peer: SipPeer) -> SipAnswer:
    loop = asyncio.get_running_loop()
    transport, datagrams = await loop.create_datagram_endpoint(_Datagrams, remote_addr=(peer.host, peer.port))
    sending = asyncio.create_task(_send_again(transport, _request(peer, *transport.get_extra_info("sockname")[:2])))
    try:
        while True:
            got = await datagrams.received.get()
            if isinstance(got, OSError):
                raise got
            answer = _answer(got)
            if answer.status >= 200:
                return answer
    finally:
        sending.cancel()
        transport.close()


async def _send_again(transport: asyncio.DatagramTransport, request: bytes) -> None:
    wait = FIRST_WAIT_S
    while True:
        transport.sendto(request)
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT_S)


async def _over_stream(peer: SipPeer, tls: ssl.SSLContext | None) -> SipAnswer:
    reader, writer = await asyncio.open_connection(
        peer.host, peer.port, ssl=tls, server_hostname=peer.host if tls else None
    )
    try:
        writer.write(_request(peer, *writer.get_extra_info("sockname")[:2]))
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError as error:
                if not error.partial:
                    raise SipPeerUnreachableError("it closed the connection without an answer") from error
                head = error.partial
            except asyncio.LimitOverrunError as error:
                raise SipPeerStrangeError("what answers does not speak SIP") from error
            answer = _answer(head[:_MOST_BYTES])
            if answer.status >= 200:
                return answer
    finally:
        writer.close()


def _request(peer: SipPeer, host: str, port: int) -> bytes:
    local = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    named = f"[{peer.host}]" if ":" in peer.host else peer.host
    uri = f"sip:{named}:{peer.port};transport={peer.transport}"
    lines = (
        f"OPTIONS {uri} SIP/2.0",
        f"Via: SIP/2.0/{peer.transport.upper()} {local};branch=z9hG4bK{secrets.token_hex(8)};rport",
        f"From: <sip:doctor@{local}>;tag={secrets.token_hex(6)}",
        f"To: <{uri}>",
        f"Call-ID: {secrets.token_hex(12)}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:doctor@{local};transport={peer.transport}>",
        "Max-Forwards: 70",
        "User-Agent: riskcall doctor",
        "Accept: application/sdp",
        "Content-Length: 0",
        "",
        "",
    )
    return "\r\n".join(lines).encode()


def _answer(data: bytes) -> SipAnswer:
    text = data.decode("utf-8", "replace")
    status = _STATUS.match(text)
    if status is None:
        raise SipPeerStrangeError("what answers does not speak SIP")
    agent = re.search(r"^(?:Server|User-Agent):[ \t]*([^\r\n]{1,80})", text, re.M | re.I)
    return SipAnswer(int(status["code"]), status["reason"].strip(), agent[1].strip() if agent else "")

"""A SIP peer is asked whether it is there, over each transport, and every way of not answering is told apart."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from telephony.sip_options import (
    SipAnswer,
    SipPeer,
    SipPeerStrangeError,
    SipPeerUnreachableError,
    Transport,
    ask_options,
    peer_of,
)
from tests.support.sip_answers import HOST, OK, certificate, stream_peer, udp_peer


@pytest.mark.parametrize(
    ("address", "transport", "peer"),
    [
        ("sip.carrier.example", "udp", SipPeer("sip.carrier.example", 5060, "udp")),
        ("sip.carrier.example", "tls", SipPeer("sip.carrier.example", 5061, "tls")),
        ("192.0.2.1:5080", "tcp", SipPeer("192.0.2.1", 5080, "tcp")),
        ("[2001:db8::1]:5061", "tls", SipPeer("2001:db8::1", 5061, "tls")),
        ("[2001:db8::1]", "udp", SipPeer("2001:db8::1", 5060, "udp")),
    ],
)
def test_a_trunk_s_address_names_a_peer(address: str, transport: Transport, peer: SipPeer) -> None:
    assert peer_of(address, transport) == peer


async def test_over_udp() -> None:
    async with udp_peer(OK) as (port, requests):
        assert await ask_options(SipPeer(HOST, port, "udp")) == SipAnswer(200, "OK", "test peer")
    assert requests[0].startswith(f"OPTIONS sip:{HOST}:{port};transport=udp SIP/2.0\r\n".encode())


async def test_a_lost_datagram_is_sent_again_as_it_was() -> None:
    async with udp_peer(None, OK) as (port, requests):
        assert (await ask_options(SipPeer(HOST, port, "udp"))).status == 200
    assert len(requests) == 2 and requests[0] == requests[1]


async def test_a_provisional_answer_is_waited_through() -> None:
    async with stream_peer("100 Trying", "405 Method Not Allowed") as port:
        answer = await ask_options(SipPeer(HOST, port, "tcp"))
    assert (answer.status, answer.reason) == (405, "Method Not Allowed")


async def test_silence_and_a_closed_port_are_unreachable() -> None:
    async with udp_peer() as (port, _):
        with pytest.raises(SipPeerUnreachableError, match="nothing answered in 0.2 s"):
            await ask_options(SipPeer(HOST, port, "udp"), seconds=0.2)
    for transport in ("udp", "tcp", "tls"):
        with pytest.raises(SipPeerUnreachableError, match="refused"):
            await ask_options(SipPeer(HOST, port, transport), seconds=2)


async def test_what_speaks_something_else_is_strange() -> None:
    async with udp_peer(b"HTTP/1.1 400 Bad Request\r\n\r\n") as (port, _):
        with pytest.raises(SipPeerStrangeError):
            await ask_options(SipPeer(HOST, port, "udp"))
    async with stream_peer(b"220 mail.example ESMTP\r\n") as port:
        with pytest.raises(SipPeerStrangeError):
            await ask_options(SipPeer(HOST, port, "tcp"))
    async with stream_peer() as port:
        with pytest.raises(SipPeerUnreachableError, match="closed"):
            await ask_options(SipPeer(HOST, port, "tcp"))


async def test_a_certificate_counts_by_issuer_and_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issuer, right = certificate(tmp_path, HOST)
    async with stream_peer(OK, tls=right) as port:
        with pytest.raises(ssl.SSLCertVerificationError):
            await ask_options(SipPeer(HOST, port, "tls"))
        monkeypatch.setenv("SSL_CERT_FILE", str(issuer))
        assert (await ask_options(SipPeer(HOST, port, "tls"))).status == 200
    issuer, other = certificate(tmp_path, "other.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(issuer))
    async with stream_peer(OK, tls=other) as port:
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            await ask_options(SipPeer(HOST, port, "tls"))
        assert (await ask_options(SipPeer(HOST, port, "tls"), any_name=True)).status == 200

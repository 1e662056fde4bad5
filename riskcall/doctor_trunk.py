"""Examines the way into the telephone network: what may be dialled, which number shows, the trunk, its encryption."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass
from typing import Literal, get_args

import aiohttp
import phonenumbers
from livekit import api

from riskcall.findings import Finding
from riskcall.settings import Settings
from telephony.limits import number_refusal
from telephony.livekit.access import LiveKitAccess
from telephony.sip_options import (
    SipPeer,
    SipPeerStrangeError,
    SipPeerUnreachableError,
    Transport,
    ask_options,
    peer_of,
)

FORBIDDEN = 403
"""What many trunks answer whoever asks from an address that they do not know."""

Encryption = Literal["require", "allow", "off"]
_TRANSPORTS: dict[int, Transport | None] = {
    api.SIPTransport.SIP_TRANSPORT_AUTO: None,
    api.SIPTransport.SIP_TRANSPORT_UDP: "udp",
    api.SIPTransport.SIP_TRANSPORT_TCP: "tcp",
    api.SIPTransport.SIP_TRANSPORT_TLS: "tls",
}


@dataclass(frozen=True, slots=True)
class Trunk:
    """A trunk, wherever it is kept.

    Attributes:
        address: Host or `host:port`.
        transport: How it is spoken to, or None where it is left to LiveKit SIP.
        numbers: Caller ids that it may show; empty where any may be shown.
    """

    address: str
    transport: Transport | None
    numbers: tuple[str, ...] = ()


def examine_countries(settings: Settings) -> Finding:
    """Which countries may be dialled."""
    if settings.sip_countries:
        return Finding("countries", "ok", ", ".join(settings.sip_countries))
    remedy = 'list those of your customers in RISKCALL_SIP_COUNTRIES, such as ["GB", "IE"]'
    return Finding("countries", "wrong", "none may be dialled", remedy)


def examine_caller_id(settings: Settings, trunk: Trunk | None) -> Finding:
    """Which number customers see."""
    name = "caller id"
    number = settings.sip_caller_id
    if not number:
        numbers = trunk.numbers if trunk else ()
        if numbers:
            return Finding(name, "ok", f"of the trunk: {', '.join(numbers)}")
        remedy = "set RISKCALL_SIP_CALLER_ID to a number of the bank that the carrier lets you show"
        return Finding(name, "wrong", "none is set, here or in the trunk", remedy)
    refused = number_refusal(number, phonenumbers.SUPPORTED_REGIONS)
    if refused is not None:
        remedy = "set RISKCALL_SIP_CALLER_ID to a fixed or mobile number of the bank, in E.164 form"
        return Finding(name, "wrong", f"{number} is no number that customers could ring back: {refused.value}", remedy)
    country = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    if trunk and trunk.numbers and number not in trunk.numbers:
        remedy = "set it to one of the trunk's numbers, or add it to them: carriers drop calls from numbers not yours"
        return Finding(name, "wrong", f"{number} is not a number of the trunk ({', '.join(trunk.numbers)})", remedy)
    return Finding(name, "ok", f"{number} ({country})")


def examine_transfer(settings: Settings) -> Finding | None:
    """Where customers are handed over to by the telephone network; None where that is not set."""
    name, target = "transfer to", settings.sip_transfer_to
    if not target:
        return None
    if not target.startswith("tel:"):
        return Finding(name, "ok", target)
    refused = number_refusal(target.removeprefix("tel:"), settings.sip_countries)
    if refused is None:
        return Finding(name, "ok", target)
    remedy = "set RISKCALL_SIP_TRANSFER_TO to an ordinary line of the bank, in a country of RISKCALL_SIP_COUNTRIES"
    return Finding(name, "wrong", f"{target}: {refused.value}", remedy)


async def find_trunk(settings: Settings, server: LiveKitAccess | None) -> tuple[Finding, Trunk | None]:
    """The trunk of the settings, read from LiveKit where it is kept there."""
    name = "trunk"
    if settings.sip_address:
        found = f"{settings.sip_address} over {settings.sip_transport}"
        return Finding(name, "ok", found), Trunk(settings.sip_address, settings.sip_transport)
    if not settings.sip_trunk_id:
        remedy = "set RISKCALL_SIP_ADDRESS and RISKCALL_SIP_CALLER_ID, or RISKCALL_SIP_TRUNK_ID"
        return Finding(name, "wrong", "none is set", remedy), None
    if server is None:
        return Finding(name, "unknown", f"{settings.sip_trunk_id} is kept in LiveKit, which cannot be asked"), None
    return await _kept_trunk(name, settings.sip_trunk_id, server)


async def _kept_trunk(name: str, trunk_id: str, server: LiveKitAccess) -> tuple[Finding, Trunk | None]:
    try:
        async with server.client() as client:
            listed = (await client.sip.list_outbound_trunk(api.ListSIPOutboundTrunkRequest())).items
    except (api.ServerError, aiohttp.ClientError, TimeoutError) as error:
        remedy = "set `redis:` in the server's configuration: trunks are kept there"
        return Finding(name, "wrong", f"the server's trunks cannot be read: {error}", remedy), None
    kept = next((one for one in listed if one.sip_trunk_id == trunk_id), None)
    if kept is None:
        there = ", ".join(one.sip_trunk_id for one in listed) or "none"
        remedy = "make one (docs/telephony.md) and set RISKCALL_SIP_TRUNK_ID to its id"
        return Finding(name, "wrong", f"the server has no outbound trunk {trunk_id}; it has {there}", remedy), None
    trunk = Trunk(kept.address, _TRANSPORTS[kept.transport], tuple(one for one in kept.numbers if one != "*"))
    over = trunk.transport or "a transport that LiveKit SIP chooses"
    return Finding(name, "ok", f"{trunk_id}: {trunk.address} over {over}"), trunk


def examine_encryption(encryption: Encryption, trunk: Trunk | None) -> Finding:
    """Whether the voice on the line is protected, and the keys with it."""
    name = "encryption"
    transport = trunk.transport if trunk else None
    if encryption == "require" and trunk is not None and transport != "tls":
        remedy = (
            "set the trunk's transport to TLS; where the carrier has none, set RISKCALL_SIP_MEDIA_ENCRYPTION=allow "
            "or off, and keep the line inside a network of your own"
        )
        over = transport or "auto"
        return Finding(name, "wrong", f"SRTP is required and its keys would travel in the clear ({over})", remedy)
    if encryption == "require":
        return Finding(name, "ok", "calls without SRTP fail; keys travel over TLS")
    remedy = "anybody on the way can listen; set RISKCALL_SIP_MEDIA_ENCRYPTION=require where the trunk has TLS and SRTP"
    how = "SRTP is offered, and calls without it are made" if encryption == "allow" else "calls are made without SRTP"
    return Finding(name, "unknown", how, remedy)


async def examine_peer(trunk: Trunk) -> list[Finding]:
    """Whether the trunk's address resolves and a SIP peer answers there, seen from this machine."""
    peers = [peer_of(trunk.address, one) for one in ([trunk.transport] if trunk.transport else get_args(Transport))]
    findings = [await _resolves(peers[0])]
    if findings[0].state == "wrong":
        return findings
    answers = [await _answers(peer) for peer in peers]
    if trunk.transport is None:
        # Any transport will do where the trunk names none.
        answers = [one for one in answers if one.state == "ok"][:1] or answers
    return findings + answers


async def _resolves(peer: SipPeer) -> Finding:
    name = "trunk's address"
    try:
        found = await asyncio.get_running_loop().getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        remedy = "see to its spelling, and to DNS on this machine; LiveKit SIP looks up A and AAAA records alone"
        return Finding(name, "wrong", f"{peer.host} does not resolve: {error.strerror}", remedy)
    return Finding(name, "ok", ", ".join(sorted({str(one[4][0]) for one in found})))


async def _answers(peer: SipPeer) -> Finding:
    name = f"SIP over {peer.transport.upper()}"
    place = f"{peer.host}:{peer.port}"
    try:
        answer = await ask_options(peer)
    except ssl.SSLCertVerificationError as error:
        return await _untrusted(name, peer, error)
    except SipPeerUnreachableError as error:
        remedy = (
            f"let {peer.transport} through to it; have the carrier allow this machine's address, and set port and "
            "transport that it names. A trunk that answers calls alone may pass over this question"
        )
        return Finding(name, "wrong", f"{place}: {error}", remedy)
    except SipPeerStrangeError as error:
        return Finding(name, "wrong", f"{place}: {error}", "set port and transport that the carrier names")
    agent = f", {answer.agent}" if answer.agent else ""
    found = f"{place} answers {answer.status} {answer.reason}{agent}"
    if answer.status == FORBIDDEN:
        remedy = "have the carrier allow the address of livekit-sip's machine; where that is another one, ask there"
        return Finding(name, "unknown", found, remedy)
    return Finding(name, "ok", found)


async def _untrusted(name: str, peer: SipPeer, error: ssl.SSLCertVerificationError) -> Finding:
    """LiveKit SIP trusts a certificate that is issued to another name, and no other that is not in order."""
    said = error.verify_message or str(error)
    try:
        await ask_options(peer, any_name=True)
    except ssl.SSLCertVerificationError:
        remedy = "have it renewed, or trust its issuer on the machine of livekit-sip (SSL_CERT_FILE)"
        return Finding(name, "wrong", f"the trunk's certificate is not in order: {said}", remedy)
    except (SipPeerUnreachableError, SipPeerStrangeError) as second:
        return Finding(name, "wrong", f"{said}; {second}", "set port and transport that the carrier names")
    remedy = "name the trunk as its certificate does: LiveKit SIP does not compare them and could be led astray"
    return Finding(name, "wrong", f"the trunk's certificate is issued to another name: {said}", remedy)

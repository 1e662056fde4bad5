"""Examines a LiveKit server as a worker would use it: reached, trusted, in time, with media and with LiveKit SIP."""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import aiohttp
import httpx2
import websockets
from livekit import api, rtc
from livekit.protocol.rtc import JoinResponse, SignalResponse

from cases.ports import Clock
from riskcall.findings import Finding
from telephony.livekit.access import LiveKitAccess

MOST_SKEW = timedelta(seconds=10)
"""Difference of clocks that is let pass; a server refuses tokens that are a minute from the future."""
_SECONDS = 10.0
PAIR_SUCCEEDED = 4
"""State of a pair of ICE candidates between which packets pass, as the LiveKit library counts states."""
SIP_TRIES = 3
NO_SIP = "no livekit-sip answers the server"
DOCTOR = "doctor"
"""Identity with which the doctor joins a room."""
_NOWHERE = "127.0.0.1:1"
"""Where LiveKit SIP is sent to show that it is there: its own machine, a port on which nothing listens."""


async def examine_server(server: LiveKitAccess, clock: Clock) -> tuple[list[Finding], bool]:
    """Examine it from the outside inwards; what needs what is broken is left out.

    Args:
        server: Where it is.
        clock: This machine's.

    Returns:
        The findings, and whether its API can be asked further.
    """
    reached, theirs = await _reach(server)
    findings = [reached]
    if theirs is not None:
        findings.append(_clock(theirs, clock.now()))
    if reached.state == "wrong":
        return findings, False
    key = await _key(server)
    findings.append(key)
    if key.state == "wrong":
        return findings, False
    room = f"doctor-{secrets.token_hex(8)}"
    try:
        findings += await _join(server, room)
        findings.append(await _media(server, room))
        findings.append(await _sip_service_patiently(server, room))
    finally:
        await _forget(server, room)
    return findings, True


async def _reach(server: LiveKitAccess) -> tuple[Finding, datetime | None]:
    """Whether anything answers, and what time it has."""
    name = "LiveKit server"
    try:
        async with httpx2.AsyncClient(trust_env=False, timeout=_SECONDS) as client:
            answer = await client.get(server.api_url)
    except httpx2.HTTPError as error:
        place = urlsplit(server.url)
        remedy = (
            f"start it, or set RISKCALL_LIVEKIT_URL to where it is; from this machine {place.hostname} must be reached "
            f"on port {place.port or (443 if place.scheme in {'wss', 'https'} else 80)}"
        )
        return Finding(name, "wrong", f"{server.url} does not answer: {error or type(error).__name__}", remedy), None
    date = answer.headers.get("date")
    moment = parsedate_to_datetime(date) if date else None
    if answer.status_code != 200:
        remedy = "set RISKCALL_LIVEKIT_URL to the LiveKit server itself; a proxy in front of it must pass / on"
        return Finding(name, "wrong", f"{server.url} answers {answer.status_code}", remedy), moment
    return Finding(name, "ok", f"{server.url} answers"), moment


def _clock(theirs: datetime, now: datetime) -> Finding:
    # The header is cut to whole seconds.
    behind = theirs + timedelta(milliseconds=500) - now
    seconds = abs(behind).total_seconds()
    if abs(behind) <= MOST_SKEW:
        return Finding("clock", "ok", f"within {max(1, round(seconds))} s of the server's")
    side = "behind" if behind > timedelta(0) else "ahead of"
    remedy = "run NTP (chrony, systemd-timesyncd) on both machines: tokens are refused when clocks differ by a minute"
    return Finding("clock", "wrong", f"this machine is {seconds:.0f} s {side} the server", remedy)


async def _key(server: LiveKitAccess) -> Finding:
    name = "API key"
    try:
        async with server.client() as client:
            await client.room.list_rooms(api.ListRoomsRequest(names=["doctor"]))
    except api.ServerError as error:
        if error.status == 401:
            remedy = (
                "set RISKCALL_LIVEKIT_API_KEY and RISKCALL_LIVEKIT_API_SECRET to a pair under `keys:` of the server's "
                "configuration"
            )
            return Finding(name, "wrong", "the server does not take key and secret", remedy)
        remedy = "see the server's log; where it names Redis, start Redis again"
        return Finding(name, "wrong", f"the server fails: {error.message}", remedy)
    except (aiohttp.ClientError, TimeoutError) as error:
        remedy = "see the server's log; what answers there may be no LiveKit server"
        return Finding(name, "wrong", f"its API does not answer: {error or type(error).__name__}", remedy)
    return Finding(name, "ok", "taken")


async def _join(server: LiveKitAccess, room: str) -> list[Finding]:
    """What the server says of itself to whoever joins a room: its version, and its TURN."""
    name = "signalling"
    remedy = "let WebSockets through to /rtc of the server, in every proxy on the way"
    try:
        response = await _joined(server, room)
    except (OSError, TimeoutError, websockets.WebSocketException) as error:
        return [Finding(name, "wrong", f"no room can be joined: {error or type(error).__name__}", remedy)]
    if response is None:
        return [Finding(name, "wrong", "the server answers a join with something else", remedy)]
    version = response.server_info.version or response.server_version or "of an untold version"
    turn = sorted({url for one in response.ice_servers for url in one.urls if url.startswith("turn")})
    findings = [Finding(name, "ok", f"a room can be joined; livekit-server {version}")]
    if turn:
        findings.append(Finding("TURN", "ok", ", ".join(turn)))
    else:
        remedy = "telephones need none; for customers behind strict firewalls set `turn:` in the server's configuration"
        findings.append(Finding("TURN", "unknown", "the server offers none", remedy))
    return findings


async def _joined(server: LiveKitAccess, room: str) -> JoinResponse | None:
    address = f"{server.socket_url}/rtc?protocol=15&auto_subscribe=0&sdk=python"
    headers = {"Authorization": f"Bearer {server.token(room, DOCTOR)}"}
    connecting = websockets.connect(address, additional_headers=headers, proxy=None, open_timeout=_SECONDS)
    async with asyncio.timeout(_SECONDS), connecting as socket:
        message = await socket.recv()
    if not isinstance(message, bytes):
        return None
    response = SignalResponse.FromString(message)
    return response.join if response.HasField("join") else None


async def _media(server: LiveKitAccess, room: str) -> Finding:
    """Whether audio of a worker on this machine reaches the server, and how."""
    name = "media"
    ports = "open `rtc.udp_port` (or its range) and `rtc.tcp_port` of the server's configuration towards this machine"
    joined = rtc.Room()
    try:
        async with asyncio.timeout(_SECONDS * 2):
            await joined.connect(server.socket_url, server.token(room, DOCTOR))
            remote = await _way(joined)
    except (rtc.ConnectError, TimeoutError) as error:
        told = str(error) or f"nothing came through in {_SECONDS * 2:g} s"
        remedy = f"{ports}; behind NAT set `rtc.use_external_ip` or `rtc.node_ip`"
        return Finding(name, "wrong", f"audio does not reach the server: {told}", remedy)
    finally:
        await joined.disconnect()
    if remote is None:
        return Finding(name, "ok", "audio reaches the server")
    protocol, address = remote
    if protocol != "udp":
        remedy = f"{ports}: over TCP speech stutters when packets are lost"
        return Finding(name, "wrong", f"audio reaches the server over {protocol} alone, at {address}", remedy)
    return Finding(name, "ok", f"audio reaches the server over UDP, at {address}")


async def _way(joined: rtc.Room) -> tuple[str, str] | None:
    """Protocol and address of a way that works for audio, UDP before others; None where it is not told."""
    stats = await joined.get_rtc_stats()
    ways = []
    for group in (stats.publisher_stats, stats.subscriber_stats):
        remotes = {one.remote_candidate.rtc.id: one.remote_candidate.candidate for one in group}
        for one in group:
            pair = one.candidate_pair.candidate_pair
            works = pair.nominated or pair.state == PAIR_SUCCEEDED
            if one.HasField("candidate_pair") and works and pair.remote_candidate_id in remotes:
                candidate = remotes[pair.remote_candidate_id]
                host = f"[{candidate.address}]" if ":" in candidate.address else candidate.address
                ways.append((candidate.protocol.lower() or "udp", f"{host}:{candidate.port}"))
    return min(ways, key=lambda way: way[0] != "udp", default=None)


async def _sip_service_patiently(server: LiveKitAccess, room: str) -> Finding:
    """Ask LiveKit SIP again where nothing answers: the server gives it a second, too little on a busy machine."""
    for _ in range(SIP_TRIES - 1):
        finding = await _sip_service(server, room)
        if finding.found != NO_SIP:
            return finding
    return await _sip_service(server, room)


async def _sip_service(server: LiveKitAccess, room: str) -> Finding:
    """Whether LiveKit SIP takes orders: it is sent to a closed port of its own machine, and nobody is called."""
    name = "LiveKit SIP"
    request = api.CreateSIPParticipantRequest(
        trunk=api.SIPOutboundConfig(hostname=_NOWHERE, transport=api.SIPTransport.SIP_TRANSPORT_TCP),
        sip_number="doctor",
        sip_call_to="doctor",
        room_name=room,
        participant_identity="doctor-sip",
        wait_until_answered=True,
    )
    remedy = "start livekit-sip with the Redis, `api_key` and `api_secret` of the server; its log says what it lacks"
    try:
        async with server.client() as client:
            await client.sip.create_sip_participant(request, timeout=_SECONDS)
    except api.ServerError as error:
        return _sip_answer(name, error, remedy)
    except (aiohttp.ClientError, TimeoutError) as error:
        return Finding(name, "wrong", f"no answer: {error or type(error).__name__}", remedy)
    return Finding(name, "ok", "takes calls")


def _sip_answer(name: str, error: api.ServerError, remedy: str) -> Finding:
    told = error.message
    if "sip not connected" in told:
        remedy = "set `redis:` in the server's configuration, and the same Redis in that of livekit-sip"
        return Finding(name, "wrong", "the server has no Redis, through which it reaches LiveKit SIP", remedy)
    if "no response from servers" in told or error.code == "deadline_exceeded":
        return Finding(name, "wrong", NO_SIP, remedy)
    if "exhausted" in told:
        busy = "wait until calls have ended, give it more cores, or raise `max_cpu_utilization`"
        return Finding(name, "wrong", f"it takes no more calls now: {told}", busy)
    if "dial" in told or "connect" in told:
        return Finding(name, "ok", "takes calls")
    return Finding(name, "wrong", told, remedy)


async def _forget(server: LiveKitAccess, room: str) -> None:
    """Leave no room behind; one that never came to be is none."""
    try:
        async with server.client() as client:
            await client.room.delete_room(api.DeleteRoomRequest(room=room))
    except (api.ServerError, aiohttp.ClientError, TimeoutError):
        return

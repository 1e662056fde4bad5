"""`riskcall doctor --telephony`: whether calls can be placed on the telephone, and what to do where they cannot."""

from __future__ import annotations

import asyncio
import json

from rich.console import Console

from cases.adapters.clock import SystemClock
from cases.ports import Clock
from riskcall.doctor_inbound import examine_inbound
from riskcall.doctor_livekit import examine_server
from riskcall.doctor_pictures import examine_pictures
from riskcall.doctor_trunk import (
    examine_caller_id,
    examine_countries,
    examine_encryption,
    examine_peer,
    examine_transfer,
    find_trunk,
)
from riskcall.findings import Finding, document, show, sound
from riskcall.settings import Settings
from riskcall.telephone import livekit_access


def run(settings: Settings, *, as_json: bool) -> int:
    """Print the findings; 0 where nothing is wrong, else 1."""
    findings = asyncio.run(examine(settings, SystemClock()))
    console = Console()
    if as_json:
        console.print(json.dumps(document(findings), ensure_ascii=False, indent=2), highlight=False, soft_wrap=True)
    else:
        show(console, findings)
    return 0 if sound(findings) else 1


async def examine(settings: Settings, clock: Clock) -> list[Finding]:
    """Examine all that a telephone call needs; what needs what is broken is left out.

    Args:
        settings: What is set.
        clock: This machine's.
    """
    server = livekit_access(settings)
    if not settings.livekit_url:
        remedy = "set RISKCALL_LIVEKIT_URL, RISKCALL_LIVEKIT_API_KEY and RISKCALL_LIVEKIT_API_SECRET"
        findings, asked = [Finding("LiveKit server", "wrong", "none is set", remedy)], False
    else:
        findings, asked = await examine_server(server, clock)
    found, trunk = await find_trunk(settings, server if asked else None)
    findings += [found, examine_countries(settings), examine_caller_id(settings, trunk)]
    if (transfer := examine_transfer(settings)) is not None:
        findings.append(transfer)
    if asked:
        findings.append(await examine_inbound(settings, server))
        findings += await examine_pictures(settings, server)
    if trunk is not None:
        findings.append(examine_encryption(settings.sip_media_encryption, trunk))
        findings += await examine_peer(trunk)
        findings.append(_media_of_calls())
    return findings


def _media_of_calls() -> Finding:
    remedy = "place one with `riskcall call`; without sound open `rtp_port` of livekit-sip's configuration (UDP)"
    return Finding("sound of calls", "unknown", "only a call shows whether the carrier's RTP comes through", remedy)

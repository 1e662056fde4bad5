"""Examines the way in: whether a customer who rings the bank's number is answered, and with no number written down."""

from __future__ import annotations

import aiohttp
from livekit import api

from riskcall.findings import Finding
from riskcall.settings import Settings
from riskcall.trunks import rule_fault
from telephony.livekit.access import LiveKitAccess

NAME = "inbound"
_APPLY = "riskcall trunk apply deploy/livekit/trunks/inbound.yaml"


async def examine_inbound(settings: Settings, server: LiveKitAccess) -> Finding:
    """Whether callers are answered."""
    try:
        async with server.client() as client:
            trunks = (await client.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items
            rules = (await client.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())).items
    except (api.ServerError, aiohttp.ClientError, TimeoutError) as error:
        remedy = "set `redis:` in the server's configuration: trunks and rules are kept there"
        return Finding(NAME, "wrong", f"the server's rules cannot be read: {error}", remedy)
    languages = ", ".join(settings.reception_languages)
    numbers = {trunk.sip_trunk_id: ", ".join(trunk.numbers) or "any number" for trunk in trunks}
    called = [(rule, numbers[trunk]) for rule in rules for trunk in rule.trunk_ids if trunk in numbers]
    if not called and not languages:
        remedy = f"customers who ring back are not answered; to have them answered: {_APPLY}"
        return Finding(NAME, "unknown", "no rule for calls that come in", remedy)
    if not called:
        return Finding(NAME, "wrong", "RISKCALL_RECEPTION_LANGUAGES is set, and LiveKit has no rule", _APPLY)
    for rule, _ in called:
        if fault := rule_fault(rule):
            return Finding(NAME, "wrong", f"dispatch rule {rule.name}: {fault.partition('; ')[0]}", _APPLY)
    if not languages:
        remedy = 'set RISKCALL_RECEPTION_LANGUAGES on the workers, such as ["en", "zh"]'
        return Finding(NAME, "wrong", "calls come in and are hung up", remedy)
    return Finding(NAME, "ok", f"calls to {'; '.join(number for _, number in called)} are answered in {languages}")

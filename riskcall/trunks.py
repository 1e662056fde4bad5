"""`riskcall trunk`: puts trunks and dispatch rules from files into LiveKit, and lists what is there."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import aiohttp
import typer
import yaml
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from livekit import api
from livekit.api.sip_service import SipService

from riskcall.errors import SettingsInvalidError
from riskcall.settings import Settings
from riskcall.telephone import livekit_access
from telephony.livekit import INBOUND
from telephony.remote.livekit_dispatch import AGENT_NAME

_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
_TRUNK_ID, _RULE_ID = "sip_trunk_id", "sip_dispatch_rule_id"
_UNNAMED = (_TRUNK_ID, _RULE_ID, "created_at", "updated_at")
"""Fields that LiveKit fills in."""
_OF_INBOUND = "inbound_trunks"

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file asks for.

    Attributes:
        outbound: Trunks to dial on.
        inbound: Trunks that calls come in on.
        rules: Where calls that come in go, each with the names of its inbound trunks.
    """

    outbound: tuple[api.SIPOutboundTrunkInfo, ...]
    inbound: tuple[api.SIPInboundTrunkInfo, ...]
    rules: tuple[tuple[api.SIPDispatchRuleInfo, tuple[str, ...]], ...]


def apply(settings: Settings, files: Sequence[Path]) -> None:
    """Make what the files describe, or change what is there under the same name, and print the ids.

    Raises:
        SettingsInvalidError: A file is wrong, or LiveKit cannot be asked; nothing was changed by a file that is wrong.
    """
    plans = [read(file, os.environ) for file in files]

    async def all_of_them(sip: SipService) -> None:
        for plan in plans:
            for line in await _apply(sip, plan):
                typer.echo(line)

    _with_sip(settings, all_of_them)


def show(settings: Settings) -> None:
    """Print what LiveKit keeps, without passwords.

    Raises:
        SettingsInvalidError: LiveKit cannot be asked.
    """
    _with_sip(settings, _show)


def read(file: Path, environment: Mapping[str, str]) -> Plan:
    """Read a file of trunks and rules; `${NAME}` stands for a variable of the environment.

    Raises:
        SettingsInvalidError: The file is wrong; the message says where and what would be right.
    """
    try:
        document = yaml.safe_load(_filled(file.read_text(encoding="utf-8"), environment, file))
    except (OSError, yaml.YAMLError) as error:
        raise SettingsInvalidError(f"{file} cannot be read: {error}") from error
    known = {"outbound_trunks", _OF_INBOUND, "dispatch_rules"}
    if not isinstance(document, dict) or not document or set(document) - known:
        raise SettingsInvalidError(f"{file}: give lists under {', '.join(sorted(known))} and nothing else")
    parts = {key: _items(document.get(key) or [], key, file) for key in known}
    plan = Plan(
        tuple(_parsed(one, api.SIPOutboundTrunkInfo(), file) for one in parts["outbound_trunks"]),
        tuple(_parsed(one, api.SIPInboundTrunkInfo(), file) for one in parts[_OF_INBOUND]),
        tuple(_rule(one, file) for one in parts["dispatch_rules"]),
    )
    for outbound in plan.outbound:
        _check_outbound(outbound, file)
    for inbound in plan.inbound:
        _check_inbound(inbound, file)
    for rule, _ in plan.rules:
        if fault := rule_fault(rule):
            raise SettingsInvalidError(f"{file}: {rule.name}: {fault}")
    return plan


def rule_fault(rule: api.SIPDispatchRuleInfo) -> str:
    """What is wrong with a rule for customers who ring in, and what would be right; empty where nothing is."""
    if not rule.hide_phone_number:
        return "callers' numbers would stand in the names of rooms and people; set hide_phone_number: true"
    if not any(agent.agent_name == AGENT_NAME for agent in rule.room_config.agents):
        return f"nobody would answer; name the agent under room_config: {{agents: [{{agent_name: {AGENT_NAME}}}]}}"
    callee = rule.rule.dispatch_rule_callee
    if not (callee.room_prefix == INBOUND and callee.randomize):
        return (
            "each caller needs a room of their own, with no digit of their number in its name; give rule: "
            f"{{dispatch_rule_callee: {{room_prefix: {INBOUND}, randomize: true}}}}"
        )
    return ""


def _filled(text: str, environment: Mapping[str, str], file: Path) -> str:
    bare = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    missing = sorted({name for name in _VARIABLE.findall(bare) if not environment.get(name)})
    if missing:
        raise SettingsInvalidError(f"{file} needs {', '.join(missing)} in the environment")
    return _VARIABLE.sub(lambda found: environment[found[1]], bare)


def _items(value: Any, key: str, file: Path) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) and one.get("name") for one in value):
        raise SettingsInvalidError(f"{file}: {key} is a list, and everything in it has a name")
    return value


def _parsed(item: dict[str, Any], message: M, file: Path) -> M:
    try:
        return ParseDict(item, message)
    except ParseError as error:
        raise SettingsInvalidError(f"{file}: {item['name']}: {error}") from error


def _rule(item: dict[str, Any], file: Path) -> tuple[api.SIPDispatchRuleInfo, tuple[str, ...]]:
    names = tuple(item.get(_OF_INBOUND) or ())
    if not names:
        message = f"{file}: {item['name']}: name its {_OF_INBOUND}; a rule for all of them takes calls from anywhere"
        raise SettingsInvalidError(message)
    rest = {key: value for key, value in item.items() if key != _OF_INBOUND}
    return _parsed(rest, api.SIPDispatchRuleInfo(), file), names


def _check_outbound(trunk: api.SIPOutboundTrunkInfo, file: Path) -> None:
    encrypted = trunk.media_encryption == api.SIPMediaEncryption.SIP_MEDIA_ENCRYPT_REQUIRE
    if encrypted and trunk.transport != api.SIPTransport.SIP_TRANSPORT_TLS:
        message = (
            f"{file}: {trunk.name}: SRTP is required and its keys would travel in the clear; set transport to "
            "SIP_TRANSPORT_TLS, or media_encryption to SIP_MEDIA_ENCRYPT_ALLOW"
        )
        raise SettingsInvalidError(message)


def _check_inbound(trunk: api.SIPInboundTrunkInfo, file: Path) -> None:
    if not trunk.allowed_addresses and not trunk.auth_username:
        message = f"{file}: {trunk.name}: anybody could call in; name the carrier's allowed_addresses, or auth_username"
        raise SettingsInvalidError(message)


def _with_sip(settings: Settings, work: Callable[[SipService], Awaitable[None]]) -> None:
    if not settings.livekit_url:
        raise SettingsInvalidError("set RISKCALL_LIVEKIT_URL, RISKCALL_LIVEKIT_API_KEY and RISKCALL_LIVEKIT_API_SECRET")

    async def ask() -> None:
        async with livekit_access(settings).client() as client:
            await work(client.sip)

    try:
        asyncio.run(ask())
    except (api.ServerError, aiohttp.ClientError, TimeoutError) as error:
        raise SettingsInvalidError(f"LiveKit refuses: {error}; `riskcall doctor --telephony` says more") from error


@dataclass(frozen=True, slots=True)
class _Shelf(Generic[M]):
    """One kind of thing that LiveKit keeps.

    Attributes:
        what: What it is called.
        id_field: Where its id stands.
        listed: Reads all of them.
        make: Makes one; given what is wanted.
        change: Changes the one of an id.
    """

    what: str
    id_field: str
    listed: Callable[[], Awaitable[Sequence[M]]]
    make: Callable[[M], Awaitable[M]]
    change: Callable[[str, M], Awaitable[M]]

    async def put(self, wanted: M) -> str:
        """Make it, or change the one of its name; says in one line what was done."""
        name = getattr(wanted, "name", "")
        there = next((one for one in await self.listed() if getattr(one, "name", None) == name), None)
        done = "as it was"
        if there is None:
            there, done = await self.make(wanted), "made"
        elif not _same(there, wanted):
            await self.change(getattr(there, self.id_field), wanted)
            done = "changed"
        return f"{getattr(there, self.id_field)}  {self.what} {name}: {done}"


def _outbound(sip: SipService) -> _Shelf[api.SIPOutboundTrunkInfo]:
    async def listed() -> Sequence[api.SIPOutboundTrunkInfo]:
        return (await sip.list_outbound_trunk(api.ListSIPOutboundTrunkRequest())).items

    async def make(wanted: api.SIPOutboundTrunkInfo) -> api.SIPOutboundTrunkInfo:
        return await sip.create_outbound_trunk(api.CreateSIPOutboundTrunkRequest(trunk=wanted))

    return _Shelf("outbound trunk", _TRUNK_ID, listed, make, sip.update_outbound_trunk)


def _inbound(sip: SipService) -> _Shelf[api.SIPInboundTrunkInfo]:
    async def listed() -> Sequence[api.SIPInboundTrunkInfo]:
        return (await sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items

    async def make(wanted: api.SIPInboundTrunkInfo) -> api.SIPInboundTrunkInfo:
        return await sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=wanted))

    return _Shelf("inbound trunk", _TRUNK_ID, listed, make, sip.update_inbound_trunk)


def _dispatch(sip: SipService) -> _Shelf[api.SIPDispatchRuleInfo]:
    async def listed() -> Sequence[api.SIPDispatchRuleInfo]:
        return (await sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())).items

    async def make(wanted: api.SIPDispatchRuleInfo) -> api.SIPDispatchRuleInfo:
        return await sip.create_dispatch_rule(api.CreateSIPDispatchRuleRequest(dispatch_rule=wanted))

    return _Shelf("dispatch rule", _RULE_ID, listed, make, sip.update_dispatch_rule)


async def _apply(sip: SipService, plan: Plan) -> list[str]:
    lines = [await _outbound(sip).put(one) for one in plan.outbound]
    lines += [await _inbound(sip).put(one) for one in plan.inbound]
    if plan.rules:
        ids = {one.name: one.sip_trunk_id for one in await _inbound(sip).listed()}
        for rule, names in plan.rules:
            if unknown := [name for name in names if name not in ids]:
                raise SettingsInvalidError(f"{rule.name}: there is no inbound trunk {', '.join(unknown)}")
            rule.trunk_ids[:] = [ids[name] for name in names]
            lines.append(await _dispatch(sip).put(rule))
    return lines


def _same(there: M, wanted: M) -> bool:
    bare = type(there)()
    bare.CopyFrom(there)
    for field in _UNNAMED:
        if field in bare.DESCRIPTOR.fields_by_name:
            bare.ClearField(field)
    return bare == wanted


async def _show(sip: SipService) -> None:
    outbound, inbound = await _outbound(sip).listed(), await _inbound(sip).listed()
    rules = await _dispatch(sip).listed()
    for one in outbound:
        transport = api.SIPTransport.Name(one.transport).removeprefix("SIP_TRANSPORT_").lower()
        encryption = api.SIPMediaEncryption.Name(one.media_encryption).removeprefix("SIP_MEDIA_ENCRYPT_").lower()
        shown = f"{one.address} over {transport}, SRTP {encryption}, shows {', '.join(one.numbers) or 'any number'}"
        typer.echo(f"{one.sip_trunk_id}  outbound trunk {one.name}: {shown}")
    for each in inbound:
        who = ", ".join(each.allowed_addresses) or f"whoever signs in as {each.auth_username}"
        typer.echo(f"{each.sip_trunk_id}  inbound trunk {each.name}: {', '.join(each.numbers)} from {who}")
    for rule in rules:
        agents = ", ".join(agent.agent_name for agent in rule.room_config.agents) or "nobody"
        fault = rule_fault(rule)
        typer.echo(
            f"{rule.sip_dispatch_rule_id}  dispatch rule {rule.name}: to {agents}{f' ({fault})' if fault else ''}"
        )
    if not (outbound or inbound or rules):
        typer.echo("LiveKit keeps no trunk and no dispatch rule")

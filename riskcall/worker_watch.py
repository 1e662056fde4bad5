"""Callers whose reception died: LiveKit begins a job that failed no second time, so the worker asks for another."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
from livekit import api
from livekit.agents import AgentServer
from livekit.protocol.models import ParticipantInfo

from riskcall.reception import is_inbound
from riskcall.worker_job import call_of
from telephony.livekit import AGENT, LiveKitAccess
from telephony.livekit.names import RECEPTION
from telephony.remote.livekit_dispatch import AGENT_NAME

LOOK_S = 1.0
"""How often the worker looks which receptions have ended, seconds."""
LOOKS_AGAIN = 8
"""After so many looks another reception is asked for where none has begun."""
_SIP = ParticipantInfo.Kind.SIP
_log = logging.getLogger(__name__)


async def watch(server: AgentServer, access: LiveKitAccess) -> None:
    """Have callers whom a reception left alone received anew, until cancelled.

    A job for which no process is ready is lost at LiveKit, so another is asked for until one has begun.

    Args:
        server: The worker.
        access: The LiveKit server.
    """
    before: dict[str, str] = {}
    alone: dict[str, int] = {}
    while True:
        now = _receptions(server)
        alone |= {room: 0 for job, room in before.items() if job not in now}
        for room, looks in list(alone.items()):
            wait = looks % LOOKS_AGAIN
            if room in now.values() or (not wait and not await _see_to(access, room)):
                del alone[room]
            else:
                alone[room] = looks + 1
        before = now
        await asyncio.sleep(LOOK_S)


def _receptions(server: AgentServer) -> dict[str, str]:
    """Rooms of running receptions by job."""
    jobs = [running.job for running in server.active_jobs]
    return {job.id: job.room.name for job in jobs if call_of(job) is None and is_inbound(job.room.name)}


async def _see_to(access: LiveKitAccess, room: str) -> bool:
    """Have whoever is alone in a room received; whether anybody is: who is gone, or with the agent, is not."""
    try:
        async with access.client() as client:
            there = (await client.room.list_participants(api.ListParticipantsRequest(room=room))).participants
            if any(one.identity == AGENT for one in there) or not any(one.kind == _SIP for one in there):
                return False
            # LiveKit SIP may miss the voice of one who comes under the identity of one who is still there.
            if any(one.identity == RECEPTION for one in there):
                await client.room.remove_participant(api.RoomParticipantIdentity(room=room, identity=RECEPTION))
            _log.error("the reception of a caller in room %s ended too soon; another one begins", room)
            await client.agent_dispatch.create_dispatch(
                api.CreateAgentDispatchRequest(agent_name=AGENT_NAME, room=room)
            )
    except api.ServerError as error:
        if error.code == api.ServerErrorCode.NOT_FOUND:
            return False
        _log.error("a caller in room %s may be alone: %s", room, error.code)
    except (aiohttp.ClientError, TimeoutError) as error:
        _log.error("a caller in room %s may be alone: %s", room, type(error).__name__)
    return True

"""Examines what records customers' pictures: whether an egress answers, and whether its folder can be used here."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import aiohttp
from livekit import api

from cases.adapters.blobs_memory import MemoryBlobs
from cases.domain.picture import PictureFailure
from cases.ports import PictureRecorder, PictureRefusedError, PictureUnavailableError
from riskcall.findings import Finding
from riskcall.pictures import picture_recorder
from riskcall.settings import Settings
from telephony.livekit.access import LiveKitAccess

EGRESS, FOLDER = "egress", "folder of pictures"
_NO_TRACK = "TR_doctor"
"""A track that no room has: an egress takes the order, and finds nothing to record."""
_ROOM_SECONDS = 60


async def examine_pictures(settings: Settings, server: LiveKitAccess) -> list[Finding]:
    """Examine it; nothing where no picture is recorded. Without an egress LiveKit takes some 23 s to say so.

    Args:
        settings: What is set.
        server: A server whose API answers.
    """
    recorder = picture_recorder(settings, MemoryBlobs())
    if recorder is None:
        return []
    room = f"doctor-{secrets.token_hex(8)}"
    findings = []
    try:
        async with server.client() as client:
            await client.room.create_room(api.CreateRoomRequest(name=room, empty_timeout=_ROOM_SECONDS))
            findings.append(await examine_egress(recorder, room))
            await client.room.delete_room(api.DeleteRoomRequest(room=room))
    except (api.ServerError, aiohttp.ClientError, TimeoutError) as error:
        findings.append(Finding(EGRESS, "unknown", f"LiveKit opened no room: {type(error).__name__}"))
    if settings.egress_folder is not None:
        findings.append(examine_folder(settings.egress_folder))
    return findings


async def examine_egress(recorder: PictureRecorder, room: str) -> Finding:
    """Whether an egress takes an order.

    Args:
        recorder: Gives the order.
        room: A room in which nobody is.
    """
    try:
        await recorder.begin(room, _NO_TRACK, room)
    except PictureRefusedError as error:
        if error.reason is PictureFailure.NO_EGRESS:
            remedy = "run egress with deploy/livekit/livekit-egress.yaml; on a busy machine it takes no order"
            return Finding(EGRESS, "wrong", "none takes a recording", remedy)
        return Finding(EGRESS, "wrong", f"LiveKit refuses: {error}", "look at the log of livekit-server")
    except PictureUnavailableError as error:
        return Finding(EGRESS, "unknown", str(error), "ask again")
    return Finding(EGRESS, "ok", "takes recordings")


def examine_folder(folder: Path) -> Finding:
    """Whether this process can fetch from a folder and delete there; whether egress has the same, only a call shows."""
    if not folder.is_dir():
        return Finding(FOLDER, "wrong", f"{folder} is not there", "mount the folder that egress writes to at this path")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        remedy = "let the user of `riskcall serve` read and write there"
        return Finding(FOLDER, "wrong", f"{folder} cannot be read and written", remedy)
    return Finding(FOLDER, "ok", str(folder))

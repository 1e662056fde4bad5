"""Who records the customer's moving picture, by the settings."""

from __future__ import annotations

from cases.ports import Blobs, PictureRecorder
from riskcall.settings import Settings
from riskcall.telephone import livekit_access
from telephony.livekit.egress import EgressBucket, EgressFolder, EgressRecorder


def picture_recorder(settings: Settings, blobs: Blobs) -> PictureRecorder | None:
    """LiveKit's egress, or None where nobody records pictures.

    Args:
        settings: The LiveKit server, and where egress writes.
        blobs: Keeps copies of what egress wrote.
    """
    if settings.video_recording == "off":
        return None
    target: EgressFolder | EgressBucket = EgressBucket(
        bucket=settings.egress_bucket,
        region=settings.egress_region,
        endpoint=settings.egress_endpoint,
        access_key=settings.egress_access_key,
        secret=settings.egress_secret.get_secret_value() if settings.egress_secret else "",
    )
    if settings.egress_folder is not None:
        target = EgressFolder(settings.egress_folder)
    return EgressRecorder(livekit_access(settings), target, blobs)

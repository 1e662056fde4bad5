"""Settings of recording the customer's picture in video sessions; a part of riskcall.settings."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from riskcall.telephony_settings import TelephonySettings


class PictureSettings(TelephonySettings):
    """Whether LiveKit's egress records customers' cameras, and where it writes."""

    video_recording: Literal["off", "egress"] = Field(
        "off", description="Who records the customer's moving picture in video sessions: nobody, or LiveKit's egress"
    )
    egress_folder: Path | None = Field(
        None,
        description="Folder that egress writes recordings to, whole path; `riskcall serve` sees it at the same path",
    )
    egress_bucket: str = Field("", description="Bucket that egress uploads recordings to instead (S3 or compatible)")
    egress_region: str = Field("", description="Region of that bucket")
    egress_endpoint: str = Field("", description="Address of a store that is not Amazon's")
    egress_access_key: str = Field("", description="Key that may write to that bucket; empty takes egress's own")
    egress_secret: SecretStr | None = Field(None, description="Secret of that key")

    @model_validator(mode="after")
    def _recordable(self) -> Self:
        """Recording is set up whole, and not where nobody could read what was recorded."""
        if self.egress_folder is not None and not self.egress_folder.is_absolute():
            raise ValueError("RISKCALL_EGRESS_FOLDER: give the whole path, for egress sees the same folder by it")
        if self.egress_access_key and not self.egress_secret:
            raise ValueError("RISKCALL_EGRESS_ACCESS_KEY needs RISKCALL_EGRESS_SECRET")
        if self.video_recording == "off":
            return self
        if not self.livekit_url:
            raise ValueError("RISKCALL_VIDEO_RECORDING=egress needs RISKCALL_LIVEKIT_URL")
        if self.video_encryption:
            raise ValueError(
                "RISKCALL_VIDEO_RECORDING=egress needs RISKCALL_VIDEO_ENCRYPTION=false: egress cannot read what is "
                "encrypted from end to end. With encryption the agent records the sound and still pictures"
            )
        if (self.egress_folder is None) == (not self.egress_bucket):
            raise ValueError(
                "RISKCALL_VIDEO_RECORDING=egress needs RISKCALL_EGRESS_FOLDER or RISKCALL_EGRESS_BUCKET, one of the two"
            )
        return self

"""Settings of LiveKit, of the telephone trunk and of what may be dialled on it; a part of riskcall.settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

LEAST_SECRET = 32
"""Characters of a secret that signs tokens; livekit-server itself asks for as many."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])"
_SIP_ADDRESS = re.compile(rf"{_HOST}(?::(?P<port>[0-9]{{1,5}}))?")


def _url(schemes: tuple[str, ...], example: str) -> Callable[[str], str]:
    form = re.compile(rf"(?:{'|'.join(schemes)})://{_HOST}(?::[0-9]{{1,5}})?(?:/\S*)?")

    def check(value: str) -> str:
        if value and not form.fullmatch(value):
            raise ValueError(
                f"give a URL that begins with {' or '.join(f'{s}://' for s in schemes)}, such as {example}"
            )
        return value.rstrip("/")

    return check


def _long_enough(value: SecretStr | None) -> SecretStr | None:
    if value is not None and len(value.get_secret_value()) < LEAST_SECRET:
        raise ValueError(f"give {LEAST_SECRET} characters or more, such as `openssl rand -hex 32` prints")
    return value


def _e164(value: str) -> str:
    if value and not _E164.fullmatch(value):
        raise ValueError("give the whole number in E.164 form: + and the country code, digits only, no spaces")
    return value


def _sip_address(value: str) -> str:
    found = _SIP_ADDRESS.fullmatch(value)
    if value and (found is None or int(found["port"] or 5060) not in range(1, 65536)):
        raise ValueError("give host or host:port without sip:, such as sip.carrier.example or 192.0.2.1:5061")
    return value


def _countries(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        return value
    # Loaded only where somebody may be dialled: other starts go without it.
    from phonenumbers import SUPPORTED_REGIONS

    unknown = [code for code in value if code not in SUPPORTED_REGIONS]
    if unknown:
        raise ValueError(
            f'{", ".join(unknown)}: give ISO 3166-1 codes of two capital letters as a JSON list, such as ["GB", "CN"]'
        )
    return value


def _uri(value: str) -> str:
    if value and not re.fullmatch(r"tel:\+[1-9][0-9]{6,14}|sips?:[^\s@]+@[^\s@]+", value):
        raise ValueError(f"{value!r}: write a tel: or sip: URI such as tel:+442079460000")
    return value


_LiveKitUrl = Annotated[str, AfterValidator(_url(("wss", "ws", "https", "http"), "wss://livekit.bank.example"))]
_HttpUrl = Annotated[str, AfterValidator(_url(("https", "http"), "https://riskcall.bank.example"))]
_SigningSecret = Annotated[SecretStr | None, AfterValidator(_long_enough)]
_Number = Annotated[str, AfterValidator(_e164)]


class TelephonySettings(BaseSettings):
    """The part of the settings without which nobody is reached in a LiveKit room or by telephone."""

    livekit_url: _LiveKitUrl = Field("", description="The LiveKit server, such as wss://livekit.bank.example")
    livekit_public_url: _LiveKitUrl = Field(
        "", description="The same server as browsers reach it; empty takes RISKCALL_LIVEKIT_URL"
    )
    video_encryption: bool = Field(
        True, description="Whether video sessions, and the lines of reviewers' pages, are encrypted from end to end"
    )
    livekit_api_key: str = Field("", description="API key of the LiveKit server")
    livekit_api_secret: _SigningSecret = Field(None, description="Secret of that key, 32 characters or more")
    worker_key: _SigningSecret = Field(
        None, description="Secret of 32 characters or more that `riskcall serve` and `riskcall agent` share"
    )
    api_url: _HttpUrl = Field("", description="Where `riskcall agent` reaches `riskcall serve`")

    sip_trunk_id: str = Field("", description="Outbound trunk kept in LiveKit (ST_…); or name the trunk's address")
    sip_address: Annotated[str, AfterValidator(_sip_address)] = Field(
        "", description="Host or host:port of the carrier or the bank's SBC, where no trunk is kept in LiveKit"
    )
    sip_transport: Literal["tls", "tcp", "udp"] = Field("tls", description="How that address is spoken to")
    sip_username: str = Field("", description="User name of the trunk; empty where it knows us by address")
    sip_password: SecretStr | None = Field(None, description="Password of the trunk")
    sip_caller_id: _Number = Field("", description="The bank's own number in E.164 form, which customers see")
    sip_media_encryption: Literal["require", "allow", "off"] = Field(
        "require", description="SRTP on the telephone: a call without it fails, may be made, or is always made"
    )

    sip_transfer_to: Annotated[str, AfterValidator(_uri)] = Field(
        "",
        description="Queue that the telephone network is asked to take calls over to (SIP REFER) when a person is "
        "called for, as a tel: or sip: URI; empty: reviewers at the desk are asked",
    )
    sip_countries: Annotated[tuple[str, ...], AfterValidator(_countries)] = Field(
        (), description="ISO codes of the countries that may be dialled, as a JSON list; empty: nobody is dialled"
    )
    sip_calls_at_once: int = Field(8, ge=1, description="Telephone calls at once, over all workers")
    sip_calls_per_minute: int = Field(20, ge=1, description="Telephone calls begun in a minute")
    sip_calls_per_day: int = Field(500, ge=1, description="Telephone calls begun in 24 hours")
    sip_calls_per_number_per_day: int = Field(6, ge=1, description="Telephone calls to one number in 24 hours")

    callback_tries_per_caller: int = Field(
        5, ge=1, description="Wrong callback codes by one caller within ten minutes; withheld numbers are one caller"
    )
    callback_tries_per_hour: int = Field(20, ge=1, description="Wrong callback codes by all callers within an hour")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """What belongs together is there together."""
        if self.livekit_url and not (self.livekit_api_key and self.livekit_api_secret):
            raise ValueError("RISKCALL_LIVEKIT_URL needs RISKCALL_LIVEKIT_API_KEY and RISKCALL_LIVEKIT_API_SECRET")
        if self.sip_trunk_id and self.sip_address:
            raise ValueError("RISKCALL_SIP_TRUNK_ID and RISKCALL_SIP_ADDRESS name two trunks: leave one empty")
        if self.sip_address and not self.sip_caller_id:
            raise ValueError("RISKCALL_SIP_ADDRESS needs RISKCALL_SIP_CALLER_ID, the number that customers see")
        if self.sip_username and not self.sip_password:
            raise ValueError("RISKCALL_SIP_USERNAME needs RISKCALL_SIP_PASSWORD")
        if self.sip_address and self.sip_media_encryption == "require" and self.sip_transport != "tls":
            raise ValueError(
                f"RISKCALL_SIP_MEDIA_ENCRYPTION=require needs RISKCALL_SIP_TRANSPORT=tls: over {self.sip_transport} "
                "the keys of the media travel in the clear. Where the trunk has no TLS, say so with "
                "RISKCALL_SIP_MEDIA_ENCRYPTION=allow or off"
            )
        return self

    @property
    def has_trunk(self) -> bool:
        """Whether customers can be called by telephone at all."""
        return bool(self.livekit_url and (self.sip_trunk_id or self.sip_address))

    def missing_for_telephone(self) -> tuple[str, ...]:
        """Variables without which no telephone call can be placed."""
        needed = {
            "RISKCALL_LIVEKIT_URL": self.livekit_url,
            "RISKCALL_LIVEKIT_API_KEY": self.livekit_api_key,
            "RISKCALL_LIVEKIT_API_SECRET": self.livekit_api_secret,
            "RISKCALL_SIP_TRUNK_ID or RISKCALL_SIP_ADDRESS": self.sip_trunk_id or self.sip_address,
            "RISKCALL_SIP_COUNTRIES": self.sip_countries,
        }
        return tuple(name for name, value in needed.items() if not value)

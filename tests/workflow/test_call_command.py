"""`riskcall call` on real programs: a telephone answers or is busy, limits hold over runs, and refusals dial nobody."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rich.console import Console

from riskcall.call import CallOptions, place
from riskcall.demo.screen import DemoScreen
from riskcall.errors import NumberRefusedError, SettingsInvalidError
from riskcall.settings import Settings, load_settings
from telephony.sip_phone import IncomingCall, Playing, SipPhone, answering, busy
from tests.support.phone_network import PhoneNetwork

LONDON = "+442079460999"


class Screen(DemoScreen):
    """Keeps what is shown."""

    def __init__(self) -> None:
        self.shown = io.StringIO()
        super().__init__(Console(file=self.shown, width=200))

    @property
    def text(self) -> str:
        return self.shown.getvalue()


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"RISKCALL_{name.upper()}", raising=False)
    for name, value in (("DATA_DIR", str(tmp_path / "var")), ("SIP_COUNTRIES", '["GB"]')):
        monkeypatch.setenv(f"RISKCALL_{name}", value)


@pytest.fixture
async def telephone(phone_network: PhoneNetwork, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SipPhone]:
    """A telephone to which the trunk of the settings leads."""
    async with SipPhone() as phone:
        host, port = phone.address
        for name, value in (
            ("LIVEKIT_URL", phone_network.url),
            ("LIVEKIT_API_KEY", phone_network.api_key),
            ("LIVEKIT_API_SECRET", phone_network.api_secret),
            ("SIP_ADDRESS", f"{host}:{port}"),
            ("SIP_TRANSPORT", "udp"),
            ("SIP_MEDIA_ENCRYPTION", "off"),
            ("SIP_CALLER_ID", "+442079460000"),
        ):
            monkeypatch.setenv(f"RISKCALL_{name}", value)
        yield phone


def options(number: str = LONDON, alert: str = "card-not-present", json_file: Path | None = None) -> CallOptions:
    return CallOptions(number=number, alert=alert, json_file=json_file, data=None)


@pytest.mark.audio
async def test_somebody_answers_and_hangs_up(telephone: SipPhone, tmp_path: Path) -> None:
    telephone.answers = answering(lambda call: Playing(hang_up_after_s=2.0))
    screen, result = Screen(), tmp_path / "result.json"
    assert await place(load_settings(), options(json_file=result), screen) == 0
    report = json.loads(result.read_text())
    assert (report["disposition"], report["ending"], report["leg"]) == ("answered", "customer_hung_up", "sip")
    assert report["effect"] == "hold"
    assert report["recording"] in [str(one) for one in (tmp_path / "var" / "calls").glob("*/blobs/*/1.ogg")]
    (call,) = telephone.calls
    assert isinstance(call, IncomingCall) and (call.called, call.caller) == (LONDON, "+442079460000")
    assert "☎  answered, in English" in screen.text and "Hello, this is Northbank." in screen.text


async def test_a_busy_telephone_and_a_cap_that_holds_from_run_to_run(
    telephone: SipPhone, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    telephone.answers = busy()
    monkeypatch.setenv("RISKCALL_SIP_CALLS_PER_NUMBER_PER_DAY", "1")
    first, second = Screen(), Screen()
    assert await place(load_settings(), options(), first) == 1
    assert "the dial ended as busy" in first.text
    for folder in (tmp_path / "var" / "calls").iterdir():
        # The next run takes a folder named by the second in which it begins.
        folder.rename(folder.with_name(folder.name[:-2] + "00"))
    assert await place(load_settings(), options(), second) == 1
    told = second.text
    assert "calls_per_number (not dialled: too many calls to this number within 24 hours)" in told
    assert len(telephone.calls) == 1


async def test_without_settings_nobody_is_called() -> None:
    with pytest.raises(SettingsInvalidError, match="RISKCALL_LIVEKIT_URL.*RISKCALL_SIP_TRUNK_ID or RISKCALL_SIP_ADD"):
        await place(load_settings(), options(), Screen())


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("020 7946 0999", "not_e164"),
        ("+447700900123", "invalid_number"),
        ("+449098790123", "premium_number"),
        ("+33140205050", "country_not_allowed: .* lists GB"),
    ],
)
async def test_a_number_that_may_not_be_called(telephone: SipPhone, number: str, why: str) -> None:
    with pytest.raises(NumberRefusedError, match=f"nobody was called: {why}"):
        await place(load_settings(), options(number), Screen())
    assert telephone.calls == []


async def test_an_example_that_does_not_exist(telephone: SipPhone) -> None:
    with pytest.raises(SettingsInvalidError, match="--alert"):
        await place(load_settings(), options(alert="nonsense"), Screen())
    assert telephone.calls == []

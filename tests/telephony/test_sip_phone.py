"""The phone against a phone of its own kind, and its parts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from cases.domain.vocabulary import Act, Speaker
from telephony.leg import MIC_RATE, Caption
from telephony.line.channel import Codec
from telephony.persona import Persona, persona_from
from telephony.simulated import SimulatedLeg
from telephony.sip_phone import (
    CallRefusedError,
    EndedBy,
    IncomingCall,
    OutgoingCall,
    PhoneCall,
    Playing,
    SipPhone,
    answering,
    busy,
    customer,
    redirecting,
    refusing,
    talk,
    unanswered,
)
from telephony.sip_phone.answers import Answering, ring_tone
from tests.support.call_fakes import ToneVoice
from tests.support.sound import hertz_of, tone

NUMBER, CALLER = "+447700900001", "+442079460001"


async def both_over(*calls: PhoneCall) -> None:
    async with asyncio.timeout(5):
        for call in calls:
            await call.over.wait()


async def place(phone: SipPhone, to: SipPhone) -> tuple[OutgoingCall, IncomingCall]:
    async with asyncio.timeout(5):
        out = await phone.call(NUMBER, to.address, caller=CALLER)
        return out, await to.next_call()


async def test_a_call_knows_both_numbers_and_is_heard_both_ways() -> None:
    speaks = answering(lambda _: Playing(tone(600, 1.0), hang_up_after_s=1.2))
    async with SipPhone(speaks) as there, SipPhone() as here:
        out, incoming = await place(here, there)
        await asyncio.wait_for(out.answered(), 5)
        await talk(out, Playing(tone(1000, 1.0)))
        await both_over(out, incoming)
    assert (incoming.caller, incoming.called) == (CALLER, NUMBER)
    assert (out.ended_by, incoming.ended_by) == (EndedBy.THERE, EndedBy.HERE)
    assert hertz_of(out.recording.heard, MIC_RATE) == pytest.approx(600, abs=5)
    assert hertz_of(incoming.recording.heard, MIC_RATE) == pytest.approx(1000, abs=5)
    assert hertz_of(incoming.recording.said, MIC_RATE) == pytest.approx(600, abs=5)
    moments = incoming.moments
    assert moments.rang is not None and moments.answered is not None and moments.ended is not None
    assert moments.invited <= moments.rang <= moments.answered <= moments.ended


async def test_the_caller_hangs_up() -> None:
    async with SipPhone() as there, SipPhone() as here:
        out, incoming = await place(here, there)
        await asyncio.wait_for(out.answered(), 5)
        await out.hang_up()
        await out.hang_up()
        await both_over(out, incoming)
    assert (out.ended_by, incoming.ended_by) == (EndedBy.HERE, EndedBy.THERE)


async def test_the_caller_gives_up_while_it_rings() -> None:
    async with SipPhone(unanswered()) as there, SipPhone() as here:
        out, incoming = await place(here, there)
        await asyncio.wait_for(out.rings.wait(), 5)
        await out.hang_up()
        await both_over(out, incoming)
        assert (out.ended_by, incoming.ended_by) == (EndedBy.CANCELLED, EndedBy.CANCELLED)
        with pytest.raises(CallRefusedError) as refusal:
            await out.answered()
    assert refusal.value.status == 487


@pytest.mark.parametrize(
    ("answers", "status"),
    [(busy(), 486), (refusing(603), 603), (refusing(404, after_s=0.05), 404), (redirecting("sip:a@127.0.0.1:9"), 302)],
)
async def test_refusals_have_their_status(answers: Answering, status: int) -> None:
    async with SipPhone(answers) as there, SipPhone() as here:
        out, incoming = await place(here, there)
        with pytest.raises(CallRefusedError) as refusal:
            await asyncio.wait_for(out.answered(), 5)
        await both_over(out, incoming)
    assert refusal.value.status == status
    assert incoming.ended_by is EndedBy.REFUSED


async def test_somebody_who_declines_after_all_refuses_the_call() -> None:
    async def declines(call: IncomingCall) -> None:
        call.ring()
        await call.hang_up()

    async with SipPhone(declines) as there, SipPhone() as here:
        out, _ = await place(here, there)
        with pytest.raises(CallRefusedError, match="603 Decline"):
            await asyncio.wait_for(out.answered(), 5)


async def test_early_media_is_heard_before_the_answer() -> None:
    answers = answering(lambda _: Playing(hang_up_after_s=0.1), after_s=1.0, early=ring_tone(1.0))
    async with SipPhone(answers) as there, SipPhone() as here:
        out, _ = await place(here, there)
        await asyncio.wait_for(out.rings.wait(), 5)
        heard = await listen(out, 30)
        assert out.moments.answered is None
        await asyncio.wait_for(out.answered(), 5)
        await both_over(out)
    assert np.abs(heard).max() > 0.05


async def listen(call: PhoneCall, frames: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    party = Playing(hang_up_after_s=frames * 0.02)
    assert call.media is not None
    heard = [call.media.exchange(frame) async for frame in party.microphone()]
    return np.frombuffer(b"".join(heard), np.int16).astype(np.float32) / 32768


@pytest.mark.parametrize("codecs", [[Codec.PCMA], [Codec.PCMU, Codec.PCMA]], ids=["pcma", "both"])
async def test_agrees_on_a_law(codecs: Sequence[Codec]) -> None:
    async with SipPhone(codecs=codecs) as there, SipPhone(codecs=[Codec.PCMA, Codec.PCMU]) as here:
        out, incoming = await place(here, there)
        await asyncio.wait_for(out.answered(), 5)
        assert out.media and incoming.media and out.media.agreed and incoming.media.agreed
        assert out.media.agreed.codec is incoming.media.agreed.codec
        await out.hang_up()


async def test_without_a_common_codec_the_call_is_refused() -> None:
    async with SipPhone(codecs=[Codec.PCMU]) as there, SipPhone(codecs=[Codec.PCMA]) as here:
        out, incoming = await place(here, there)
        with pytest.raises(CallRefusedError) as refusal:
            await asyncio.wait_for(out.answered(), 5)
        await both_over(incoming)
    assert refusal.value.status == 488


async def test_keys_are_heard() -> None:
    async with SipPhone() as there, SipPhone() as here:
        out, incoming = await place(here, there)
        await asyncio.wait_for(out.answered(), 5)
        await talk(out, Playing(keys="12#", hang_up_after_s=1.2))
        await both_over(incoming)
        assert incoming.media is not None
    assert incoming.media.keys == "12#"
    assert incoming.media.lost == 0, "packets of keys are none that are lost"


async def test_loses_the_share_it_is_told_to() -> None:
    async with SipPhone(loss=0.2, seed=1) as there, SipPhone() as here:
        out, incoming = await place(here, there)
        await asyncio.wait_for(out.answered(), 5)
        await talk(out, Playing(tone(1000, 2.0), hang_up_after_s=3.0))
        await both_over(incoming)
        assert out.media is not None
    assert 5 <= out.media.lost <= 70, "of about 150"


async def test_a_call_that_is_referred_goes_on_elsewhere() -> None:
    async with SipPhone() as there, SipPhone() as here, SipPhone() as reviewer:
        there.directory["+442079460009"] = reviewer.address
        out, incoming = await place(here, there)
        await asyncio.wait_for(out.answered(), 5)
        refer = out.request("REFER")
        refer.headers.set_single("Refer-To", "<tel:+442079460009>")
        assert (await here.wire.ask(refer, out.next_hop()).final).status_code == 202
        onward = await asyncio.wait_for(reviewer.next_call(), 5)
        assert onward.called == "+442079460009"
        assert incoming.referred_to == ["tel:+442079460009"]
        await out.hang_up()
        await both_over(incoming)


async def test_a_renewed_invitation_is_answered_and_holds() -> None:
    async with SipPhone() as there, SipPhone() as here:
        out, incoming = await place(here, there)
        await asyncio.wait_for(out.answered(), 5)
        again = out.request("INVITE")
        again.headers.set_single("Content-Type", "application/sdp")
        again.text = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        again.text += "m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendonly\r\n"
        response = await asyncio.wait_for(here.wire.ask(again, out.next_hop()).final, 5)
        assert response.status_code == 200 and "a=recvonly" in response.text
        assert incoming.media and incoming.media.agreed
        assert incoming.media.agreed.remote == ("127.0.0.1", 40000) and not incoming.media.agreed.sends
        await out.hang_up()


async def test_options_and_unknown_requests() -> None:
    async with SipPhone() as there, SipPhone() as here:
        out = OutgoingCall(here, CALLER, NUMBER, there.address)
        for method, status in (("OPTIONS", 200), ("BYE", 481), ("PUBLISH", 405)):
            response = await asyncio.wait_for(here.wire.ask(out.request(method), there.address).final, 5)
            assert response.status_code == status
            assert status != 200 or "INVITE" in (response.headers.get("allow"))


def persona(**document: object) -> Persona:
    return persona_from(document, name="test", source="test")


def leg(who: Persona, **options: object) -> SimulatedLeg:
    return SimulatedLeg(who, voice=ToneVoice(who.lines() or ("x",)), **options)  # type: ignore[arg-type]


async def test_a_simulated_customer_talks_presses_and_hangs_up() -> None:
    who = persona(
        answers={"greet": "yes it is me"},
        events=[{"on": "ask_made", "after_ms": 0, "dtmf": "2"}, {"on": "goodbye", "after_ms": 0, "hang_up": True}],
    )
    line = leg(who)
    async with SipPhone(customer(lambda _: line)) as there, SipPhone() as here:
        out, incoming = await place(here, there)
        await asyncio.wait_for(out.answered(), 5)
        conversation = asyncio.create_task(talk(out, Playing(tone(900, 20.0))))

        async def act(deed: Act) -> None:
            line.show(Caption(Speaker.AGENT, "…", final=True, acts=(deed,)))
            line.show(Caption(Speaker.AGENT, "…", final=False, acts=(deed,)))
            await asyncio.sleep(0.4)

        await act(Act.ASK_MADE)
        await act(Act.GOODBYE)
        await asyncio.wait_for(conversation, 5)
        await both_over(incoming)
        assert out.media is not None
    assert out.media.keys == "2"
    assert incoming.ended_by is EndedBy.HERE
    assert np.abs(incoming.recording.heard).max() > 0.1


@pytest.mark.parametrize(("answered_by", "status"), [("busy", 486), ("reject", 603), ("voicemail", 480)])
async def test_a_persona_that_does_not_answer(answered_by: str, status: int) -> None:
    async with SipPhone(customer(lambda _: leg(persona(answered_by=answered_by)))) as there, SipPhone() as here:
        out, _ = await place(here, there)
        with pytest.raises(CallRefusedError) as refusal:
            await asyncio.wait_for(out.answered(), 5)
    assert refusal.value.status == status


async def test_a_voicemail_greets_and_beeps() -> None:
    line = SimulatedLeg(
        persona(answered_by="voicemail"), voice=ToneVoice(["leave a message"]), greeting="leave a message"  # type: ignore[arg-type]
    )  # fmt: skip
    async with SipPhone(customer(lambda _: line)) as there, SipPhone() as here:
        out, _ = await place(here, there)
        await asyncio.wait_for(out.answered(), 5)
        await talk(out, Playing(hang_up_after_s=2.8))
    beep = out.recording.heard[int(2.1 * MIC_RATE) : int(2.3 * MIC_RATE)]
    assert hertz_of(beep, MIC_RATE) == pytest.approx(1000, abs=10)


async def test_a_broken_line_goes_without_a_word() -> None:
    async with SipPhone(customer(lambda _: leg(persona(), lost_after_ms=100))) as there, SipPhone() as here:
        out, incoming = await place(here, there)
        await asyncio.wait_for(out.answered(), 5)
        await both_over(incoming)
        assert incoming.ended_by is EndedBy.LOST and not out.over.is_set()
        out.vanish()


async def test_what_fails_at_the_phone_is_told() -> None:
    async def fails(call: IncomingCall) -> None:
        raise RuntimeError("a test's own failure")

    with pytest.raises(ExceptionGroup, match="failed"):
        async with SipPhone(fails) as there, SipPhone() as here:
            out, _ = await place(here, there)
            with pytest.raises(CallRefusedError):
                await asyncio.wait_for(out.answered(), 5)


async def test_a_recording_is_a_stereo_file(tmp_path: Path) -> None:
    async with SipPhone(answering(lambda _: Playing(tone(600, 0.2), hang_up_after_s=0.2))) as there, SipPhone() as here:
        out, incoming = await place(here, there)
        await asyncio.wait_for(out.answered(), 5)
        await both_over(incoming)
    incoming.recording.save(tmp_path / "call.wav")
    assert (tmp_path / "call.wav").stat().st_size == 44 + 4 * incoming.recording.said.size

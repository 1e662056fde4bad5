"""What the phone makes of datagrams: repeated, out of order, broken."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import numpy as np
import pytest
from aiosipua import SipMessage, SipRequest, SipResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telephony.line.channel import Codec
from telephony.line.codecs import from_a_law, to_a_law
from telephony.sip_phone import SipPhone, refusing, unanswered
from telephony.sip_phone.buffer import Gap, ReceiveBuffer
from telephony.sip_phone.errors import BadMessageError, NoCommonCodecError
from telephony.sip_phone.keys import KEYS, KeyReceiver, KeySender
from telephony.sip_phone.messages import read, refusal_of, user_of
from telephony.sip_phone.offers import accepted, answer, offer
from telephony.sip_phone.wire import SipWire

SDP = offer("127.0.0.1", 40000, [Codec.PCMU])
INVITE = (
    "INVITE sip:+447700900001@127.0.0.1:5070 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{branch}\r\n"
    "From: <sip:+442079460001@127.0.0.1>;tag=abc\r\n"
    "To: <sip:+447700900001@127.0.0.1>\r\n"
    "Call-ID: one@test\r\n"
    "CSeq: 1 INVITE\r\n"
    "Contact: <sip:bank@127.0.0.1:{port}>\r\n"
    "Content-Type: application/sdp\r\n"
    f"Content-Length: {len(SDP)}\r\n\r\n{SDP}"
)


class Caller:
    """A socket that says what it is told."""

    def __init__(self, phone: SipPhone) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self._phone = phone.address
        self.port = self._socket.getsockname()[1]

    def say(self, text: str | bytes, branch: str = "1") -> None:
        data = text if isinstance(text, bytes) else text.format(port=self.port, branch=branch).encode()
        self._socket.sendto(data, self._phone)

    async def hear(self, status: int | None = None, seconds: float = 5) -> SipRequest | SipResponse:
        """The next message, or the next with a status."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(seconds):
            while True:
                message = SipMessage.parse(await loop.sock_recv(self._socket, 65_535))
                if status is None or (isinstance(message, SipResponse) and message.status_code == status):
                    return message

    def close(self) -> None:
        self._socket.close()


async def test_a_repeated_invitation_is_one_call() -> None:
    async with SipPhone(unanswered()) as phone:
        caller = Caller(phone)
        for _ in range(3):
            caller.say(INVITE)
        await caller.hear(180)
        await caller.hear(180)
        assert len(phone.calls) == 1
        caller.say(INVITE.replace("INVITE", "CANCEL").partition("Content-Type")[0] + "Content-Length: 0\r\n\r\n")
        await caller.hear(487)
        caller.close()


async def test_a_refusal_is_repeated_until_it_is_acknowledged() -> None:
    async with SipPhone(refusing(486)) as phone:
        caller = Caller(phone)
        caller.say(INVITE)
        first = await caller.hear(486)
        assert bytes(await caller.hear(486)) == bytes(first), "the ACK did not come"
        caller.say(INVITE.replace("INVITE", "ACK").partition("Content-Type")[0] + "Content-Length: 0\r\n\r\n")
        with pytest.raises(TimeoutError):
            await caller.hear(486, seconds=1.3)
        caller.close()


async def test_an_answer_is_repeated_until_it_is_acknowledged_and_bye_ends_it() -> None:
    async with SipPhone() as phone:
        caller = Caller(phone)
        caller.say(INVITE)
        answered = await caller.hear(200)
        assert bytes(await caller.hear(200)) == bytes(answered)
        to = answered.headers.get("to")[0]
        within = INVITE.replace("To: <sip:+447700900001@127.0.0.1>", f"To: {to}").partition("Content-Type")[0]
        within += "Content-Length: 0\r\n\r\n"
        caller.say(within.replace("INVITE", "ACK"), branch="2")
        caller.say(within.replace("INVITE", "BYE").replace("CSeq: 1", "CSeq: 2"), branch="3")
        await caller.hear(200)
        await asyncio.wait_for(phone.calls[0].over.wait(), 5)
        caller.close()


async def test_an_invitation_without_an_offer_gets_one() -> None:
    async with SipPhone() as phone:
        caller = Caller(phone)
        bare = INVITE.partition("Content-Type")[0] + "Content-Length: 0\r\n\r\n"
        caller.say(bare)
        answered = await caller.hear(200)
        assert "m=audio" in answered.text and "PCMA/8000" in answered.text
        media = phone.calls[0].media
        assert media is not None and media.agreed is None
        to = answered.headers.get("to")[0]
        ack = INVITE.replace("INVITE", "ACK").replace("To: <sip:+447700900001@127.0.0.1>", f"To: {to}")
        caller.say(ack, branch="2")
        caller.say(bare.replace("INVITE", "OPTIONS").replace("one@", "two@"), branch="3")
        await caller.hear()
        assert media.agreed is not None and media.agreed.remote == ("127.0.0.1", 40000)
        caller.close()


async def test_junk_is_dropped_or_refused_and_the_phone_lives() -> None:
    async with SipPhone() as phone:
        caller = Caller(phone)
        for junk in (b"\r\n\r\n", b"\xff\x00\xfe", b"INVITE", b"SIP/2.0 abc\r\n\r\n"):
            caller.say(junk)
        caller.say(INVITE.replace("CSeq: 1 INVITE", "CSeq: one"))
        refused = await caller.hear()
        assert isinstance(refused, SipResponse) and refused.status_code == 400
        caller.say(INVITE.replace("INVITE", "OPTIONS", 1).replace("1 INVITE", "1 OPTIONS"), branch="9")
        await caller.hear(200)
        assert phone.wire.dropped == 4 and not phone.calls
        caller.close()


broken = st.one_of(
    st.binary(max_size=400),
    st.builds(
        lambda at, count, junk: (INVITE[:at].encode() + junk + INVITE[at + count :].encode()),
        st.integers(0, len(INVITE)),
        st.integers(0, 60),
        st.binary(max_size=40),
    ),
    st.builds(
        lambda line, value: "\r\n".join(
            [*INVITE.split("\r\n")[:line], value, *INVITE.split("\r\n")[line + 1 :]]
        ).encode(errors="replace"),
        st.integers(0, 10),
        st.text(max_size=60),
    ),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(broken)
def test_whatever_comes_is_a_message_or_an_error(data: bytes) -> None:
    try:
        message = read(data)
    except BadMessageError:
        refusal = refusal_of(data)
        assert refusal is None or refusal.status_code == 400 and bytes(refusal)
        return
    assert message.via and message.cseq and message.from_addr and message.to_addr


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(broken, max_size=8))
def test_no_datagram_breaks_the_wire(datagrams: list[bytes]) -> None:
    async def take() -> None:
        served: list[Any] = []

        def serve(transaction: Any) -> None:
            served.append(transaction)
            transaction.respond(200)

        wire = SipWire(serve, served.append, served.append)
        await wire.open("127.0.0.1", 0)
        for data in datagrams:
            wire.datagram_received(data, ("127.0.0.1", 9))
        wire.close()

    asyncio.run(take())


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.text(max_size=300),
        st.builds(lambda at, junk: SDP[:at] + junk + SDP[at:], st.integers(0, 200), st.text(max_size=20)),
    )
)
def test_whatever_is_offered_is_answered_or_an_error(text: str) -> None:
    for take in (lambda: answer(text, "127.0.0.1", 4000, [Codec.PCMU])[1], lambda: accepted(text)):
        try:
            assert take().codec in (Codec.PCMU, Codec.PCMA)
        except NoCommonCodecError:
            pass


@pytest.mark.parametrize(
    ("uri", "user"),
    [
        ("sip:+44@host:5", "+44"),
        ("<tel:+44;phone-context=x>", "+44"),
        ("sip:host", ""),
        ("sips:a;b=c@host", "a"),
        ("", ""),
    ],
)
def test_users_of_uris(uri: str, user: str) -> None:
    assert user_of(uri) == user


def test_mirrors_the_offered_type_of_telephone_events() -> None:
    offered = SDP.replace("101", "96")
    text, agreed = answer(offered, "127.0.0.1", 4000, [Codec.PCMU])
    assert agreed.event_type == 96 and "96 telephone-event/8000" in text
    assert answer(SDP.replace("telephone-event", "x"), "127.0.0.1", 4000, [Codec.PCMU])[1].event_type is None


def test_encrypted_audio_is_refused() -> None:
    with pytest.raises(NoCommonCodecError, match="encrypted"):
        answer(SDP.replace("RTP/AVP", "RTP/SAVP"), "127.0.0.1", 4000, [Codec.PCMU])


@given(st.integers(0, 65_535), st.permutations(range(12)))
def test_packets_come_out_in_order(first: int, order: list[int]) -> None:
    buffer = ReceiveBuffer(depth=12)
    for place in order:
        buffer.put((first + place) % 65_536, bytes([place]))
    assert [buffer.take() for _ in range(12)] == [bytes([place]) for place in range(12)]
    assert buffer.lost == buffer.late == 0


def test_what_is_lost_is_told_and_what_is_late_is_dropped() -> None:
    buffer = ReceiveBuffer(depth=2)
    assert buffer.take() is Gap.NOTHING
    for number in (1, 2, 4, 5):
        buffer.put(number, bytes([number]))
    assert [buffer.take() for _ in range(3)] == [b"\1", b"\2", Gap.LOST]
    buffer.put(3, b"late")
    buffer.put(4, b"twice")
    assert [buffer.take(), buffer.take(), buffer.take()] == [b"\4", b"\5", Gap.LOST]
    assert (buffer.lost, buffer.late) == (1, 2)


def test_a_stall_does_not_delay_the_rest_of_the_call() -> None:
    buffer, taken = ReceiveBuffer(depth=2), []
    for number in range(8):
        buffer.put(number, number.to_bytes(2, "big"))
    for number in range(8, 500):
        buffer.put(number, number.to_bytes(2, "big"))
        taken.append(buffer.take())
    assert isinstance(taken[-1], bytes) and 499 - int.from_bytes(taken[-1], "big") <= 3


def test_a_source_that_stops_and_starts_is_heard_again() -> None:
    buffer = ReceiveBuffer(depth=2)
    for number in (1, 2):
        buffer.put(number, b"a")
    assert [buffer.take() for _ in range(14)].count(Gap.NOTHING) == 2
    for number in (900, 901):
        buffer.put(number, b"b")
    assert buffer.take() == b"b"


@given(st.text(KEYS, max_size=8))
def test_keys_that_are_sent_are_received(keys: str) -> None:
    sender, receiver = KeySender(), KeyReceiver()
    for key in keys:
        sender.press(key)
    for at in range(160 * 400):
        if at % 160 == 0 and (press := sender.next()) is not None:
            receiver.take(press.payload, at - press.elapsed)
    assert receiver.keys == keys


@given(st.binary(max_size=8), st.integers(0, 1 << 32))
def test_no_event_breaks_the_receiver(payload: bytes, timestamp: int) -> None:
    assert KeyReceiver().take(payload, timestamp) in (*KEYS, "")


def test_a_law_keeps_what_it_codes() -> None:
    samples = np.arange(-32_768, 32_768, dtype=np.int16)
    back = from_a_law(to_a_law(samples))
    assert np.all(np.abs(back - samples) <= np.maximum(np.abs(samples.astype(float)) / 32, 16))
    codes = np.arange(256, dtype=np.uint8)
    assert np.array_equal(to_a_law(from_a_law(codes).astype(np.int16)), codes)

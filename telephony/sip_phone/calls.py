"""One call of the phone: what both directions share, and what a call that comes in has of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Protocol

from aiosipua import Dialog, SipRequest
from aiosipua.dialog import create_dialog_from_request, remote_cseq_valid
from aiosipua.headers import parse_uri
from aiosipua.utils import generate_tag

from telephony.line.channel import Codec
from telephony.sip_phone.errors import NoAnswerError, NoCommonCodecError
from telephony.sip_phone.media import Media
from telephony.sip_phone.messages import DEFAULT_PORT, Address, user_of
from telephony.sip_phone.offers import accepted, answer, offer
from telephony.sip_phone.recording import PhoneRecording
from telephony.sip_phone.wire import ServerTransaction, SipWire

SDP = "application/sdp"


class EndedBy(StrEnum):
    """Who or what ended a call."""

    NOBODY = ""
    """It has not ended."""
    HERE = "here"
    THERE = "there"
    CANCELLED = "cancelled"
    """The caller gave up before the answer."""
    REFUSED = "refused"
    LOST = "lost"
    """The phone vanished from the network, or the other side did."""


@dataclass(slots=True)
class Moments:
    """When things happened, on the event loop's clock; None where they did not.

    Attributes:
        invited: The INVITE came, or went out.
        rang: The first ringing.
        answered: The call was answered.
        ended: It was over.
    """

    invited: float
    rang: float | None = None
    answered: float | None = None
    ended: float | None = None


class Exchange(Protocol):
    """What a call needs of its phone."""

    wire: SipWire
    codecs: Sequence[Codec]
    loss: float
    seed: int

    @property
    def address(self) -> Address:
        """Where the phone takes calls."""
        ...

    def left(self, call: PhoneCall) -> None:
        """A call is over."""
        ...

    def referred(self, call: PhoneCall, target: str) -> None:
        """The other side asks this one to call somebody else."""
        ...


class PhoneCall:
    """One call.

    Attributes:
        caller: Number of the side that calls.
        called: Number that is called.
        dialog: State of the SIP dialog.
        media: Audio, once there is any.
        moments: When what happened.
        over: Set once it has ended.
        ended_by: Who ended it.
        recording: What was said and heard, where somebody talks on it.
        referred_to: Where the other side wanted it to go (REFER), in order.
        transferred: The call that a REFER led to, or None.
    """

    def __init__(self, phone: Exchange, dialog: Dialog, peer: Address, *, caller: str, called: str) -> None:
        """Begin a call; the phone makes them."""
        self._phone = phone
        self._peer = peer
        self._version = 0
        self._answered_with: ServerTransaction | None = None
        self._awaits_answer = False
        self._local: Address | None = None
        self.caller = caller
        self.called = called
        self.dialog = dialog
        self.media: Media | None = None
        self.moments = Moments(asyncio.get_running_loop().time())
        self.over = asyncio.Event()
        self.ended_by = EndedBy.NOBODY
        self.recording = PhoneRecording()
        self.referred_to: list[str] = []
        self.transferred: PhoneCall | None = None

    @property
    def up(self) -> bool:
        """Whether it is answered and not over."""
        return self.moments.answered is not None and not self.over.is_set()

    async def hang_up(self) -> None:
        """End the call; a second time does nothing."""
        if self.up:
            await self._say_bye()

    def vanish(self) -> None:
        """Be gone without a word, as a phone without a network is."""
        self._end(EndedBy.LOST)

    def take(self, transaction: ServerTransaction) -> None:
        """Answer a request within the call."""
        request = transaction.request
        if not remote_cseq_valid(self.dialog, request):
            transaction.respond(500, reason="CSeq Out Of Order")
            return
        match request.method:
            case "BYE":
                transaction.respond(200)
                self._end(EndedBy.THERE)
            case "INVITE" | "UPDATE":
                self._renegotiate(transaction)
            case "REFER":
                self._refer(transaction)
            case _:
                transaction.respond(200)

    def acknowledged(self, request: SipRequest) -> None:
        """The other side has the answer; its ACK brings its own where the INVITE brought no offer.

        Raises:
            NoCommonCodecError: What it brings is no answer.
        """
        if self._answered_with is not None:
            self._answered_with.acknowledged()
        if self._awaits_answer and self.media is not None and request.body:
            self._awaits_answer = False
            self.media.agree(accepted(request.text))

    def request(self, method: str) -> SipRequest:
        """A request within the call."""
        host, port = self._phone.address
        request = self.dialog.create_request(method, via_host=host, via_port=port)
        request.headers.set_single("Contact", self.contact)
        return request

    def next_hop(self) -> Address:
        """Where requests within the call go."""
        for uri in (*self.dialog.route_set[:1], self.dialog.remote_target):
            try:
                target = parse_uri(uri.strip().strip("<>"))
                ip_address(target.host)
            except ValueError:
                continue
            return target.host, target.port or DEFAULT_PORT
        return self._peer

    @property
    def contact(self) -> str:
        """Where this side is reached."""
        host, port = self._phone.address
        return f"<sip:{host}:{port}>"

    async def _open_media(self) -> Address:
        if self.media is None or self._local is None:
            media = Media(loss=self._phone.loss, seed=self._phone.seed)
            self._local = await media.open(self._phone.address[0])
            self.media = media
            if self.over.is_set():
                media.close()
        return self._local

    def _described(self, offered: str) -> str:
        """This side's session description: the answer to an offer, or an offer of its own where there is none.

        Raises:
            NoCommonCodecError: There is no codec in common.
        """
        assert self.media is not None and self._local is not None
        self._version += 1
        if not offered:
            self._awaits_answer = True
            return offer(*self._local, self._phone.codecs, self._version)
        text, agreed = answer(offered, *self._local, self._phone.codecs, self._version)
        self.media.agree(agreed)
        return text

    def _renegotiate(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        if request.method == "UPDATE" and not request.body:
            transaction.respond(200, headers={"Contact": self.contact})
            return
        if not self.up:
            transaction.respond(491)
            return
        try:
            sdp = self._described(request.text)
        except NoCommonCodecError:
            transaction.respond(488)
            return
        if request.method == "INVITE":
            self._answered_with = transaction
        transaction.respond(200, headers={"Contact": self.contact, "Content-Type": SDP}, sdp=sdp)

    def _refer(self, transaction: ServerTransaction) -> None:
        target = transaction.request.headers.get_first("refer-to")
        if not target:
            transaction.respond(400, reason="Refer-To Missing")
            return
        transaction.respond(202, headers={"Contact": self.contact})
        target = target.partition("<")[2].partition(">")[0] or target
        self.referred_to.append(target)
        self._phone.referred(self, target)

    async def _say_bye(self) -> None:
        self._end(EndedBy.HERE)
        try:
            await self._phone.wire.ask(self.request("BYE"), self.next_hop()).final
        except NoAnswerError:
            self.ended_by = EndedBy.LOST

    def _end(self, by: EndedBy) -> None:
        if self.over.is_set():
            return
        self.ended_by = by
        self.moments.ended = asyncio.get_running_loop().time()
        if self.media is not None:
            self.media.close()
        self.over.set()
        self._phone.left(self)


class IncomingCall(PhoneCall):
    """A call that rings at this phone.

    Attributes:
        invite: The INVITE.
    """

    def __init__(self, phone: Exchange, transaction: ServerTransaction) -> None:
        """Take an INVITE; `100 Trying` is sent at once."""
        request = transaction.request
        caller = request.from_addr.uri.user if request.from_addr is not None else ""
        super().__init__(
            phone,
            create_dialog_from_request(request, local_tag=generate_tag()),
            transaction.source,
            caller=caller or "",
            called=user_of(request.uri),
        )
        self.invite = request
        self._transaction = transaction
        self._sdp = ""
        transaction.respond(100)

    def ring(self) -> None:
        """Say that it rings."""
        self._note_ringing()
        self._respond(180)

    async def early(self, status: int = 183) -> None:
        """Open audio before the answer: the caller hears what the network plays.

        Raises:
            NoCommonCodecError: There is no codec in common; the call is refused with 488.
        """
        self._note_ringing()
        self._respond(status, sdp=await self._describe())

    async def answer(self, headers: Mapping[str, str] | None = None) -> bool:
        """Answer; whether the caller was still there.

        Args:
            headers: Further headers of the answer.

        Raises:
            NoCommonCodecError: There is no codec in common; the call is refused with 488.
        """
        sdp = await self._describe()
        if self.over.is_set():
            return False
        self._note_ringing()
        self.moments.answered = asyncio.get_running_loop().time()
        self.dialog.confirm()
        self._answered_with = self._transaction
        self._respond(200, sdp=sdp, more=headers)
        return True

    def refuse(self, status: int, *, reason: str = "", contact: str = "") -> None:
        """Refuse the call.

        Args:
            status: SIP status, from 300.
            reason: Phrase; empty takes the usual one.
            contact: Where else to try (302), a SIP URI.
        """
        if self.over.is_set() or self.moments.answered is not None:
            return
        headers = {"Contact": f"<{contact}>"} if contact else None
        self._transaction.respond(status, tag=self.dialog.local_tag, reason=reason, headers=headers)
        self._end(EndedBy.REFUSED)

    def cancelled(self) -> None:
        """The caller gave up."""
        if self.moments.answered is None and not self.over.is_set():
            self._transaction.respond(487, tag=self.dialog.local_tag)
            self._end(EndedBy.CANCELLED)

    async def hang_up(self) -> None:
        """End the call; before the answer that is a refusal."""
        if self.moments.answered is None:
            self.refuse(603)
        await super().hang_up()

    async def _describe(self) -> str:
        await self._open_media()
        if self._sdp:
            # The answer to an offer is the same in 183 and in 200 (RFC 3261 section 13.3.1).
            return self._sdp
        try:
            self._sdp = self._described(self.invite.text)
        except NoCommonCodecError:
            self.refuse(488)
            raise
        return self._sdp

    def _note_ringing(self) -> None:
        if self.moments.rang is None:
            self.moments.rang = asyncio.get_running_loop().time()

    def _respond(self, status: int, *, sdp: str = "", more: Mapping[str, str] | None = None) -> None:
        if self.over.is_set():
            return
        headers = {"Contact": self.contact, **(more or {})}
        self._transaction.respond(status, tag=self.dialog.local_tag, headers=headers, sdp=sdp)

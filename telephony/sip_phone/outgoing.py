"""A call that this phone places."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiosipua import Dialog, SipRequest, SipResponse
from aiosipua.headers import stringify_uri
from aiosipua.utils import generate_call_id, generate_tag

from telephony.sip_phone.calls import SDP, EndedBy, Exchange, PhoneCall
from telephony.sip_phone.errors import CallRefusedError, NoAnswerError, NoCommonCodecError
from telephony.sip_phone.messages import Address, cancellation, sequence
from telephony.sip_phone.offers import accepted, offer
from telephony.sip_phone.wire import ClientTransaction


class OutgoingCall(PhoneCall):
    """A call that this phone places.

    Attributes:
        rings: Set once the other side rings, or lets early audio be heard.
    """

    def __init__(self, phone: Exchange, caller: str, called: str, peer: Address) -> None:
        """Prepare a call; `place` sends it.

        Args:
            phone: Whose call it is.
            caller: This side's number.
            called: The number to call.
            peer: Where it is called.
        """
        host, port = phone.address
        target = f"sip:{called}@{peer[0]}:{peer[1]}"
        dialog = Dialog(
            call_id=generate_call_id(host),
            local_tag=generate_tag(),
            local_uri=f"sip:{caller}@{host}:{port}",
            remote_uri=target,
            remote_target=target,
        )
        super().__init__(phone, dialog, peer, caller=caller, called=called)
        self.rings = asyncio.Event()
        self._transaction: ClientTransaction | None = None
        self._invite: SipRequest | None = None
        self._progress = asyncio.Event()

    async def place(self, headers: Mapping[str, str] | None = None) -> None:
        """Send the INVITE.

        Args:
            headers: Further headers.
        """
        local = await self._open_media()
        self._version += 1
        invite = self.request("INVITE")
        for name, value in (headers or {}).items():
            invite.headers.set_single(name, value)
        invite.headers.set_single("Content-Type", SDP)
        invite.text = offer(*local, self._phone.codecs, self._version)
        self._invite = invite
        self._transaction = self._phone.wire.ask(invite, self._peer, self._take_provisional)

    async def answered(self) -> None:
        """Return once the other side has answered.

        Raises:
            CallRefusedError: It refused.
            NoAnswerError: It does not answer the INVITE at all.
            NoCommonCodecError: Its answer cannot be used; the call is hung up.
        """
        assert self._transaction is not None
        try:
            response = await asyncio.shield(self._transaction.final)
        except NoAnswerError:
            self._end(EndedBy.LOST)
            raise
        if response.status_code >= 300:
            self._end(EndedBy.CANCELLED if response.status_code == 487 else EndedBy.REFUSED)
            raise CallRefusedError(response.status_code, response.reason_phrase)
        await self._confirm(response)

    async def hang_up(self) -> None:
        """End the call; before the answer that is a CANCEL."""
        if self.moments.answered is None and not self.over.is_set():
            await self._give_up()
        await super().hang_up()

    async def _give_up(self) -> None:
        transaction, invite = self._transaction, self._invite
        if transaction is None or invite is None:
            self._end(EndedBy.HERE)
            return
        progress = asyncio.create_task(self._progress.wait())
        either: set[asyncio.Future[Any]] = {progress, transaction.final}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        progress.cancel()
        if not transaction.final.done():
            self._phone.wire.ask(cancellation(invite), self._peer)
        try:
            response = await asyncio.shield(transaction.final)
        except NoAnswerError:
            self._end(EndedBy.LOST)
            return
        if response.status_code < 300:
            await self._confirm(response)
        else:
            self._end(EndedBy.CANCELLED)

    def _take_provisional(self, response: SipResponse) -> None:
        self._progress.set()
        if response.status_code == 100:
            return
        if self.moments.rang is None:
            self.moments.rang = asyncio.get_running_loop().time()
        if response.body and self.media is not None and self.media.agreed is None:
            self.media.agree(accepted(response.text))
        self.rings.set()

    async def _confirm(self, response: SipResponse) -> None:
        if self.moments.answered is not None or self._invite is None or self._transaction is None:
            return
        self.moments.answered = asyncio.get_running_loop().time()
        self.rings.set()
        to = response.to_addr
        self.dialog.remote_tag = (to.tag if to is not None else "") or ""
        if response.contact:
            self.dialog.remote_target = stringify_uri(response.contact[0].uri)
        self.dialog.route_set = list(reversed(response.headers.get("record-route")))
        self.dialog.confirm()
        ack = self.request("ACK")
        self.dialog.local_cseq = sequence(self._invite)
        ack.headers.set_single("CSeq", f"{self.dialog.local_cseq} ACK")
        self._transaction.ack = bytes(ack)
        self._phone.wire.send(bytes(ack), self.next_hop())
        try:
            if self.media is not None and response.body:
                self.media.agree(accepted(response.text))
        except NoCommonCodecError:
            await self._say_bye()
            raise

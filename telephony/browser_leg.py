"""One call to a customer's page: rings, is taken by one page, carries voice and controls, ends for one reason."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from cases.domain.vocabulary import Disposition
from telephony.browser_audio import Microphone
from telephony.browser_line import DISPOSITIONS, LineEnd, LineEvent, LineState, line_step
from telephony.browser_pages import Page, PageEvent, PageEventKind
from telephony.browser_peer import BadOfferError, Peer
from telephony.leg import SPEAKER_FRAME_BYTES, Band, Caption, Control, ControlKind, Invitation, StillFrame

if TYPE_CHECKING:
    from telephony.browser import BrowserSwitchboard

_CONTROLS_WAITING = 32
_DRAIN_SECONDS = 0.1
_CONTROLS = {
    PageEventKind.ASK_HUMAN: ControlKind.ASK_HUMAN,
    PageEventKind.DTMF: ControlKind.DTMF,
}
_LINE_EVENTS = {
    PageEventKind.DECLINE: LineEvent.DECLINED,
    PageEventKind.NO_MICROPHONE: LineEvent.NO_MICROPHONE,
    PageEventKind.HANG_UP: LineEvent.CUSTOMER_HUNG_UP,
}


class BrowserLeg:
    """One call to a customer's page; implements `telephony.leg.Leg`."""

    def __init__(self, switchboard: BrowserSwitchboard) -> None:
        """A leg that has not rung; use `BrowserSwitchboard.leg`."""
        self._board = switchboard
        self._invitation: Invitation | None = None
        self._state = LineState.DIALLED
        self._end: LineEnd | None = None
        self._outcome: asyncio.Future[Disposition] = asyncio.get_running_loop().create_future()
        self._rings = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._taker: Page | None = None
        self._peer: Peer | None = None
        self._offered = False
        self._closing: asyncio.Task[None] | None = None
        self._microphone = Microphone()
        self._controls: asyncio.Queue[Control | None] = asyncio.Queue(_CONTROLS_WAITING)
        self.call = secrets.token_hex(8)

    @property
    def kind(self) -> str:
        """`browser`."""
        return "browser"

    @property
    def state(self) -> LineState:
        """How far the call is."""
        return self._state

    @property
    def band(self) -> Band:
        """Wide: Opus carries it."""
        return Band.WIDE

    @property
    def detail(self) -> str:
        """Why the call ended, as a stable code (LineEnd); empty while it has not."""
        return self._end.value if self._end is not None else ""

    async def ring(self, invitation: Invitation) -> Disposition:
        """Ring on every open page of the customer, and on those that open while it rings.

        Returns:
            `answered` once audio flows; `no_answer`, `rejected`, or `failed` with `detail`; `busy` where another
            call with this customer is under way.
        """
        if self._state is LineState.ENDED:
            return Disposition.NO_ANSWER
        if not self._board.connect(invitation.customer_reference, self):
            self._end, self._state = LineEnd.CUSTOMER_BUSY, LineState.ENDED
            return DISPOSITIONS[LineEnd.CUSTOMER_BUSY]
        self._invitation = invitation
        self._board.close_expired(invitation.customer_reference)
        self._arm(invitation.ring_seconds)
        for page in self._board.pages(invitation.customer_reference):
            self.page_opened(page)
        try:
            return await self._outcome
        except asyncio.CancelledError:
            self.give_up()
            raise

    async def ringing(self) -> None:
        """Return once a page rings; a call that never rings is to be awaited with `ring`."""
        await self._rings.wait()

    def microphone(self) -> AsyncIterator[bytes]:
        """Frames of the customer's voice; ends when the customer hangs up or closes the page.

        Raises:
            LegLostError: From the iterator, when the connection broke.
        """
        return self._microphone.frames()

    def play(self, frame: bytes) -> None:
        """Send one frame; without a call that is up it goes nowhere.

        Raises:
            ValueError: The frame has not SPEAKER_FRAME_BYTES.
        """
        if len(frame) != SPEAKER_FRAME_BYTES:
            raise ValueError(f"a frame has {SPEAKER_FRAME_BYTES} bytes, not {len(frame)}")
        if self._state is LineState.UP and self._peer is not None:
            self._peer.speaker.play(frame)

    async def controls(self) -> AsyncIterator[Control]:
        """What the customer presses; ends with the call."""
        while (control := await self._controls.get()) is not None:
            yield control
        self._press(None)

    def show(self, caption: Caption) -> None:
        """Show a caption on the page that took the call."""
        if self._state is LineState.UP and self._taker is not None:
            self._taker.tell(
                {
                    "type": "caption",
                    "call": self.call,
                    "speaker": caption.speaker.value,
                    "text": caption.text,
                    "final": caption.final,
                }
            )

    def stills(self) -> tuple[StillFrame, ...]:
        """Still frames taken with both consents, at most `telephony.stills.MAX_STILLS`."""
        return self._peer.stills if self._peer is not None else ()

    async def hang_up(self) -> None:
        """Let the last frames out and end the call; a second call does nothing."""
        if self._state is LineState.UP and self._peer is not None:
            await self._peer.speaker.drained(_DRAIN_SECONDS)
        self.give_up()
        if self._closing is not None:
            await asyncio.shield(self._closing)

    @property
    def taker(self) -> Page | None:
        """The page that took the call."""
        return self._taker

    def give_up(self) -> None:
        """End the call at once, without letting the last frames out."""
        self._apply(LineEvent.AGENT_HUNG_UP)

    def page_opened(self, page: Page) -> None:
        """Ring on a page that opened, or tell it that the call is taken elsewhere."""
        if self._apply(LineEvent.PAGE_OPENED):
            page.tell(self._ringing_notice())
        else:
            page.tell({"type": "elsewhere", "call": self.call})

    def page_closed(self, page: Page) -> None:
        """A page closed; the one that is on the call ends it."""
        assert self._invitation is not None
        if page is self._taker:
            self._taker = None
            self._apply(LineEvent.TAKER_CLOSED)
        elif not self._board.pages(self._invitation.customer_reference):
            self._apply(LineEvent.LAST_PAGE_CLOSED)

    def page_said(self, page: Page, event: PageEvent) -> None:
        """Act on what a page said about this call; only the page that took it is heard once it is taken."""
        if event.kind is PageEventKind.TAKE:
            self._take(page)
        elif event.kind is PageEventKind.DECLINE and self._taker is None:
            self._apply(LineEvent.DECLINED)
        elif page is not self._taker:
            page.tell({"type": "elsewhere", "call": self.call})
        elif event.kind is PageEventKind.OFFER:
            if not self._offered and self._state is LineState.ANSWERING:
                self._offered = True
                self._board.run(self._negotiate(page, event.value))
        elif event.kind is PageEventKind.STILLS:
            self._consent(event.value == "yes")
        elif event.kind in _CONTROLS:
            if self._state is LineState.UP:
                self._press(Control(_CONTROLS[event.kind], event.value))
        else:
            self._apply(_LINE_EVENTS[event.kind])

    def _take(self, page: Page) -> None:
        if not self._apply(LineEvent.TAKEN):
            if page is not self._taker:
                page.tell({"type": "elsewhere", "call": self.call})
            return
        assert self._invitation is not None
        self._taker = page
        self._peer = Peer(
            self._board.ice_servers,
            self._microphone,
            on_audio=lambda: self._signal(LineEvent.AUDIO_FLOWS),
            on_lost=lambda: self._signal(LineEvent.AUDIO_LOST),
        )
        self._arm(self._board.setup_seconds)
        page.tell({"type": "taken", "call": self.call})
        for other in self._board.pages(self._invitation.customer_reference):
            if other is not page:
                other.tell({"type": "elsewhere", "call": self.call})

    async def _negotiate(self, page: Page, offer: str) -> None:
        assert self._peer is not None
        try:
            answer = await self._peer.accept(offer)
        except BadOfferError:
            self._apply(LineEvent.BAD_OFFER)
            return
        page.tell({"type": "answer", "call": self.call, "sdp": answer})

    def _consent(self, given: bool) -> None:
        if self._peer is not None and self._invitation is not None:
            self._peer.want_stills(given and self._invitation.stills_allowed)

    def _press(self, control: Control | None) -> None:
        if self._controls.full():
            self._controls.get_nowait()
        self._controls.put_nowait(control)

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._signal, LineEvent.TIME_IS_UP)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _signal(self, event: LineEvent) -> None:
        self._apply(event)

    def _apply(self, event: LineEvent) -> bool:
        """Take the step of an event; False where it changes nothing."""
        step = line_step(self._state, event)
        if step is None:
            return False
        self._state = step.state
        if step.end is not None:
            self._finish(step.end)
        elif step.state is LineState.RINGING:
            self._rings.set()
        elif step.state is LineState.UP:
            self._come_up()
        return True

    def _come_up(self) -> None:
        assert self._taker is not None
        self._disarm()
        self._taker.tell({"type": "up", "call": self.call})
        if not self._outcome.done():
            self._outcome.set_result(Disposition.ANSWERED)

    def _finish(self, end: LineEnd) -> None:
        self._end = end
        self._disarm()
        if self._invitation is not None:
            self._board.release(self._invitation.customer_reference, self)
            for page in self._board.pages(self._invitation.customer_reference):
                concerned = self._taker is None or page is self._taker
                page.tell({"type": "ended", "call": self.call, "reason": end.value if concerned else "over"})
        if end is LineEnd.CUSTOMER_HUNG_UP:
            self._press(Control(ControlKind.HANG_UP))
        self._press(None)
        self._microphone.close(lost=end is LineEnd.AUDIO_LOST)
        if not self._outcome.done():
            self._outcome.set_result(DISPOSITIONS.get(end, Disposition.FAILED))
        if self._peer is not None:
            self._closing = self._board.run(self._peer.close())

    def _ringing_notice(self) -> dict[str, object]:
        assert self._invitation is not None
        return {
            "type": "ringing",
            "call": self.call,
            "bank": self._invitation.bank_name,
            "code": self._invitation.match_code,
            "language": self._invitation.language.value,
            "stills": self._invitation.stills_allowed,
            "ice": [server.for_page() for server in self._board.ice_servers],
        }

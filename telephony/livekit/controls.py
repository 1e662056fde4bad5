"""What the customer in a room presses: keys of a telephone, buttons of a page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from telephony.leg import Control, ControlKind

_WAITING = 32
_PRESSED = {kind.value: kind for kind in ControlKind}
_KEYS = frozenset("0123456789*#ABCD")


class RoomControls:
    """The controls of one call, in order; the oldest that waits gives way."""

    def __init__(self, hang_up: Callable[[], None]) -> None:
        """Begin with nothing pressed.

        Args:
            hang_up: Ends the call, where the page's button for that is pressed.
        """
        self._hang_up = hang_up
        self._controls: asyncio.Queue[Control | None] = asyncio.Queue(_WAITING)

    async def next(self) -> Control | None:
        """The next control; None once the call has ended."""
        control = await self._controls.get()
        if control is None:
            self.put(None)
        return control

    def put(self, control: Control | None) -> None:
        """Something was pressed; None where the call has ended."""
        if self._controls.full():
            self._controls.get_nowait()
        self._controls.put_nowait(control)

    def digit(self, digit: str) -> None:
        """A key of a telephone."""
        if digit in _KEYS:
            self.put(Control(ControlKind.DTMF, digit))

    def packet(self, data: bytes) -> None:
        """A packet of the page, on CONTROLS_TOPIC; what is none is passed over."""
        try:
            said = json.loads(data)
            kind, value = _PRESSED[said["kind"]], str(said.get("value", ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        if kind is ControlKind.HANG_UP:
            self._hang_up()
        elif kind is ControlKind.ASK_HUMAN:
            self.put(Control(kind))
        else:
            self.digit(value)

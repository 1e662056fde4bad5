"""What is done where a machine answers: wait for its beep and leave the message, or hang up; give way to a person."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from agent.call.alarms import BEEP_S, HANG_UP_S, WORDS_S, Alarms
from agent.call.delivery import Delivery
from agent.call.floor import Floor, PendingTurn
from agent.call.happenings import Timer
from agent.dialogue.answering import SILENT, Answered, Answerer, answered_as
from agent.dialogue.conversation import Conversation
from agent.dialogue.reception import NO_BEEP

_CALLERS = frozenset({Answerer.PERSON, Answerer.SCREENER, Answerer.SCREENER_WAITS})
"""Whose words the conversation answers."""


class Machines:
    """The machine that may have answered one call; call screeners are talked with like people."""

    def __init__(
        self,
        *,
        conversation: Conversation,
        delivery: Delivery,
        floor: Floor,
        alarms: Alarms,
        drop: Callable[[], None],
        hang_up: Callable[[], None],
    ) -> None:
        """Take the parts of a call.

        Args:
            conversation: Tells machines and words the message.
            delivery: Speaks.
            floor: Who has the floor.
            alarms: Tells when it has waited for long enough.
            drop: Throws away every reply that is being prepared.
            hang_up: Ends the call as one in which no person came.
        """
        self._conversation = conversation
        self._delivery = delivery
        self._floor = floor
        self._alarms = alarms
        self._drop = drop
        self._hang_up = hang_up
        self._machine: Answerer | None = None
        self._message = False
        self._beeped = False

    @property
    def silent(self) -> bool:
        """Whether the agent says nothing: a machine speaks, or is waited for."""
        return self._machine is not None and not self._message

    def takes(self, turn: PendingTurn) -> bool:
        """Deal with a turn that a machine, or somebody in its place, spoke; false where it is to be answered."""
        if self._message:
            return self._over_message(turn)
        answerer = self._conversation.hears(turn.text)
        if self._machine is not None and answerer in _CALLERS and self._conversation.reception.speaks_on(turn.text):
            self._machine, self._beeped = None, False
            self._alarms.stop(Timer.BEEP)
            return False
        beeped, self._beeped = self._beeped, False
        if self._machine is None and answerer in _CALLERS and not (beeped and answerer is Answerer.PERSON):
            self._alarms.stop(Timer.BEEP)
            return False
        self._floor.leave_unanswered(turn)
        if self._machine is None or answerer in SILENT:
            self._machine = Answerer.VOICEMAIL if answerer in _CALLERS else answerer
        if beeped and self._machine is Answerer.VOICEMAIL:
            self._leave_message("beep")
        else:
            self._wait(self._machine)
        return True

    def beeped(self) -> None:
        """The line beeped as a machine does that is ready to record."""
        if self._message or self._machine in SILENT:
            return
        if self._machine is None and not self._conversation.machine_possible:
            return
        if self._machine is None and (self._floor.customer_active or self._floor.heard):
            # What beeps is still speaking: a call screener may be, whose beep asks for a name and not for a message.
            self._beeped = True
            self._alarms.set(Timer.BEEP, WORDS_S)
            return
        self._leave_message("words" if self._machine is not None else "beep")

    def due(self) -> None:
        """Nothing more was heard for a while."""
        if self._beeped and self._machine is None:
            self._leave_message("beep")
        elif self._machine is None or self._message:
            return
        elif self._floor.customer_active or self._floor.heard:
            self._wait(self._machine)
        else:
            self._end(answered_as(self._machine) if self._machine in SILENT else NO_BEEP)

    def _wait(self, machine: Answerer) -> None:
        """Fall silent until it beeps, or has said nothing more for a while."""
        self._drop()
        self._alarms.set(Timer.BEEP, HANG_UP_S if machine in SILENT else BEEP_S)
        self._delivery.fall_silent()

    def _end(self, answered: Answered) -> None:
        self._conversation.reception.nobody(answered)
        self._hang_up()

    def _leave_message(self, told_by: str) -> None:
        """Speak to the machine that answered, once."""
        self._message, self._machine, self._beeped = True, self._machine or Answerer.VOICEMAIL, False
        self._alarms.stop(Timer.BEEP)
        self._drop()
        if self._floor.pending is not None:
            self._floor.leave_unanswered(self._floor.pending)
        self._delivery.cut_in(self._delivery.renewed(partial(self._conversation.consider_machine, told_by)))

    def _over_message(self, turn: PendingTurn) -> bool:
        """Something speaks where the message is left: a person is greeted, or answered; a machine is let talk."""
        begun = self._conversation.ended
        if not self._conversation.reception.speaks_on(turn.text, over_message=begun):
            self._floor.leave_unanswered(turn)
            return True
        self._message, self._machine = False, None
        if not begun:
            self._delivery.call_off()
            return False
        self._drop()
        reply = self._conversation.consider_pick_up(turn.text)
        self._delivery.cut_in(self._delivery.reply(reply, turn.span))
        return True

"""What the agent says: one utterance at a time, what follows it, and what was heard of it."""

from __future__ import annotations

from collections.abc import Callable

from agent.call.alarms import PLAY_S, Alarms
from agent.call.floor import Floor
from agent.call.happenings import Timer
from agent.call.mouth import Mouth
from agent.call.preparation import Preparations
from agent.call.speaking import Speaking
from agent.call.utterance import Utterance
from agent.dialogue.conversation import Conversation, Reply
from agent.dialogue.keys import KEYPAD
from agent.observer import CallObserver
from agent.record.playback import Playback
from agent.record.turn_log import CustomerSpan, TurnLog
from cases.domain.vocabulary import Speaker
from telephony.leg import Caption, Leg

NEARLY_MS = 400.0
"""An utterance cut so shortly before its end was understood all the same."""


class Delivery:
    """Has the agent's utterances spoken, and tells conversation, log, leg and observer what was heard of them.

    Attributes:
        now: What is being said, or is about to be; None while nothing is.
    """

    def __init__(
        self,
        *,
        conversation: Conversation,
        mouth: Mouth,
        log: TurnLog,
        leg: Leg,
        observer: CallObserver,
        floor: Floor,
        preparations: Preparations,
        alarms: Alarms,
    ) -> None:
        """Take the parts of a call; `attach` gives it the session before anything is said."""
        self._conversation = conversation
        self._mouth = mouth
        self._log = log
        self._leg = leg
        self._observer = observer
        self._floor = floor
        self._preparations = preparations
        self._alarms = alarms
        self._say: Callable[[Speaking], Callable[[], None]]
        self._next: Utterance | None = None
        self.now: Utterance | None = None

    def attach(self, say: Callable[[Speaking], Callable[[], None]]) -> None:
        """Give it what has the session speak, and returns what cuts that short."""
        self._say = say

    @property
    def follows(self) -> bool:
        """Whether something is to be said at once after what is being said now."""
        return self._next is not None

    def speak(self, utterance: Utterance) -> None:
        """Say something; nothing else is being said."""
        for timer in (Timer.QUIET, Timer.AFTERTHOUGHT):
            self._alarms.stop(timer)
        self.now = utterance
        self._alarms.set(Timer.PLAY, PLAY_S)
        utterance.cut = self._say(utterance.speaking)

    def reply(self, reply: Reply, span: CustomerSpan | None = None, *, silence: bool = False) -> Utterance:
        """A reply as an utterance; its speech begins to be made."""
        return Utterance(Speaking(reply, self._mouth), span, silence=silence)

    def renewed(self, renew: Callable[[], Reply], span: CustomerSpan | None = None) -> Utterance:
        """An utterance that is made anew where the customer goes on before any of it was played."""
        return Utterance(Speaking(renew(), self._mouth), span, renew)

    def cut_in(self, utterance: Utterance) -> None:
        """Say something now; what is being said is cut short for it."""
        if self._next is not None:
            self._preparations.throw_away(self._next.speaking)
        self._next = utterance
        if self.now is None:
            self.go_next()
        else:
            self.now.cut()

    def go_next(self) -> bool:
        """Say what was to follow; whether there was anything."""
        following, self._next = self._next, None
        if following is not None:
            self.speak(following)
        return following is not None

    def fall_silent(self) -> None:
        """Cut short what is being said."""
        if self.now is not None:
            self.now.cut()

    def call_off(self) -> None:
        """Leave unsaid what nothing was heard of yet."""
        if self.now is not None and not self.now.committed:
            self.now.renew = None
            self.now.cut()

    def over(self, speaking: Speaking) -> Utterance | None:
        """Nothing more of this will be played: it is recorded and returned; None where it was over already.

        Raises:
            SpeechError: It broke off because nothing can speak any more.
        """
        now = self.now
        if now is None or now.speaking is not speaking:
            return None
        self.now = None
        self._alarms.stop(Timer.PLAY)
        self._record(now)
        self._preparations.throw_away(speaking)
        if speaking.error is not None:
            raise speaking.error
        return now

    def started(self, playback: Playback) -> None:
        """The first frame of an utterance is about to go out: what it answers becomes what happened."""
        now = self.now
        if now is None or now.speaking.playback is not playback:
            return
        now.committed = self._floor.opened = True
        self._floor.cutting_in = self._floor.passed_over = False
        self._floor.leave_doubtful()
        self._alarms.stop(Timer.PLAY)
        self.commit(now.speaking.reply, now.span)
        self._show(now.speaking, "", final=False)

    def progressed(self, playback: Playback) -> None:
        """Another frame of an utterance went out."""
        now = self.now
        if now is None or now.speaking.playback is not playback:
            return
        begun = now.speaking.newly_begun()
        if begun is not None:
            self._observer.agent_speaking(begun, now.speaking.reply.acts)
            self._show(now.speaking, begun, final=False)

    def commit(self, reply: Reply, span: CustomerSpan | None) -> None:
        """Make a reply what happens, and log the customer's turn that it answers.

        Words that wait for an answer while a key is answered get none.
        """
        if reply.brain == KEYPAD and self._floor.pending is not None:
            self._floor.leave_unanswered(self._floor.pending)
        index = self._conversation.next_turn
        self._conversation.commit(reply)
        if reply.customer_text is not None and span is not None:
            self._floor.pending = None
            turn = self._log.customer(index, reply.customer_text, span, reply.reading, reply.brain)
            self._leg.show(Caption(Speaker.CUSTOMER, reply.customer_text, final=True))
            self._observer.customer_spoke(turn)

    def drop_now(self) -> None:
        """The call is over: record what was being said."""
        now, self.now = self.now, None
        if now is not None:
            self._record(now)
            self._preparations.throw_away(now.speaking)

    def drop_next(self) -> None:
        """The call is over: throw away what nobody will hear."""
        if self._next is not None:
            self._preparations.throw_away(self._next.speaking)

    def _record(self, utterance: Utterance) -> None:
        """Tell the conversation and the log what was heard of an utterance."""
        speaking, playback = utterance.speaking, utterance.speaking.playback
        if not utterance.committed:
            return
        heard = speaking.heard
        nearly = playback.started and speaking.left_ms <= NEARLY_MS
        index = self._conversation.played(speaking.reply, heard, complete=playback.complete or nearly)
        self._show(speaking, heard, final=True)
        self._floor.patience = speaking.reply.patience
        barge, self._floor.barge_from_ms = self._floor.barge_from_ms, None
        if heard:
            cut = not playback.complete
            turn = self._log.agent(index, speaking.reply, playback, heard, cut=cut, barge_from_ms=barge)
            self._observer.agent_spoke(turn)

    def _show(self, speaking: Speaking, text: str, *, final: bool) -> None:
        self._leg.show(Caption(Speaker.AGENT, text, final, speaking.reply.acts))

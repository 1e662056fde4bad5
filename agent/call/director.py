"""Runs a call: what is said when, and when it ends. The conversation decides what is said, this decides when."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from agent.call.alarms import AFTERTHOUGHT_S, BEEP_S, CONFIRM_S, GRACE_S, PLAY_S, Alarms
from agent.call.custody import Custody
from agent.call.floor import Floor, PendingTurn
from agent.call.happenings import (
    BeepHeard,
    Due,
    Happening,
    NoiseOver,
    Over,
    Prepared,
    Requested,
    SecretBegun,
    SessionStalledError,
    SpeechOver,
    Timer,
    TurnConfirmed,
    TurnHeard,
)
from agent.call.mouth import Mouth
from agent.call.preparation import Preparation, Preparations
from agent.call.speaking import Speaking
from agent.call.utterance import Utterance
from agent.dialogue.conversation import Conversation, Reply
from agent.dialogue.endings import ending_of
from agent.observer import CallObserver
from agent.record.playback import Playback
from agent.record.turn_log import CustomerSpan, TurnLog
from cases.domain.call import CallEnding
from cases.domain.vocabulary import Speaker
from telephony.leg import Caption, Leg

NEARLY_MS = 400.0
"""An utterance cut so shortly before its end was understood all the same."""
LAST_WORDS_S = 3.0
"""How long the words that a customer hung up on may take to be understood."""
MOST_AFTERTHOUGHTS = 3
"""A customer who cuts the last words off more often than this is not answered any more."""
_log = logging.getLogger(__name__)


class Director:
    """Runs one call."""

    def __init__(
        self,
        *,
        conversation: Conversation,
        mouth: Mouth,
        log: TurnLog,
        custody: Custody,
        leg: Leg,
        observer: CallObserver,
        silence_seconds: float,
        max_seconds: float,
    ) -> None:
        """Take the parts of a call.

        Args:
            conversation: Decides what is said.
            mouth: Speaks.
            log: Keeps the turns.
            custody: Keeps secrets off the disk.
            leg: Shows captions.
            observer: Sees what happens.
            silence_seconds: Silence after the agent's words that is answered.
            max_seconds: Cap on the call.
        """
        self._conversation = conversation
        self._mouth = mouth
        self._log = log
        self._leg = leg
        self._observer = observer
        self._silence_seconds = silence_seconds
        self._max_seconds = max_seconds
        self._happenings: asyncio.Queue[Happening] = asyncio.Queue()
        self._preparations = Preparations(conversation, mouth, observer)
        self.floor = Floor(
            conversation=conversation,
            preparations=self._preparations,
            log=log,
            custody=custody,
            leg=leg,
            observer=observer,
            post=self.post,
        )
        self._say: Callable[[Speaking], Callable[[], None]]
        self._now: Utterance | None = None
        self._answering: Preparation | None = None
        self._next: Utterance | None = None
        self._alarms = Alarms(self.post)
        self._ending: CallEnding | None = None
        self._capped = False
        self._afterthoughts = 0
        self._machine = ""
        self._message = False

    def post(self, happening: Happening) -> None:
        """Tell what happened; callable from anywhere on the event loop."""
        self._happenings.put_nowait(happening)

    async def run(self, say: Callable[[Speaking], Callable[[], None]]) -> CallEnding:
        """Hold the conversation.

        Args:
            say: Has the session speak, and returns what cuts that short.

        Returns:
            How the call ended.

        Raises:
            SessionStalledError: The session does not do its part.
            SpeechError: Nothing can speak any more.
        """
        self._say = say
        self._alarms.set(Timer.CAP, self._max_seconds)
        self._speak(self._renewed(self._conversation.open))
        while self._ending is None:
            self._take(await self._happenings.get())
        return self._ending

    async def wind_up(self) -> None:
        """Record what was under way when the call ended, and throw away what nobody will hear."""
        self._alarms.stop_all()
        now, self._now = self._now, None
        if now is not None:
            self._record(now)
            self._preparations.throw_away(now.speaking)
        await self._last_words()
        if self._next is not None:
            self._preparations.throw_away(self._next.speaking)
        await self._preparations.aclose()

    def started(self, playback: Playback) -> None:
        """The first frame of an utterance is about to go out: what it answers becomes what happened."""
        now = self._now
        if now is None or now.speaking.playback is not playback:
            return
        now.committed = self.floor.opened = True
        self.floor.cutting_in = self.floor.passed_over = False
        self._alarms.stop(Timer.PLAY)
        self._commit(now.speaking.reply, now.span)
        self._show(now.speaking, "", final=False)

    def progressed(self, playback: Playback) -> None:
        """Another frame of an utterance went out."""
        now = self._now
        if now is None or now.speaking.playback is not playback:
            return
        begun = now.speaking.newly_begun()
        if begun is not None:
            self._observer.agent_speaking(begun, now.speaking.reply.acts)
            self._show(now.speaking, begun, final=False)

    def _take(self, happening: Happening) -> None:
        match happening:
            case TurnHeard():
                self._alarms.set(Timer.CONFIRM, CONFIRM_S)
            case TurnConfirmed():
                self._turn_confirmed()
            case NoiseOver():
                self._go_on()
            case Prepared(preparation):
                self._prepared(preparation)
            case SpeechOver(speaking):
                self._speech_over(speaking)
            case SecretBegun(text, span):
                self._forget_answer()
                reply = self._conversation.consider_secret(text)
                self.floor.pending = None
                self._cut_in(Utterance(Speaking(reply, self._mouth), span))
            case BeepHeard():
                if self._machine or self._conversation.machine_possible:
                    self._leave_message("beep")
            case Requested(request):
                self._forget_answer()
                self._cut_in(self._renewed(partial(self._conversation.consider_request, request)))
            case Due(timer) as due if self._alarms.current(due):
                self._due(timer)
            case Over(ending):
                self._ending = ending

    def _turn_confirmed(self) -> None:
        self._alarms.stop(Timer.CONFIRM)
        turn = self.floor.take_turn()
        if turn is None:
            return
        if self._machine or self._conversation.hears_machine(turn.text):
            self.floor.leave_unanswered(turn)
            self._await_beep()
        elif self.floor.opened:
            self._answer(turn)
        else:
            # "Hello?" before the greeting was heard answers nothing.
            self.floor.leave_unanswered(turn)
            self._go_on()

    def _await_beep(self) -> None:
        """A machine greets: fall silent until it beeps, or has said nothing more for a while."""
        self._preparations.drop()
        self._forget_answer()
        if self._message:
            return
        self._machine = self._machine or "words"
        self._alarms.set(Timer.BEEP, BEEP_S)
        if self._now:
            self._now.cut()

    def _leave_message(self, told_by: str) -> None:
        """Speak to the machine that answered, once."""
        if self._message:
            return
        self._message, self._machine = True, self._machine or told_by
        self._alarms.stop(Timer.BEEP)
        self._preparations.drop()
        self._forget_answer()
        if self.floor.pending is not None:
            self.floor.leave_unanswered(self.floor.pending)
        self._cut_in(self._renewed(partial(self._conversation.consider_machine, self._machine)))

    def _answer(self, turn: PendingTurn) -> None:
        self._forget_answer()
        preparation = self._preparations.take(turn.text, turn.alternatives, turn.acoustics)
        self._answering = preparation
        preparation.task.add_done_callback(lambda _: self.post(Prepared(preparation)))

    def _prepared(self, preparation: Preparation) -> None:
        if self._answering is not preparation:
            return
        self._answering = None
        if self.floor.customer_active or self.floor.heard or self.floor.pending is None:
            # The customer went on before anything was said: the words stay pending and belong to what comes now.
            self._preparations.throw_away(preparation)
            return
        self._speak(Utterance(preparation.task.result(), self.floor.pending.span))

    def _forget_answer(self) -> None:
        if self._answering is not None:
            self._preparations.throw_away(self._answering)
            self._answering = None

    def _speak(self, utterance: Utterance) -> None:
        for timer in (Timer.QUIET, Timer.AFTERTHOUGHT):
            self._alarms.stop(timer)
        self._now = utterance
        self._alarms.set(Timer.PLAY, PLAY_S)
        utterance.cut = self._say(utterance.speaking)

    def _renewed(self, renew: Callable[[], Reply]) -> Utterance:
        """An utterance that is made anew where the customer goes on before any of it was played."""
        return Utterance(Speaking(renew(), self._mouth), renew=renew)

    def _cut_in(self, utterance: Utterance) -> None:
        """Say something now; what is being said is cut short for it."""
        if self._next is not None:
            self._preparations.throw_away(self._next.speaking)
        self._next = utterance
        if self._now is None:
            self._go_next()
        else:
            self._now.cut()

    def _go_next(self) -> bool:
        following, self._next = self._next, None
        if following is not None:
            self._speak(following)
        return following is not None

    def _speech_over(self, speaking: Speaking) -> None:
        if (now := self._now) is None or now.speaking is not speaking:
            return
        self._now = None
        self.floor.cutting_in = self._next is not None and self.floor.cutting_in
        self._alarms.stop(Timer.PLAY)
        self._record(now)
        self._preparations.throw_away(speaking)
        if speaking.error is not None:
            raise speaking.error
        if self._capped:
            self._ending = CallEnding.LENGTH_CAP
        elif self._go_next():
            return
        elif self._machine and not self._message:
            return
        elif not now.committed:
            self._unheard(now)
        elif self._conversation.ended and (speaking.playback.complete or self._afterthoughts >= MOST_AFTERTHOUGHTS):
            self._ending = ending_of(self._conversation, silent=now.silence)
        else:
            self._go_on()

    def _unheard(self, utterance: Utterance) -> None:
        """The customer went on before any of an utterance was played."""
        if utterance.renew is not None:
            self._speak(self._renewed(utterance.renew))
            return
        self._go_on()

    def _record(self, utterance: Utterance) -> None:
        """Tell the conversation and the log what was heard of an utterance."""
        speaking, playback = utterance.speaking, utterance.speaking.playback
        if not utterance.committed:
            return
        heard = speaking.heard
        nearly = playback.started and speaking.left_ms <= NEARLY_MS
        index = self._conversation.played(speaking.reply, heard, complete=playback.complete or nearly)
        self._show(speaking, heard, final=True)
        self.floor.patience = speaking.reply.patience
        barge, self.floor.barge_from_ms = self.floor.barge_from_ms, None
        if heard:
            cut = not playback.complete
            turn = self._log.agent(index, speaking.reply, playback, heard, cut=cut, barge_from_ms=barge)
            self._observer.agent_spoke(turn)

    def _commit(self, reply: Reply, span: CustomerSpan | None) -> None:
        index = self._conversation.next_turn
        self._conversation.commit(reply)
        if reply.customer_text is not None and span is not None:
            self.floor.pending = None
            turn = self._log.customer(index, reply.customer_text, span, reply.reading, reply.brain)
            self._leg.show(Caption(Speaker.CUSTOMER, reply.customer_text, final=True))
            self._observer.customer_spoke(turn)

    async def _last_words(self) -> None:
        """Words that the customer said and nobody answered any more still count."""
        self._forget_answer()
        turn = self.floor.take_turn() or self.floor.pending
        if turn is None or not turn.text or not self.floor.opened:
            return
        preparation = self._preparations.take(turn.text, turn.alternatives, turn.acoustics)
        await asyncio.wait({preparation.task}, timeout=LAST_WORDS_S)
        failure = preparation.task.exception() if preparation.task.done() else None
        if failure is not None or not preparation.task.done():
            _log.error("the customer's last words were not understood", exc_info=failure)
        else:
            self._commit(preparation.task.result().reply, turn.span)
        self._preparations.throw_away(preparation)

    def _show(self, speaking: Speaking, text: str, *, final: bool) -> None:
        self._leg.show(Caption(Speaker.AGENT, text, final, speaking.reply.acts))

    def _go_on(self) -> None:
        """Where nothing is under way: answer what was left over, say what was cut off, or wait, but not for ever."""
        if self._busy():
            return
        if self.floor.pending is not None:
            self._answer(self.floor.pending)
        elif (rest := self._conversation.consider_resumption()) is not None:
            self._speak(Utterance(Speaking(rest, self._mouth)))
        elif self._conversation.ended:
            self._afterthoughts += 1
            self._alarms.set(Timer.AFTERTHOUGHT, AFTERTHOUGHT_S)
        else:
            self._alarms.set(Timer.QUIET, self._silence_seconds * self.floor.quiet_patience)

    def _due(self, timer: Timer) -> None:
        match timer:
            case Timer.QUIET:
                if not self._busy():
                    reply = self._conversation.consider_silence()
                    self._speak(Utterance(Speaking(reply, self._mouth), silence=True))
            case Timer.CONFIRM:
                raise SessionStalledError("The session did not confirm a turn.")
            case Timer.PLAY:
                if not self.floor.customer_active:
                    raise SessionStalledError("The session did not play an utterance.")
                self._alarms.set(Timer.PLAY, PLAY_S)
            case Timer.AFTERTHOUGHT:
                if not self._busy():
                    self._ending = ending_of(self._conversation, silent=False)
            case Timer.BEEP:
                if self.floor.customer_active or self.floor.heard:
                    self._alarms.set(Timer.BEEP, BEEP_S)
                else:
                    self._leave_message(self._machine)
            case Timer.CAP:
                self._capped = True
                self._alarms.set(Timer.CAP_OVER, GRACE_S if self._now is not None else 0.0)
            case Timer.CAP_OVER:
                self._ending = CallEnding.LENGTH_CAP

    def _busy(self) -> bool:
        floor, waiting = self.floor, self._machine and not self._message
        return bool(waiting or self._now or self._answering or floor.customer_active or floor.heard)

"""Runs a call: what is said when, and when it ends. The conversation decides what is said, this decides when."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from agent.call.alarms import AFTERTHOUGHT_S, CONFIRM_S, DOUBT_S, GRACE_S, PLAY_S, Alarms
from agent.call.custody import Custody
from agent.call.delivery import Delivery
from agent.call.floor import Floor, PendingTurn
from agent.call.happenings import (
    BeepHeard,
    Due,
    Happening,
    KeyPressed,
    NoiseOver,
    Over,
    PersonNews,
    Prepared,
    Requested,
    SecretBegun,
    SessionStalledError,
    SpeechOver,
    Timer,
    TurnConfirmed,
    TurnHeard,
)
from agent.call.keypad import KEYS_S, Keypad, Pressed
from agent.call.machines import Machines
from agent.call.mouth import Mouth
from agent.call.people.transfers import Transfers
from agent.call.preparation import Preparation, Preparations
from agent.call.speaking import Speaking
from agent.call.utterance import Utterance
from agent.dialogue.conversation import Conversation
from agent.dialogue.endings import ending_of
from agent.observer import CallObserver
from agent.record.turn_log import TurnLog
from agent.speech.errors import SpeechError
from cases.domain.call import CallEnding
from cases.domain.script_reading import Cue
from telephony.leg import Leg

LAST_WORDS_S = 3.0
"""How long the words that a customer hung up on may take to be understood."""
MOST_AFTERTHOUGHTS = 3
"""A customer who cuts the last words off more often than this is not answered any more."""
_log = logging.getLogger(__name__)


class Director:
    """Runs one call.

    Attributes:
        floor: Who has the floor.
        delivery: What the agent says.
        alarms: The timers.
        transfers: What is done around a person, or None where none can join; set before `run`.
    """

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
        self.alarms = Alarms(self.post)
        self.delivery = Delivery(
            conversation=conversation,
            mouth=mouth,
            log=log,
            leg=leg,
            observer=observer,
            floor=self.floor,
            preparations=self._preparations,
            alarms=self.alarms,
        )
        self._answering: Preparation | None = None
        self._keypad = Keypad()
        self._pressed: Pressed | None = None
        self._ending: CallEnding | None = None
        self._capped = False
        self._afterthoughts = 0
        self._machines = self._machines_of(conversation)
        self.transfers: Transfers | None = None

    def _machines_of(self, conversation: Conversation) -> Machines:
        return Machines(
            conversation=conversation,
            delivery=self.delivery,
            floor=self.floor,
            alarms=self.alarms,
            drop=self._drop_answers,
            hang_up=lambda: self.post(Over(CallEnding.NO_PERSON)),
        )

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
        self.delivery.attach(say)
        self.alarms.set(Timer.CAP, self._max_seconds)
        self.delivery.speak(self.delivery.renewed(self._conversation.open))
        while self._ending is None:
            self._take(await self._happenings.get())
        return self._ending

    async def wind_up(self) -> None:
        """Record what was under way when the call ended, and throw away what nobody will hear."""
        self.alarms.stop_all()
        self.delivery.drop_now()
        await self._last_words()
        self.delivery.drop_next()
        await self._preparations.aclose()

    def _take(self, happening: Happening) -> None:
        match happening:
            case TurnHeard():
                self.alarms.set(Timer.CONFIRM, CONFIRM_S)
            case TurnConfirmed():
                self._turn_confirmed()
            case NoiseOver():
                self._go_on()
            case Prepared(preparation):
                self._prepared(preparation)
            case SpeechOver(speaking):
                self._speech_over(speaking)
            case PersonNews(news) if self.transfers is not None:
                self.transfers.take(news)
            case SecretBegun(text, span):
                self._forget_answer()
                reply = self._conversation.consider_secret(text)
                self.floor.pending = None
                self.delivery.cut_in(self.delivery.reply(reply, span))
            case BeepHeard():
                self._machines.beeped()
            case Requested(request) if not self._conversation.with_person:
                self._forget_answer()
                self.delivery.cut_in(self.delivery.renewed(partial(self._conversation.consider_request, request)))
            case KeyPressed(key):
                self._keypad.press(key, self.floor.now_ms)
                self.alarms.set(Timer.KEYS, KEYS_S)
            case Due(timer) as due if self.alarms.current(due):
                self._due(timer)
            case Over(ending) if not self._outlasts(ending):
                self._ending = ending

    def _turn_confirmed(self) -> None:
        self.alarms.stop(Timer.CONFIRM)
        turn = self.floor.take_turn()
        if turn is None:
            return
        if self._conversation.with_person:
            self.floor.leave_unanswered(turn)
            self._go_on()
        elif self._machines.takes(turn):
            self._go_on()
        elif self.floor.opened:
            self._answer(turn)
        else:
            # "Hello?" before the greeting was heard answers nothing.
            self.floor.leave_unanswered(turn)
            self._go_on()

    def _drop_answers(self) -> None:
        self._preparations.drop()
        self._forget_answer()

    def _keys_over(self) -> None:
        """Nothing more is pressed: fall silent and react, where the keys mean anything."""
        pressed = self._keypad.take()
        if pressed is None or self._conversation.consider_keys(pressed.keys) is None:
            return
        self._pressed = pressed
        if self.delivery.now is None:
            self._answer_keys()
        else:
            self.delivery.fall_silent()

    def _answer_keys(self) -> bool:
        """React to keys, once it is known what the customer heard before; whether there was anything to react to."""
        pressed, self._pressed = self._pressed, None
        if pressed is None:
            return False
        first = self._conversation.consider_keys(pressed.keys)
        if first is None:
            return False
        self._drop_answers()
        answer = partial(self._conversation.consider_keys, pressed.keys)
        self.delivery.cut_in(self.delivery.renewed(lambda: answer() or first, pressed.span))
        return True

    def _answer(self, turn: PendingTurn) -> None:
        self._forget_answer()
        preparation = self._preparations.take(turn.text, turn.alternatives, turn.acoustics)
        self._answering = preparation
        preparation.task.add_done_callback(lambda _: self.post(Prepared(preparation)))

    def _prepared(self, preparation: Preparation) -> None:
        if self._answering is not preparation:
            return
        self._answering = None
        busy = self.floor.customer_active or self.floor.heard or self.delivery.now is not None
        if busy or self.floor.pending is None:
            # The customer went on before anything was said: the words stay pending and belong to what comes now.
            self._preparations.throw_away(preparation)
            return
        self.delivery.speak(Utterance(preparation.task.result(), self.floor.pending.span))

    def _forget_answer(self) -> None:
        if self._answering is not None:
            self._preparations.throw_away(self._answering)
            self._answering = None

    def _speech_over(self, speaking: Speaking) -> None:
        try:
            now = self.delivery.over(speaking)
        except SpeechError as error:
            if not self._outlasts(error):
                raise
            return
        if now is None:
            return
        self.floor.cutting_in = self.delivery.follows and self.floor.cutting_in
        if self.transfers is not None:
            self.transfers.settle()
        if self._capped:
            self._ending = CallEnding.LENGTH_CAP
        elif self.delivery.go_next() or self._answer_keys():
            return
        elif self._machines.silent:
            return
        elif not now.committed:
            self._unheard(now)
        elif self._conversation.ended and (speaking.playback.complete or self._afterthoughts >= MOST_AFTERTHOUGHTS):
            self._ending = self._ended(silent=now.silence)
        else:
            self._go_on()

    def _unheard(self, utterance: Utterance) -> None:
        """The customer went on before any of an utterance was played."""
        if utterance.renew is not None:
            self.delivery.speak(self.delivery.renewed(utterance.renew, utterance.span))
            return
        self._go_on()

    async def _last_words(self) -> None:
        """Words that the customer said and nobody answered any more still count."""
        self._forget_answer()
        turn = self.floor.take_doubtful() or self.floor.pending
        if turn is None or not turn.text or not self.floor.opened:
            return
        if self._conversation.with_person:
            self.floor.leave_unanswered(turn)
            return
        preparation = self._preparations.take(turn.text, turn.alternatives, turn.acoustics)
        await asyncio.wait({preparation.task}, timeout=LAST_WORDS_S)
        failure = preparation.task.exception() if preparation.task.done() else None
        if failure is not None or not preparation.task.done():
            _log.error("the customer's last words were not understood", exc_info=failure)
        else:
            self.delivery.commit(preparation.task.result().reply, turn.span)
        self._preparations.throw_away(preparation)

    def _go_on(self) -> None:
        """Where nothing is under way: answer what was left over, say what was cut off, or wait, but not for ever."""
        if self._conversation.with_person and self.transfers is not None:
            self.transfers.go_on()
        if self._busy() or self._conversation.with_person:
            return
        if self.floor.pending is not None:
            self._answer(self.floor.pending)
        elif self.transfers is not None and self.transfers.go_on():
            return
        elif (rest := self._conversation.consider_resumption()) is not None:
            self.delivery.speak(self.delivery.reply(rest))
        elif self._conversation.ended:
            self._afterthoughts += 1
            self.alarms.set(Timer.AFTERTHOUGHT, AFTERTHOUGHT_S)
        else:
            quiet_s = self._silence_seconds * self.floor.quiet_patience
            self.alarms.set(Timer.QUIET, quiet_s if self.floor.doubtful is None else DOUBT_S)

    def _due(self, timer: Timer) -> None:
        match timer:
            case Timer.QUIET:
                if self._busy():
                    return
                if (doubtful := self.floor.take_doubtful()) is not None:
                    self._answer(doubtful)
                else:
                    reply = self._conversation.consider_silence()
                    self.delivery.speak(self.delivery.reply(reply, silence=True))
            case Timer.CONFIRM:
                raise SessionStalledError("The session did not confirm a turn.")
            case Timer.PLAY:
                if not self.floor.customer_active:
                    raise SessionStalledError("The session did not play an utterance.")
                self.alarms.set(Timer.PLAY, PLAY_S)
            case Timer.AFTERTHOUGHT:
                if not self._busy():
                    self._ending = self._ended(silent=False)
            case Timer.BEEP:
                self._machines.due()
            case Timer.KEYS:
                self._keys_over()
            case Timer.REASSURE | Timer.WAIT if self.transfers is not None:
                self.transfers.due(timer)
            case Timer.CAP:
                self._capped = True
                self.alarms.set(Timer.CAP_OVER, GRACE_S if self.delivery.now is not None else 0.0)
            case Timer.CAP_OVER:
                self._ending = CallEnding.LENGTH_CAP

    def _outlasts(self, failure: CallEnding | SpeechError) -> bool:
        """Whether the call goes on without the agent's ears or voice, because of a person."""
        ended = self._ending is not None or isinstance(failure, CallEnding) and failure is not CallEnding.ENGINE_FAILED
        return not ended and self.transfers is not None and self.transfers.outlasts(failure)

    def _ended(self, *, silent: bool) -> CallEnding:
        transferred = self.transfers.ending if self.transfers is not None else None
        return transferred or ending_of(self._conversation, silent=silent)

    def say_to(self, cue: Cue) -> None:
        """Say what the script says to what becomes of a person, now."""
        self._preparations.drop()
        self._forget_answer()
        self.delivery.cut_in(self.delivery.renewed(partial(self._conversation.consider_person, cue)))

    def end(self, ending: CallEnding) -> None:
        """End the call."""
        self._ending = ending
        self.post(Over(ending))

    @property
    def speaking(self) -> bool:
        """Whether the agent or the customer has the floor."""
        return self._busy()

    def _busy(self) -> bool:
        floor, waiting = self.floor, self._machines.silent
        return bool(waiting or self.delivery.now or self._answering or floor.customer_active or floor.heard)

"""The floor of a running call: what the hearing sees, and what becomes of what it tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent.brains.lexicon import expected_phrases
from agent.call.audio_io import LineOutput
from agent.call.custody import Custody
from agent.call.happenings import BeepHeard, Happening, NoiseOver, SecretBegun, TurnHeard
from agent.call.line_input import LineInput
from agent.call.preparation import Preparations
from agent.dialogue.conversation import Conversation
from agent.dialogue.doubt import Acoustics
from agent.observer import CallObserver
from agent.record.turn_log import CustomerSpan, TurnLog
from agent.speech.vad import WINDOW_MS
from cases.domain.call import Turn
from cases.domain.vocabulary import Language, Question, Speaker
from telephony.leg import Caption, Leg

WORDS = "\N{HORIZONTAL ELLIPSIS}"
"""Stands for the customer's words where the session's framework needs a text."""

QUESTION_MS = 400.0
"""What the agent has left to say when people begin to answer its question; a yes before that agrees, no more."""
ASIDE_PATIENCE = 2.0
"""Factor on how long a customer is waited for who spoke to somebody else."""


@dataclass(frozen=True, slots=True)
class HeardTurn:
    """A turn of the customer as it was heard.

    Attributes:
        text: The words; empty where speech was not understood.
        alternatives: Other readings of them, best first.
        from_ms: Where in the recording the turn can begin at the earliest.
        until_ms: Where it is over.
        acoustics: How it was heard.
    """

    text: str
    alternatives: tuple[str, ...]
    from_ms: float
    until_ms: float
    acoustics: Acoustics


@dataclass(frozen=True, slots=True)
class PendingTurn:
    """Words that the session confirmed and that no reply has begun to answer: more may still be added to them.

    Attributes:
        text: The words.
        alternatives: Other readings, best first.
        span: Where they lie.
        acoustics: How they were heard.
    """

    text: str
    alternatives: tuple[str, ...]
    span: CustomerSpan
    acoustics: Acoustics


class Floor:
    """Who has the floor in one call.

    Attributes:
        opened: Whether the greeting has begun.
        customer_active: Whether the customer has the floor and has not finished.
        heard: Turns that have ended and were not taken up yet.
        pending: What waits for an answer, until the first sound of that answer.
        patience: Factor on how long to wait for the customer.
        passed_over: Whether talk was passed over since the agent spoke last.
        doubtful: What may have been said to somebody else, while nothing has followed it; or None.
        cutting_in: Whether the agent is about to cut in on a secret: the floor is the agent's before it can be heard.
        barge_from_ms: Where the words that cut the agent off last can begin at the earliest, or None.
    """

    def __init__(
        self,
        *,
        conversation: Conversation,
        preparations: Preparations,
        log: TurnLog,
        custody: Custody,
        leg: Leg,
        observer: CallObserver,
        post: Callable[[Happening], None],
    ) -> None:
        """Take the parts of a call; `attach` gives it the line before anything is heard."""
        self._conversation = conversation
        self._preparations = preparations
        self._log = log
        self._custody = custody
        self._leg = leg
        self._observer = observer
        self._post = post
        self._line_in: LineInput
        self._line_out: LineOutput
        self._began_ms = 0.0
        self._settling_ms = 0.0
        self.opened = False
        self.customer_active = False
        self.heard: list[HeardTurn] = []
        self.pending: PendingTurn | None = None
        self.patience = 1.0
        self.passed_over = False
        self.doubtful: HeardTurn | None = None
        self.cutting_in = False
        self.barge_from_ms: float | None = None

    def attach(self, line_in: LineInput, line_out: LineOutput) -> None:
        """Give it the line."""
        self._line_in = line_in
        self._line_out = line_out

    @property
    def language(self) -> Language:
        """Language of the call."""
        return self._conversation.language

    @property
    def question(self) -> Question | None:
        """The question that is open."""
        return self._conversation.question

    @property
    def phrases(self) -> tuple[str, ...]:
        """Answers that are likely now."""
        return expected_phrases(self.language, self.question)

    @property
    def carried(self) -> str:
        """Words that belong to the turn under way."""
        waiting = [self.pending.text] if self.pending else []
        return " ".join(text for text in (*waiting, *(turn.text for turn in self.heard)) if text)

    @property
    def agent_has_floor(self) -> bool:
        """Whether the agent is speaking, holds, or is about to cut in."""
        return self.cutting_in or self._line_out.audible

    @property
    def quiet_patience(self) -> float:
        """Factor on how long silence is left alone."""
        return max(self.patience, ASIDE_PATIENCE) if self.passed_over else self.patience

    @property
    def interruptible(self) -> bool:
        """Whether what the agent says may be cut."""
        playing = self._line_out.playing
        return not self.cutting_in and (playing is None or playing.interruptible)

    @property
    def mid_line(self) -> bool:
        """Whether the agent has more to say than the end of its question: what is heard does not answer that yet."""
        return self._line_out.left_ms > QUESTION_MS

    @property
    def clear(self) -> bool:
        """Whether the agent may begin to speak: the customer has finished, and does not go on at once."""
        return not self.customer_active and self._settling_ms <= 0

    def settles_in(self, silence_ms: float) -> None:
        """The customer's turn is over if they stay silent so much longer."""
        self._settling_ms = silence_ms

    def begins_secret(self, text: str) -> bool:
        """Whether these words of the customer begin a secret."""
        return self._conversation.secret_at(f"{self.carried} {text}".strip()) is not None

    def place_ms(self, sample: int) -> float:
        """Where a sample of the microphone lies in the recording."""
        return self._line_in.place_ms(sample)

    @property
    def now_ms(self) -> float:
        """Where in the recording the customer's newest audio lies."""
        return self._line_in.now_ms

    def utterance_begins(self, from_ms: float) -> None:
        """The customer makes a sound, with the floor or over the agent: nothing of it is written yet."""
        self._custody.begins(from_ms, goes_on=self._waiting_from_ms is not None)

    def utterance_ends(self, until_ms: float, silence_ms: float, *readings: str) -> None:
        """That sound is over and understood, as `readings`."""
        joined = (f"{self.carried} {text}".strip() for text in readings)
        self._custody.ends(until_ms, silence_ms, *joined)

    def quiet(self, at_ms: float, *, voiced: bool) -> None:
        """Nobody has begun to speak, for one window more."""
        self._settling_ms -= WINDOW_MS
        self._custody.quiet(at_ms, voiced=voiced, waiting_from_ms=self._waiting_from_ms)

    @property
    def _waiting_from_ms(self) -> float | None:
        """Where the words begin that no reply has begun to answer."""
        waiting = [self.pending.span.from_ms] if self.pending else []
        return min((*waiting, *(turn.from_ms for turn in self.heard)), default=None)

    def duck(self, on: bool) -> None:
        """Speak more softly, or at full loudness."""
        self._line_out.duck(on)

    def hold(self) -> None:
        """Fall silent and keep the place."""
        self._line_out.hold()

    def speak_on(self) -> None:
        """Speak on softly where the agent fell silent."""
        if self._line_out.held:
            self._line_out.release()
            self._line_out.duck(True)

    def go_on(self, heard: str, from_ms: float, until_ms: float) -> None:
        """Go on where the agent stopped; a backchannel is noted as a turn that changes nothing."""
        self._line_out.release()
        if heard:
            self._note(heard, CustomerSpan(from_ms, until_ms))
        self._observer.went_on(int(until_ms))
        self._post(NoiseOver())

    def customer_begins(self, from_ms: float) -> None:
        """The customer has the floor."""
        self.leave_doubtful()
        self.customer_active = True
        self._began_ms = from_ms
        if self.agent_has_floor:
            self.barge_from_ms = from_ms
            self._observer.barged_in(int(from_ms))
        self._observer.customer_speaking("")

    def customer_says(self, text: str, covered_ms: float, until_ms: float) -> bool:
        """Words so far; cuts in where they begin a secret.

        Args:
            text: The utterance's words.
            covered_ms: Where the audio ends that they are taken from.
            until_ms: How far the customer has spoken.
        """
        turn = f"{self.carried} {text}".strip()
        self._custody.says(turn, covered_ms)
        # What is said to a person is not cut in on; the recording is silenced once the words are judged.
        if not self._conversation.with_person and self._conversation.secret_at(turn) is not None:
            self._custody.cuts_in(turn, until_ms)
            from_ms = self._waiting_from_ms
            self.customer_active = False
            self.cutting_in = True
            self.heard.clear()
            self._preparations.drop()
            self._post(SecretBegun(turn, CustomerSpan(self._began_ms if from_ms is None else from_ms, until_ms)))
            return True
        self._observer.customer_speaking(text)
        self._leg.show(Caption(Speaker.CUSTOMER, text, final=False))
        return False

    def beeps(self) -> None:
        """The line beeped."""
        self._post(BeepHeard())

    def customer_may_be_done(self, text: str) -> None:
        """Prepare the reply."""
        if self.opened and not self._conversation.with_person:
            self._preparations.prepare(f"{self.carried} {text}".strip())

    def customer_done(self, turn: HeardTurn | None) -> None:
        """The turn is over; the session confirms it next."""
        self.customer_active = False
        if turn is None:
            self._preparations.drop()
            self._post(NoiseOver())
        else:
            self.heard.append(turn)
            self._post(TurnHeard())

    def pass_over(self, text: str, from_ms: float, until_ms: float) -> None:
        """What was said was not meant for the agent: it is noted and changes nothing."""
        self.customer_active = False
        self.passed_over = True
        self._preparations.drop()
        if text:
            self._note(text, CustomerSpan(from_ms, until_ms))
        self._post(NoiseOver())

    def doubt(self, turn: HeardTurn) -> None:
        """What was said may have been meant for somebody else: it is a turn only if nothing follows."""
        self.customer_active = False
        self.doubtful = turn
        self._post(NoiseOver())

    def take_doubtful(self) -> PendingTurn | None:
        """Take what was doubtful for a turn, which is pending now; None where nothing was."""
        turn, self.doubtful = self.doubtful, None
        if turn is not None:
            self.heard.append(turn)
        return self.take_turn()

    def leave_doubtful(self) -> None:
        """What was doubtful was not meant for the agent: it is noted and changes nothing."""
        turn, self.doubtful = self.doubtful, None
        if turn is not None and turn.text:
            self._note(turn.text, CustomerSpan(turn.from_ms, turn.until_ms))

    def take_turn(self) -> PendingTurn | None:
        """Take up what was heard since: with what was pending it is the turn that is pending now; None for nothing."""
        if not self.heard:
            return None
        heard, self.heard = self.heard, []
        for turn in heard:
            span = CustomerSpan(turn.from_ms, turn.until_ms)
            now = PendingTurn(turn.text, turn.alternatives, span, turn.acoustics)
            self.pending = now if self.pending is None else _joined(self.pending, now)
        return self.pending

    def leave_unanswered(self, turn: PendingTurn) -> None:
        """Record a turn that gets no answer."""
        self.pending = None
        noted = self._note(turn.text, turn.span)
        if self._conversation.with_person:
            # No reply will show it.
            self._observer.customer_spoke(noted)

    def _note(self, text: str, span: CustomerSpan) -> Turn:
        noted = self._conversation.redacted(text)
        return self._log.customer(self._conversation.note(text), noted, span, None, None)


def _joined(before: PendingTurn, now: PendingTurn) -> PendingTurn:
    """Both as one turn; other hearings of either part are other hearings of the whole."""
    others = [f"{other} {now.text}" for other in before.alternatives]
    others += [f"{before.text} {other}" for other in now.alternatives]
    return PendingTurn(
        f"{before.text} {now.text}".strip(),
        tuple(other.strip() for other in others),
        CustomerSpan(before.span.from_ms, now.span.until_ms),
        before.acoustics.with_worse(now.acoustics),
    )

"""A conversation in text: the same script, brain, lines and guard, no audio; leaves the same Call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent.dialogue.answering import SILENT, answered_as
from agent.dialogue.conversation import Conversation, Reply
from agent.dialogue.endings import ending_of
from agent.observer import CallObserver, SilentObserver
from cases.domain.call import Call, CallEnding, CallVersions, CustomerRequest, Engines, Turn
from cases.domain.vocabulary import Act, Speaker
from cases.ports import Clock

NO_ENGINE = "none"
"""Name of the speech engines of a call in text."""


@dataclass(frozen=True, slots=True)
class TextMove:
    """What a text customer does after an utterance of the agent.

    Attributes:
        say: Words; empty is silence.
        hang_up: Whether the customer ends the call.
        request: A button that the customer presses in place of words, or None.
        keys: Keys of the telephone that the customer presses, one or several in a row, or empty. Where they mean
            nothing, the words are what the customer does.
    """

    say: str = ""
    hang_up: bool = False
    request: CustomerRequest | None = None
    keys: str = ""


TextCustomer = Callable[[tuple[Act, ...], str], TextMove]
"""Takes the agent's acts and words, gives the customer's move."""


async def run_text_session(
    *,
    call_id: str,
    conversation: Conversation,
    customer: TextCustomer,
    clock: Clock,
    llm: str = "",
    observer: CallObserver | None = None,
    max_turns: int = 120,
) -> Call:
    """Hold a conversation in text until the script, the customer or the cap on turns ends it.

    Args:
        call_id: `case:attempt`.
        conversation: A fresh conversation.
        customer: Answers.
        clock: Gives start and end; turns carry its offsets in milliseconds.
        llm: `name model` of the brain for the record.
        observer: Sees the call as it happens, or None.
        max_turns: Cap on turns of both sides.
    """
    session = _TextSession(conversation, customer, clock, observer or SilentObserver())
    session.observer.started(call_id, conversation.language)
    ending = await session.run(max_turns)
    call = Call(
        id=call_id,
        leg="text",
        language=conversation.language,
        started_at=session.started_at,
        ended_at=clock.now(),
        ending=ending,
        turns=tuple(session.turns),
        verification=conversation.close(ending),
        versions=CallVersions(
            conversation.prompts_version, conversation.policy_version, Engines(NO_ENGINE, NO_ENGINE, llm, NO_ENGINE)
        ),
        answered_by=conversation.reception.answered.disposition,
        detail=conversation.reception.answered.detail,
    )
    session.observer.ended(call)
    return call


class _TextSession:
    """One call in text."""

    def __init__(
        self, conversation: Conversation, customer: TextCustomer, clock: Clock, observer: CallObserver
    ) -> None:
        self.observer = observer
        self.turns: list[Turn] = []
        self.started_at: datetime = clock.now()
        self._conversation = conversation
        self._customer = customer
        self._clock = clock

    async def run(self, max_turns: int) -> CallEnding:
        """Speak and listen by turns."""
        reply = self._conversation.open()
        silent = False
        while True:
            text = await self._speak(reply)
            if self._conversation.ended:
                return ending_of(self._conversation, silent=silent)
            if len(self.turns) >= max_turns:
                return CallEnding.LENGTH_CAP
            move = self._customer(reply.acts, text)
            if move.hang_up:
                return CallEnding.CUSTOMER_HUNG_UP
            pressed = self._conversation.consider_keys(move.keys) if move.keys else None
            if pressed is None and self._conversation.hears(move.say) in SILENT:
                return self._nobody(move.say)
            silent = pressed is None and not move.say and move.request is None
            reply = pressed or await self._considered(move)

    def _nobody(self, said: str) -> CallEnding:
        """Something speaks that nothing is said to: note its words and hang up."""
        self._conversation.reception.nobody(answered_as(self._conversation.hears(said)))
        noted, at = self._conversation.redacted(said), self._offset()
        self._note(Turn(self._conversation.note(said), Speaker.CUSTOMER, noted, noted, at, at))
        return CallEnding.NO_PERSON

    async def _considered(self, move: TextMove) -> Reply:
        if move.request is not None:
            return self._conversation.consider_request(move.request)
        if not move.say:
            return self._conversation.consider_silence()
        return await self._conversation.consider(move.say)

    async def _speak(self, reply: Reply) -> str:
        """Commit a reply, note the customer's turn it answers and say it to its end."""
        index = self._conversation.next_turn
        self._conversation.commit(reply)
        if reply.customer_text is not None:
            self._heard(reply, index, reply.customer_text)
        async for _ in reply.chunks():
            self.observer.agent_speaking(reply.text, reply.acts)
        await reply.aclose()
        text, at = reply.text, self._offset()
        index = self._conversation.played(reply, text, complete=True)
        turn = Turn(index, Speaker.AGENT, text, text, at, at, acts=reply.acts, findings=reply.findings)
        self.turns.append(turn)
        self.observer.agent_spoke(turn)
        return text

    def _heard(self, reply: Reply, index: int, said: str) -> None:
        at = self._offset()
        turn = Turn(index, Speaker.CUSTOMER, said, said, at, at, reading=reply.reading, brain=reply.brain)
        self._note(turn)

    def _note(self, turn: Turn) -> None:
        self.turns.append(turn)
        self.observer.customer_spoke(turn)

    def _offset(self) -> int:
        return int((self._clock.now() - self.started_at).total_seconds() * 1000)

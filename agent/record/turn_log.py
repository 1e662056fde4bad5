"""The turns of a call as they happen, and the Turns of its record, whose times come from the recorded channels."""

from __future__ import annotations

from dataclasses import dataclass

from agent.dialogue.conversation import Reply
from agent.record import waveform
from agent.record.playback import Playback
from agent.record.recorder import Recorder
from cases.domain.call import Turn
from cases.domain.reading import Reading
from cases.domain.vocabulary import Speaker


@dataclass(frozen=True, slots=True)
class CustomerSpan:
    """Where a customer's turn lies in the recording, as far as the hearing knows.

    Attributes:
        from_ms: Where it can begin at the earliest.
        until_ms: Where it is over.
    """

    from_ms: float
    until_ms: float


@dataclass(frozen=True, slots=True)
class _Customer:
    index: int
    text: str
    span: CustomerSpan
    reading: Reading | None
    brain: str | None


@dataclass(frozen=True, slots=True)
class _Agent:
    index: int
    reply: Reply
    playback: Playback
    heard: str
    cut: bool
    barge_from_ms: float | None
    responds: bool


class TurnLog:
    """Collects turns; `turns` may be asked at any time."""

    def __init__(self, recorder: Recorder) -> None:
        """Begin with none.

        Args:
            recorder: Both channels.
        """
        self._recorder = recorder
        self._entries: list[_Customer | _Agent] = []

    def customer(self, index: int, text: str, span: CustomerSpan, reading: Reading | None, brain: str | None) -> Turn:
        """Note a turn of the customer."""
        self._entries.append(_Customer(index, text, span, reading, brain))
        return self._turn(self._entries[-1], self._masks())

    def agent(
        self,
        index: int,
        reply: Reply,
        playback: Playback,
        heard: str,
        *,
        cut: bool,
        barge_from_ms: float | None,
    ) -> Turn:
        """Note an utterance of the agent that is over.

        Args:
            index: Place in the call.
            reply: What was to be said.
            playback: What went out.
            heard: The words that were heard.
            cut: Whether the customer cut it off.
            barge_from_ms: Where the words that cut it off can begin at the earliest, or None.
        """
        responds = reply.customer_text is not None
        self._entries.append(_Agent(index, reply, playback, heard, cut, barge_from_ms, responds))
        return self._turn(self._entries[-1], self._masks())

    def turns(self) -> tuple[Turn, ...]:
        """All turns in order; spans in which nothing is voiced keep the times the session knew."""
        masks = self._masks()
        return tuple(sorted((self._turn(entry, masks) for entry in self._entries), key=lambda turn: turn.index))

    def _masks(self) -> tuple[waveform.Mask, waveform.Mask]:
        customer = waveform.voiced(self._recorder.customer.peaks)
        agent = waveform.voiced(self._recorder.agent.peaks)
        return customer, agent

    def _turn(self, entry: _Customer | _Agent, masks: tuple[waveform.Mask, waveform.Mask]) -> Turn:
        if isinstance(entry, _Customer):
            return _customer_turn(entry, masks[0], self._recorder.muted)
        return _agent_turn(entry, *masks)


def _customer_turn(entry: _Customer, customer: waveform.Mask, muted: tuple[tuple[int, int], ...]) -> Turn:
    from_ms, until_ms = int(entry.span.from_ms), int(entry.span.until_ms)
    span = waveform.extent(customer, from_ms, until_ms)
    return Turn(
        index=entry.index,
        speaker=Speaker.CUSTOMER,
        text=entry.text,
        heard_text=entry.text,
        started_ms=span.start_ms if span else from_ms,
        ended_ms=span.end_ms if span else until_ms,
        reading=entry.reading,
        brain=entry.brain,
        muted=tuple((max(start, from_ms), end) for start, end in muted if start < until_ms and from_ms < end),
    )


def _agent_turn(entry: _Agent, customer: waveform.Mask, agent: waveform.Mask) -> Turn:
    playback = entry.playback
    known = waveform.Stretch(int(playback.started_ms), int(playback.ended_ms) + 1)
    span = waveform.extent(agent, known.start_ms, known.end_ms) or known
    response = waveform.response_ms(customer, agent, span.start_ms) if entry.responds else None
    yielded = None
    if entry.cut and entry.barge_from_ms is not None:
        barge = waveform.extent(customer, int(entry.barge_from_ms), customer.size)
        yielded = waveform.yield_ms(agent, barge.start_ms, known.end_ms) if barge else None
    return Turn(
        index=entry.index,
        speaker=Speaker.AGENT,
        text=entry.reply.text,
        heard_text=entry.heard,
        started_ms=span.start_ms,
        ended_ms=span.end_ms,
        acts=entry.reply.acts,
        interrupted=entry.cut,
        response_ms=response,
        yield_ms=yielded,
        findings=entry.reply.findings,
    )

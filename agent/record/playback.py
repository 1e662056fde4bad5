"""The exact account of one utterance of the agent: which of its samples went out when, some of them twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.speech.engine import WordMark
from telephony.leg import SPEAKER_RATE

_PER_MS = SPEAKER_RATE // 1000
HEARD_SHARE = 0.5
"""Part of a word that must have been played for the word to count as heard."""


@dataclass(slots=True)
class Span:
    """A stretch of the utterance that went out without a pause.

    Attributes:
        at_ms: Its place in the recording.
        offset: Its first sample, counted from the start of the utterance.
        count: How many samples.
    """

    at_ms: float
    offset: int
    count: int

    @property
    def end_ms(self) -> float:
        """End of its place in the recording."""
        return self.at_ms + self.count / _PER_MS


@dataclass(slots=True)
class Playback:
    """What was played of one utterance.

    Attributes:
        interruptible: Whether a barge-in may cut it.
        marks: Its words, as far as they are known.
        spans: What went out, in order; after a rewind a span begins before the one ahead of it ends.
        over: Whether nothing more will go out.
        complete: Whether it was played to its end.
    """

    interruptible: bool = True
    marks: list[WordMark] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    over: bool = False
    complete: bool = False
    _position: int = 0
    _furthest: int = 0

    @property
    def started(self) -> bool:
        """Whether any of it went out."""
        return bool(self.spans)

    @property
    def position(self) -> int:
        """The sample of the utterance that goes out next."""
        return self._position

    @property
    def samples(self) -> int:
        """How many samples of the utterance went out; what was said twice counts once."""
        return self._furthest

    @property
    def played_ms(self) -> float:
        """How much of the utterance went out, ms of its audio; what was said twice counts once."""
        return self._furthest / _PER_MS

    @property
    def started_ms(self) -> float:
        """Where it begins in the recording; 0 where nothing went out."""
        return self.spans[0].at_ms if self.spans else 0.0

    @property
    def ended_ms(self) -> float:
        """Where it ends in the recording; 0 where nothing went out."""
        return self.spans[-1].end_ms if self.spans else 0.0

    def note(self, at_ms: float, count: int) -> None:
        """Note that the next samples went out."""
        last = self.spans[-1] if self.spans else None
        if last is not None and last.offset + last.count == self._position and abs(last.end_ms - at_ms) < 1.0:
            last.count += count
        else:
            self.spans.append(Span(at_ms, self._position, count))
        self._position += count
        self._furthest = max(self._furthest, self._position)

    def rewind(self, count: int) -> None:
        """Note that the last samples go out once more.

        Raises:
            ValueError: So many samples did not go out.
        """
        if not 0 <= count <= self._position:
            raise ValueError(f"{count} samples cannot go out again: {self._position} went out")
        self._position -= count


def heard_text(text: str, marks: Sequence[WordMark], played_ms: float, total_ms: float) -> str:
    """The words of an utterance that were heard.

    Args:
        text: The whole wording.
        marks: Its words with their offsets; spaces aside they join to the text, or to the start of it.
        played_ms: How much audio went out.
        total_ms: How long the audio is that the marks cover.

    Returns:
        The start of `text`, up to the last word of which at least HEARD_SHARE was played.
    """
    heard = 0
    for index, mark in enumerate(marks):
        end = marks[index + 1].start_ms if index + 1 < len(marks) else max(total_ms, mark.start_ms)
        if played_ms <= 0 or played_ms < mark.start_ms + (end - mark.start_ms) * HEARD_SHARE:
            break
        heard += len("".join(mark.text.split()))
    return text[: _index_of(text, heard)].rstrip()


def _index_of(text: str, letters: int) -> int:
    """Index in a text behind so many characters that are no spaces."""
    if letters <= 0:
        return 0
    seen = 0
    for index, character in enumerate(text):
        seen += not character.isspace()
        if seen == letters:
            return index + 1
    return len(text)

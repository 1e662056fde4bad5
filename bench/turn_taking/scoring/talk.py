"""When an agent is heard, begins and falls silent in one recording."""

from __future__ import annotations

from math import inf

from bench.turn_taking.scoring.waveform import Samples, Stretch, joined, level_db, normal_level, same_sound, stretches

SILENCE_S = 0.25
"""A gap shorter than this is none: it is as long as the pause that an agent makes between its sentences."""
GO_ON_S = 0.5
"""Within this an agent that fell silent goes on with what it was saying."""
_COMPARED_S = 0.3
"""How much sound is compared to hear whether a line starts over."""


class Talk:
    """An agent's side of one recording.

    Attributes:
        heard: Where the agent is heard, with gaps shorter than SILENCE_S closed.
    """

    def __init__(self, ear: Samples, rate: int) -> None:
        """Find where the agent is heard.

        Args:
            ear: What reached the customer's ear, full scale 1.
            rate: Its sample rate, Hz.
        """
        self._ear = ear
        self._rate = rate
        self._level = normal_level(ear, rate)
        self.heard = joined(stretches(ear, rate), SILENCE_S)
        self._lines = joined(self.heard, GO_ON_S)

    def heard_at(self, at_s: float) -> bool:
        """Whether a time lies within what is heard."""
        return any(one.begin_s <= at_s <= one.end_s for one in self.heard)

    def speaking_at(self, at_s: float) -> bool:
        """The same, with the pauses that the agent makes within its line."""
        return any(one.begin_s <= at_s <= one.end_s for one in self._lines)

    def onset_after(self, at_s: float) -> float | None:
        """When the agent first begins to be heard after a time."""
        return next((one.begin_s for one in self.heard if one.begin_s > at_s), None)

    def new_onsets(self, from_s: float, to_s: float) -> list[float]:
        """When the agent begins after one time and up to another, but for what goes on of a line from before."""
        old = [line.end_s for line in self._lines if line.begin_s <= from_s]
        return [one.begin_s for one in self.heard if max([from_s, *old[-1:]]) < one.begin_s <= to_s]

    def line_began(self, at_s: float, before_s: float) -> bool:
        """Whether what is heard at a time is of a line that began before another time."""
        return any(line.begin_s < before_s and line.end_s >= at_s for line in self._lines)

    def gaps_from(self, at_s: float) -> list[Stretch]:
        """The silences that begin at a time or later; the one that nothing follows has no end."""
        begins = [one.begin_s for one in self.heard[1:]] + [inf]
        gaps = [Stretch(one.end_s, begin) for one, begin in zip(self.heard, begins, strict=False)]
        return [gap for gap in gaps if gap.begin_s >= at_s]

    def level_db(self, from_s: float, to_s: float) -> float | None:
        """The agent's level between two times against its normal level, dB; None where it is not heard."""
        return level_db(self._ear, self._rate, from_s, to_s, self._level)

    def starts_over(self, gap: Stretch) -> bool:
        """Whether the sound after a silence is the beginning of the line before it, and known not to be its middle."""
        lines = [one for one in self._lines if one.begin_s < gap.begin_s]
        if not lines or gap.begin_s - lines[-1].begin_s < 2 * _COMPARED_S:
            return False
        first = self._sound(lines[-1].begin_s)
        again, middle = self._sound(gap.end_s), self._sound(gap.begin_s - _COMPARED_S)
        if min(first.size, again.size, middle.size) < int(_COMPARED_S * self._rate):
            return False
        return same_sound(first, again, self._rate) and not same_sound(first, middle, self._rate)

    def _sound(self, from_s: float) -> Samples:
        begin = round(from_s * self._rate)
        return self._ear[begin : begin + int(_COMPARED_S * self._rate)]

"""What the words of an utterance weigh: as an answer, as an interruption, and as said to the agent or to others."""

from __future__ import annotations

from agent.brains.completeness import Completeness, bears_on, judge, matters, of_anybody, takes_anything
from agent.call.ears import Ears
from agent.call.floor import Floor
from agent.call.turns.bystanders import Talk
from agent.call.turns.lag import Lag
from agent.call.turns.overlap import Overlap
from telephony.leg import MIC_RATE

ASIDE_MS = 1_000.0
"""What is said so soon after words to somebody else may be said to them too."""
MURMUR_MS = 10_000.0
"""For so long after somebody across the room was heard over the agent it listens to them no more than it must."""
_ANSWERS = frozenset({Completeness.COMPLETE, Completeness.SHORT})
_LOOSE = frozenset({Completeness.OPEN, Completeness.CLOSED})


class Weighing:
    """Weighs the utterances of one call, by their words and by how they are heard.

    Attributes:
        over_agent: Whether the utterance is said over the agent's line.
    """

    def __init__(self, floor: Floor, ears: Ears, lag: Lag) -> None:
        """Begin with nothing said.

        Args:
            floor: What was asked, and what belongs to the turn already.
            ears: How the utterance is heard.
            lag: How late its words come.
        """
        self._floor = floor
        self._ears = ears
        self._lag = lag
        self.over_agent = False
        self._over_line = False
        self._began_sample = 0
        self._aside = ""
        self._aside_until = 0
        self._murmured: int | None = None

    def begins(self, began_sample: int) -> None:
        """An utterance begins with a sample of the microphone."""
        self._began_sample = began_sample
        self.over_agent = self._floor.agent_has_floor
        self._over_line = self.over_agent and self._floor.mid_line

    def joined(self, text: str) -> str:
        """The utterance's words with those that belong to the same turn."""
        return f"{self._floor.carried} {text}".strip()

    def so_far(self, text: str) -> Completeness:
        """What the utterance's words so far are worth."""
        if self.over_agent and self._floor.begins_secret(text):
            return Completeness.COMPLETE
        return self.judged(text if self.over_agent else self.joined(text))

    def judged(self, text: str) -> Completeness:
        """What words are worth; what follows words to somebody else at once belongs to them where it can."""
        floor, over_line = self._floor, self.over_agent and self._over_line
        completeness = judge(text, floor.question, floor.language, over_line=over_line)
        since = self._began_sample - self._aside_until
        if self._aside and since < ASIDE_MS * MIC_RATE / 1000 and completeness in _LOOSE:
            joined = judge(f"{self._aside} {text}", floor.question, floor.language)
            return joined if joined is Completeness.ELSEWHERE else completeness
        return completeness

    def overlap(self, completeness: Completeness, text: str) -> Overlap:
        """The utterance as speech over the agent's, for those who decide what to do about it."""
        activity, ears = self._ears.activity, self._ears
        recently = self._murmured is not None and self._began_sample - self._murmured < MURMUR_MS * MIC_RATE / 1000
        return Overlap(
            self._worth(completeness, text),
            activity.voiced_ms,
            activity.silence_ms,
            ears.sound,
            far=ears.far,
            lag_ms=self._lag.ms,
            away=self._ears.away,
            turned=ears.turned,
            again=recently or ears.echoes,
        )

    def murmured(self, until_sample: int) -> None:
        """The utterance was somebody's across the room, over the agent's line."""
        self._murmured = until_sample

    def talk(self, completeness: Completeness, text: str, until_sample: int) -> Talk:
        """What was said, for those who decide whether it is said to the agent.

        Args:
            completeness: What the words are worth.
            text: The words.
            until_sample: The sample of the microphone at which it is over.
        """
        floor, ears = self._floor, self._ears
        elsewhere = completeness is Completeness.ELSEWHERE
        self._aside, self._aside_until = (text if elsewhere else ""), until_sample
        weighs = bool(text) and matters(text, floor.question, floor.language)
        worth = self._worth(completeness, text)
        return Talk(worth, ears.far, weighs, again=floor.passed_over, away=self._ears.away, turned=ears.turned)

    def _worth(self, completeness: Completeness, text: str) -> Completeness:
        """What words are worth where the voice may be past the telephone: less, where they might be said to anybody."""
        floor = self._floor
        if not self._ears.away:
            return completeness
        if completeness not in _ANSWERS:
            pieces = completeness in _LOOSE and bears_on(text, floor.question, floor.language)
            return Completeness.SHORT if pieces and not self.over_agent else completeness
        asks = self.over_agent and of_anybody(text, floor.question, floor.language)
        free = completeness is Completeness.SHORT and takes_anything(floor.question, floor.language)
        return Completeness.CLOSED if asks or free else completeness

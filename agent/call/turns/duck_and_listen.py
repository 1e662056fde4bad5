"""Speak softly at the first sound, fall silent to listen, give the floor up to words, come back from anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from agent.brains.completeness import Completeness
from agent.call.turns.hum import Sound
from agent.call.turns.overlap import OVER_MS, Overlap, Verdict

HOLD_MS: Mapping[Sound, float] = MappingProxyType({Sound.SPEECH: 90.0, Sound.HUM: 1_000.0, Sound.NOISE: 150.0})
"""Sound over the agent after which it falls silent to listen: three windows of speech."""
CLOSURE_MS = 96.0
"""Silence within a word, as before the "t" of "told", that counts as sound here."""
YIELD_MS = 480.0
"""Speech that answers or asks takes the floor after this; the agent has been silent before and loses nothing."""
LISTEN_MS = 1_600.0
"""Speech whose words are not finished takes it after this: they may be meant for somebody else in the room.

Speech past the telephone is listened to in silence for as long: an agent that speaks on and stops again is worse."""
WORDLESS_MS = 900.0
"""Speech without words yet that takes the floor: recognition may come late."""
BREATH_MS = 500.0
"""A pause in unfinished words after which they take the floor."""
MURMUR_MS = 220.0
"""The same from across the room where somebody was heard there a moment ago, or the line echoes."""
WORDS_MS = 100.0
"""How much later than the recognizer's lag the first word may be of what paused at once: "excuse" is said in two."""
LATE_MS = 50.0
"""What a word may be later than the recognizer's lag: "all" is not what "all right" is."""
BACK_MS = 60.0
"""Silence after a hum or a word of listening in which the agent goes on, softly."""

_HUMS = frozenset({Completeness.BACKCHANNEL, Completeness.NOTHING, Completeness.ELSEWHERE})
_CLEAR = frozenset({Completeness.COMPLETE, Completeness.WAIT})


@dataclass(frozen=True, slots=True)
class DuckAndListen:
    """Listens before it gives the floor up; satisfies `BargeIn`.

    Attributes:
        ducks: Whether the agent speaks more softly from the first sound on.
        hold_ms: Sound after which it falls silent.
    """

    ducks: bool = True
    hold_ms: Mapping[Sound, float] = field(default_factory=lambda: HOLD_MS)

    def judge(self, overlap: Overlap) -> Verdict:
        """What to do now."""
        if overlap.far or overlap.turned or (overlap.away and overlap.completeness not in _CLEAR):
            return self._past(overlap)
        over = overlap.silence_ms >= OVER_MS
        if over:
            return self._over(overlap)
        if overlap.completeness in _HUMS:
            return self._hums(overlap)
        enough = YIELD_MS if overlap.completeness in _CLEAR else LISTEN_MS
        return Verdict.YIELD if overlap.voiced_ms >= enough else self._listens(overlap)

    def takes_floor(self, overlap: Overlap) -> bool:
        """Whether it was a turn: words of its own, or much that was not understood."""
        if overlap.completeness in (Completeness.BACKCHANNEL, Completeness.ELSEWHERE):
            return False
        return overlap.completeness is not Completeness.NOTHING or overlap.voiced_ms >= WORDLESS_MS

    def _over(self, overlap: Overlap) -> Verdict:
        if overlap.completeness in _HUMS:
            wordless = overlap.completeness is Completeness.NOTHING and overlap.sound is Sound.SPEECH
            return Verdict.HOLD if wordless and overlap.silence_ms < overlap.lag_ms + WORDS_MS else Verdict.OVER
        waits = BREATH_MS if overlap.completeness is Completeness.OPEN else overlap.lag_ms + LATE_MS
        return Verdict.HOLD if overlap.silence_ms < waits else Verdict.YIELD

    def _hums(self, overlap: Overlap) -> Verdict:
        """A word of listening, a hum, talk to others, or words that have not come yet."""
        wordless = overlap.completeness is Completeness.NOTHING
        if wordless and overlap.sound is Sound.SPEECH and overlap.voiced_ms >= WORDLESS_MS:
            return Verdict.YIELD
        known = not wordless or overlap.sound is not Sound.SPEECH
        if known and overlap.silence_ms >= BACK_MS:
            return Verdict.DUCK
        return self._listens(overlap)

    def _past(self, overlap: Overlap) -> Verdict:
        """Speech past the telephone: what it was is decided when it is over and all its words are there."""
        if overlap.silence_ms >= (OVER_MS if overlap.far else max(OVER_MS, overlap.lag_ms + LATE_MS)):
            return Verdict.OVER
        heard = MURMUR_MS if overlap.far and overlap.again else LISTEN_MS
        return Verdict.DUCK if overlap.voiced_ms >= heard else self._listens(overlap)

    def _listens(self, overlap: Overlap) -> Verdict:
        sounded_ms = overlap.voiced_ms + min(overlap.silence_ms, CLOSURE_MS)
        return Verdict.HOLD if sounded_ms >= self.hold_ms[overlap.sound] else Verdict.DUCK

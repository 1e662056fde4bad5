"""Whether the customer makes a sound, window by window: speech that is neither behind the telephone nor the agent's."""

from __future__ import annotations

from collections import deque

import numpy as np

from agent.call.turns.activity import BEGIN_WINDOWS, Activity
from agent.call.turns.echo import EchoGuard
from agent.call.turns.falls import Falls
from agent.call.turns.foreground import HUSH_DBFS, Foreground
from agent.call.turns.hum import Listener, Sound
from agent.call.turns.nearness import Nearness, Voice

FALL_DB = 24.0
"""A window so far below the speech before it is silence, whatever the detector of speech still hears in it."""
STAY_ABOVE_DB = 5.0
"""Over a noisy background a window is speech as long as it stands out so far."""
LOUDER_PART = 0.8
"""Quantile of an utterance's windows that is its level: vowels, not the consonants between them."""
PEAK_DB = 3.0
"""How far the loudest windows of an utterance stand out from its louder part."""
LEAST_OWN = 0.1
"""Least part of the power that is heard which is taken for the voice's own."""
RISE_DB = 10.0
"""A single window that stands out so far begins to be speech; several need less."""


class Ears:
    """The customer's side of the line.

    Attributes:
        activity: Whether they speak, and for how long.
        foreground: What is heard behind them.
        nearness: How near their mouth is.
    """

    def __init__(self, echo: EchoGuard | None) -> None:
        """Begin with silence.

        Args:
            echo: Knows what the agent plays; None takes all that is heard for the customer's.
        """
        self.activity = Activity()
        self.foreground = Foreground()
        self.nearness = Nearness()
        self._falls = Falls()
        self._echo = echo
        self._listener = Listener()
        self._levels: list[float] = []
        self._voices: list[float] = []
        self._newest: deque[float] = deque(maxlen=BEGIN_WINDOWS)

    def hear(self, window: bytes, probability: float, at_ms: float) -> bool:
        """Take one window.

        Args:
            window: 32 ms of 16-bit mono at MIC_RATE.
            probability: That there is speech in it.
            at_ms: The place of its first sample in the recording.

        Returns:
            Whether somebody begins to speak with it.
        """
        voiced_ms = self.activity.voiced_ms
        begins = self.activity.hear(probability if self._customer(window, at_ms) else 0.0)
        self._falls.hear(window, within=self.activity.active and not begins)
        if begins:
            self.foreground.speech_begins()
            self._falls.speech_begins()
            self._listener = Listener()
            self._levels = list(self._newest)[:-1]
            self._voices = []
            if self._echo is not None:
                self._echo.speech_begins()
        if self.activity.active and (begins or self.activity.voiced_ms > voiced_ms):
            self._levels.append(self.foreground.level_dbfs)
            if self._listener.hear(window):
                self._voices.append(self.foreground.level_dbfs)
        return begins

    @property
    def sound(self) -> Sound:
        """What the utterance is like so far."""
        return self._listener.sound

    @property
    def voice_dbfs(self) -> float | None:
        """Level of what has a pitch in the utterance, or None before there was any: an "s" is soft at any distance.

        Two loud windows make it loud. The background is taken off.
        """
        if not self._voices:
            return None
        heard = max(_louder(self._voices), sorted(self._voices)[-2:][0] - PEAK_DB)
        behind = self.foreground.background_dbfs
        return heard if behind is None else _without(heard, behind)

    @property
    def only_echo(self) -> bool:
        """Whether the utterance turns out to be the agent's own voice."""
        return self._echo is not None and self._echo.only_echo

    @property
    def voice(self) -> Voice:
        """The voice in the utterance so far."""
        return Voice(self.voice_dbfs, self._falls.fall_db, self.foreground.background_dbfs)

    @property
    def echoes(self) -> bool:
        """Whether an echo of the agent is known on the line."""
        return self._echo is not None and self._echo.delay_ms is not None

    @property
    def far(self) -> bool:
        """Whether the voice is somebody else's, across the room."""
        return self.nearness.far(self.voice)

    @property
    def turned(self) -> bool:
        """Whether the voice is past the telephone, whatever is said."""
        return self.nearness.turned(self.voice)

    @property
    def away(self) -> bool:
        """Whether the voice may be past the telephone."""
        return self.nearness.away(self.voice)

    def learn(self) -> None:
        """The utterance was the customer's."""
        self.nearness.learn(self.voice)

    def _customer(self, window: bytes, at_ms: float) -> bool:
        foreground = self.foreground
        present = foreground.stands_out(window)
        self._newest.append(foreground.level_dbfs)
        echoed = self._echo is not None and self._echo.explains(window, at_ms)
        level, behind = foreground.level_dbfs, foreground.background_dbfs
        noisy = behind is not None and behind >= HUSH_DBFS
        if self.activity.active:
            present = present and level >= _louder(self._levels) - FALL_DB
            if noisy and behind is not None:
                present = present and level >= behind + STAY_ABOVE_DB
        elif noisy and behind is not None:
            present = present or level >= behind + RISE_DB
        return present and not echoed


def _without(heard_dbfs: float, behind_dbfs: float) -> float:
    """Level of what is heard without the background that is in it."""
    return heard_dbfs + 10 * float(np.log10(max(LEAST_OWN, 1 - 10 ** ((behind_dbfs - heard_dbfs) / 10))))


def _louder(levels: list[float]) -> float:
    """Level of the louder part of some windows."""
    return float(np.quantile(levels, LOUDER_PART))

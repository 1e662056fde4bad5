"""Whether somebody is speaking: Silero VAD on this machine, as livekit-agents ships it."""

from __future__ import annotations

import numpy as np
from livekit.local_inference import VAD, VAD_WINDOW_SAMPLES, init_vad

from agent.speech.engine import HEARING_RATE

VAD_NAME = "silero"
"""The engine, as it stands in the call's record."""
WINDOW_SAMPLES: int = VAD_WINDOW_SAMPLES
"""Samples that one probability covers."""
WINDOW_MS = WINDOW_SAMPLES * 1000 / HEARING_RATE
"""Length of one window, ms."""
_WINDOW_BYTES = WINDOW_SAMPLES * 2


def warm_vad() -> None:
    """Load the model once per process, so that the first call does not wait for it."""
    init_vad()


class SpeechProbe:
    """Speech probability of one audio stream, window by window; a call holds one for each stream it listens to.

    It is synchronous and keeps state across windows; about 0.2 ms of work a window, so it may run on the event loop.
    """

    def __init__(self) -> None:
        """Begin with silence."""
        self._vad = VAD()
        self._rest = bytearray()

    def push(self, pcm: bytes) -> tuple[float, ...]:
        """Take 16-bit mono audio at HEARING_RATE and return one probability (0 to 1) for each window completed.

        Audio short of a window waits for the next push.
        """
        self._rest += pcm
        whole = len(self._rest) // _WINDOW_BYTES
        if not whole:
            return ()
        taken = bytes(self._rest[: whole * _WINDOW_BYTES])
        del self._rest[: whole * _WINDOW_BYTES]
        windows = np.frombuffer(taken, np.int16).reshape(whole, WINDOW_SAMPLES)
        return tuple(self._vad.predict(window) for window in windows)

    def reset(self) -> None:
        """Forget what was heard, as at the start of a stream."""
        self._rest.clear()
        self._vad.reset()

    def close(self) -> None:
        """Give the state back; a second call does nothing."""
        self._vad.close()

"""How the audio of one utterance reaches a decoder of pocketsphinx, and reaches it again with its own cepstral mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from agent.speech.engine import HEARING_RATE
from agent.speech.telephone_band.mapping import Network, TelephoneFrontEnd

_FRAME_BYTES = HEARING_RATE // 100 * 2
_PRIOR_FRAMES = 500
"""Frames that the library gives the prior mean as weight."""
_MOST_FRAMES = 4
"""Cepstra given to the library at once: from 8 on its buffer loses some, and nothing is heard."""


class Sound(Protocol):
    """The audio of one utterance."""

    def push(self, pcm: bytes, keep: bool) -> None:
        """Decode more; `keep` it for `again`."""
        ...

    def finish(self) -> None:
        """Decode what was held back."""
        ...

    def mean(self) -> Sequence[float] | None:
        """Cepstral mean of all that was kept, or None where it was silence."""
        ...

    def again(self) -> None:
        """Decode all that was kept anew."""
        ...


class WideSound:
    """Through the library's own front end."""

    def __init__(self, decoder: Any) -> None:
        """Decode with a decoder whose utterance is open."""
        self._decoder = decoder
        self._audio = bytearray()

    def push(self, pcm: bytes, keep: bool) -> None:
        """Decode more."""
        self._decoder.process_raw(pcm, False, False)
        if keep:
            self._audio += pcm

    def finish(self) -> None:
        """Nothing is held back."""

    def mean(self) -> Sequence[float] | None:
        """Worked out from what the library blends with the prior mean."""
        audio = self._audio
        frames = sum(any(audio[at : at + _FRAME_BYTES]) for at in range(0, len(audio) - _FRAME_BYTES, _FRAME_BYTES))
        if not frames:
            return None
        used = [float(value) for value in self._decoder.get_cmn(False).split(",")]
        blended = [float(value) for value in self._decoder.get_cmn(True).split(",")]
        whole = _PRIOR_FRAMES + frames
        return [(whole * b - _PRIOR_FRAMES * a) / frames for a, b in zip(used, blended, strict=True)]

    def again(self) -> None:
        """Decode the audio anew."""
        self._decoder.process_raw(bytes(self._audio), False, False)


class TelephoneSound:
    """Through a front end that fills in what a telephone line left out."""

    def __init__(self, decoder: Any, network: Network) -> None:
        """Decode with a decoder whose utterance is open."""
        self._decoder = decoder
        self._front = TelephoneFrontEnd(network)
        self._cepstra: list[np.ndarray[tuple[int, int], np.dtype[np.float32]]] = []

    def push(self, pcm: bytes, keep: bool) -> None:
        """Decode more."""
        self._decode(cepstra := self._front.push(pcm))
        if keep:
            self._cepstra.append(cepstra)

    def finish(self) -> None:
        """Decode the last frames."""
        self._decode(self._front.finish())

    def mean(self) -> Sequence[float] | None:
        """Of frames that the library does not take for silence."""
        kept = np.concatenate(self._cepstra) if self._cepstra else np.zeros((0, 1), np.float32)
        sounding = kept[kept[:, 0] >= 0]
        return [float(value) for value in sounding.mean(axis=0)] if len(sounding) else None

    def again(self) -> None:
        """Decode the cepstra anew."""
        for cepstra in self._cepstra:
            self._decode(cepstra)

    def _decode(self, cepstra: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> None:
        for start in range(0, len(cepstra), _MOST_FRAMES):
            self._decoder.process_cep(cepstra[start : start + _MOST_FRAMES].tobytes(), False, False)

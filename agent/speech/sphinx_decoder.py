"""One pocketsphinx decoder at work on one utterance at a time; synchronous, for use in a worker process.

Three things are done beyond the library's defaults:

- **Cepstral mean.** Live normalisation keeps the mean of the last call until an utterance is over, which doubles the
  word errors of a first utterance. Here the utterance is decoded anew, with the mean of what was heard of it so far,
  at 0.6, 1.2 and 2.4 seconds; that costs at most as much again as decoding once and nothing at the end.
- **Telephone lines.** See agent.speech.telephone_band.
- **Rejection.** A language model fits words to any sound. How far the chosen words lie under the best sound of each
  frame (log likelihood a frame), together with their posterior probability, says whether they were spoken: weights
  fitted by logistic regression on customers' lines against noise, babble, music and three other languages, both
  clean and over a telephone codec. A parallel loop over all phones told no more than this and cost as much as the
  words themselves, so there is none.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pocketsphinx

from agent.speech.engine import HEARING_RATE, NOTHING_HEARD, Partial, Transcript
from agent.speech.sphinx_sound import Sound, TelephoneSound, WideSound
from agent.speech.sphinx_vocabulary import Vocabulary
from agent.speech.telephone_band.mapping import shipped
from telephony.leg import Band

_LANGUAGE_WEIGHT, _WORD_INSERTION = 8.0, 0.3
_RENORMALISE_AT = tuple(int(seconds * HEARING_RATE) * 2 for seconds in (0.6, 1.2, 2.4))
_PRIOR_MEAN = (40.0, 3.0, -1.0, *([0.0] * 10))
_COARSE, _COARSE_ABOVE = 1024, -0.5
"""Before the best path through the word lattice is known, the library gives scores in coarser units; no true gap is
as small as they look."""
ACCEPTED = 0.5
"""Confidence under which words count as not spoken."""
_STABLE_BYTES = int(0.2 * HEARING_RATE) * 2
"""How long a leading part must have stood to count as stable."""
_KEPT_MODELS = 16
_MOST_ALTERNATIVES, _BEST_PATHS = 3, 40


@dataclass(frozen=True, slots=True)
class _Rejection:
    """Weights by which scores become a confidence.

    Attributes:
        gap: Of the gap.
        posterior: Of the posterior.
        bias: Added.
        open_gap: The gap at which an utterance that goes on is believed by one half.
    """

    gap: float
    posterior: float
    bias: float
    open_gap: float


_REJECTION = {Band.WIDE: _Rejection(2.1, 4.0, 12.7, -4.5), Band.NARROW: _Rejection(2.1, 4.0, 12.7, -4.5)}
_OPEN_GAP_WEIGHT = 2.5


@dataclass(frozen=True, slots=True)
class _Scores:
    """How well the words fit: mean log likelihood a frame under the best sound, mean log posterior a word."""

    gap: float
    posterior: float

    def confidence(self, by: _Rejection) -> float:
        """Of a finished utterance."""
        return _logistic(by.gap * self.gap + by.posterior * self.posterior + by.bias)

    def open_confidence(self, by: _Rejection) -> float:
        """Of an utterance that goes on: its words have no posterior yet, so the bound on the gap is closer."""
        return _logistic(_OPEN_GAP_WEIGHT * (self.gap - by.open_gap))


class SphinxDecoder:
    """A decoder with the domain's words, whose language model follows the hints."""

    def __init__(self, band: Band = Band.WIDE) -> None:
        """Build the decoder, about a third of a second; nothing stays on disk.

        Args:
            band: What the lines carry on which it hears.
        """
        self._band = band
        self._rejection = _REJECTION[band]
        model = Path(pocketsphinx.get_model_path("en-us"))
        self._vocabulary = Vocabulary(model / "cmudict-en-us.dict")
        base, _ = self._vocabulary.hinted(())
        with _file(self._vocabulary.dictionary()) as dictionary, _file(base) as language_model:
            self._decoder: Any = pocketsphinx.Decoder(
                hmm=str(model / "en-us"),
                dict=dictionary,
                lm=language_model,
                lw=_LANGUAGE_WEIGHT,
                wip=_WORD_INSERTION,
                fwdflat=False,
                loglevel="FATAL",
            )
        self._words = set(self._vocabulary.words())
        self._models: OrderedDict[str, None] = OrderedDict()
        self._open = False

    def begin(self, phrases: Sequence[str], *, closed: bool = False) -> None:
        """Open an utterance; one that is open is dropped.

        Args:
            phrases: What is expected.
            closed: Whether their words are all that is expected, in any order.
        """
        self.discard()
        self._decoder.activate_search(self._search(phrases, closed=closed))
        self._fed = 0
        self._renormalise_at = list(_RENORMALISE_AT)
        self._said: deque[tuple[int, tuple[str, ...]]] = deque()
        self._last: tuple[str, str] = ("", "")
        self._sound: Sound = (
            WideSound(self._decoder) if self._band is Band.WIDE else TelephoneSound(self._decoder, shipped())
        )
        self._start(_PRIOR_MEAN)

    def feed(self, pcm: bytes) -> Partial | None:
        """Decode more audio; None where no new words, or none that fit the sound, were heard."""
        self._sound.push(pcm, keep=bool(self._renormalise_at))
        self._fed += len(pcm)
        if self._renormalise_at and self._fed >= self._renormalise_at[0]:
            del self._renormalise_at[0]
            self._renormalise()
        return self._partial()

    def finish(self) -> Transcript:
        """End the utterance."""
        if not self._open:
            return NOTHING_HEARD
        self._sound.finish()
        self._decoder.end_utt()
        self._open = False
        words = self._hypothesis()
        scores = self._scores() if words else None
        if scores is None:
            return NOTHING_HEARD
        confidence = scores.confidence(self._rejection)
        if confidence < ACCEPTED:
            return NOTHING_HEARD
        text = " ".join(words)
        return Transcript(text, round(confidence, 3), self._alternatives(text))

    def discard(self) -> None:
        """Drop the utterance, where one is open."""
        if self._open:
            self._decoder.end_utt()
            self._open = False

    def _search(self, phrases: Sequence[str], *, closed: bool) -> str:
        """Name of the search for phrases, whose language model is built at their first use (about 0.1 s)."""
        if not phrases:
            return "_default"
        name = hashlib.sha256("\n".join((*phrases, str(closed))).encode()).hexdigest()[:16]
        if name in self._models:
            self._models.move_to_end(name)
            return name
        text, added = self._vocabulary.hinted(phrases, closed=closed)
        self._add_words(added.items())
        with _file(text) as path:
            self._decoder.add_lm_file(name, path)
        self._models[name] = None
        if len(self._models) > _KEPT_MODELS:
            self._decoder.remove_search(self._models.popitem(last=False)[0])
        return name

    def _add_words(self, added: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        for word, ways in added:
            if word not in self._words:
                for n, phones in enumerate(ways):
                    self._decoder.add_word(word if n == 0 else f"{word}({n + 1})", phones, False)
                self._words.add(word)

    def _start(self, mean: Sequence[float]) -> None:
        self._decoder.set_cmn(",".join(f"{value:.5g}" for value in mean))
        self._decoder.start_utt()
        self._open = True

    def _renormalise(self) -> None:
        """Decode what was heard so far again, with its own cepstral mean."""
        mean = self._sound.mean()
        if mean is not None:
            self.discard()
            self._start(mean)
            self._sound.again()

    def _hypothesis(self) -> tuple[str, ...]:
        found = self._decoder.hyp()
        return _plain(found.hypstr) if found else ()

    def _scores(self) -> _Scores | None:
        frames, likelihood, posterior, words = 0, 0.0, 0.0, 0
        for segment in self._decoder.seg():
            if segment.word[0] in "<[+":
                continue
            frames += segment.end_frame - segment.start_frame + 1
            likelihood += math.log(max(segment.ascore, 1e-300))
            posterior += math.log(max(segment.prob, 1e-10))
            words += 1
        if not words or not frames:
            return None
        gap = likelihood / frames
        return _Scores(gap * _COARSE if gap > _COARSE_ABOVE else gap, posterior / words)

    def _partial(self) -> Partial | None:
        words = self._hypothesis()
        self._said.append((self._fed, words))
        while len(self._said) > 1 and self._said[1][0] <= self._fed - _STABLE_BYTES:
            self._said.popleft()
        stood = self._fed - self._said[0][0] >= _STABLE_BYTES
        stable = _common_start([said for _, said in self._said]) if stood else ()
        now = (" ".join(words), " ".join(stable))
        if not words or now == self._last:
            return None
        scores = self._scores()
        confidence = scores.open_confidence(self._rejection) if scores else 0.0
        if confidence < ACCEPTED:
            return None
        self._last = now
        return Partial(*now, round(confidence, 3))

    def _alternatives(self, text: str) -> tuple[str, ...]:
        found: list[str] = []
        for path, _ in zip(self._decoder.nbest(), range(_BEST_PATHS), strict=False):
            other = " ".join(_plain(path.hypstr)) if path else ""  # the library yields None for a path without words
            if other and other != text and other not in found:
                found.append(other)
            if len(found) == _MOST_ALTERNATIVES:
                break
        return tuple(found)


@contextmanager
def _file(text: str) -> Iterator[str]:
    """Path of a file that holds a text while the library reads it."""
    with tempfile.NamedTemporaryFile("w", prefix="riskcall-sphinx-") as file:
        file.write(text)
        file.flush()
        yield file.name


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _plain(hypothesis: str) -> tuple[str, ...]:
    """Words without the numbers of their pronunciations and without noises."""
    return tuple(word.partition("(")[0] for word in hypothesis.split() if word[0] not in "<[+")


def _common_start(sequences: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The longest beginning that all sequences share."""
    shortest = min(sequences, key=len)
    for at, word in enumerate(shortest):
        if any(sequence[at] != word for sequence in sequences):
            return shortest[:at]
    return shortest

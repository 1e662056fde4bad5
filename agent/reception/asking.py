"""One question to a caller, and what is keyed in or said in answer to it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent.reception.codes import AGAIN_KEY, END_KEY, MOST, PERSON_KEY, Found, is_code, understood
from agent.reception.listener import Said
from agent.reception.speaker import Speaker, Words

SILENCE_S = 12.0
"""How long a caller may take to begin, from the end of the question: a code has to be found first."""
MORE_S = 4.0
"""How long a caller may pause within a code."""
ENOUGH_S = 1.2
"""How long is waited for a further key where there are enough for a code already."""
ENOUGH_SAID_S = 1.0
"""The same for a further word, from the end of an utterance."""
_MOST_KEYS = 32


class Given(StrEnum):
    """What a caller gave in answer."""

    CODE = "code"
    PERSON = "person"
    """They ask for a person."""
    UNCLEAR = "unclear"
    NOTHING = "nothing"
    NOISE = "noise"
    """A sound with no words in it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller answered.

    Attributes:
        given: What that is.
        code: The code, where it is one; it is never shown.
    """

    given: Given
    code: str = ""

    def __repr__(self) -> str:
        """Without the code."""
        return f"Answer({self.given})"


class Asking:
    """Asks one caller, again and again; everything runs on one event loop.

    What is pressed and said before the first question answers it; between two it answers neither, and is let go.
    """

    def __init__(self, speaker: Speaker) -> None:
        """Ask with a voice."""
        self._speaker = speaker
        self._news: asyncio.Queue[str | Said] = asyncio.Queue()
        self._open = True
        self._voice_at: float | None = None
        self._keys = ""
        self._digits = ""

    def pressed(self, key: str) -> None:
        """The caller pressed a key: a question stops at once."""
        if self._open:
            self._speaker.hush()
            self._news.put_nowait(key)

    def voice(self) -> None:
        """The caller speaks: a question stops."""
        if self._open:
            self._voice_at = asyncio.get_running_loop().time()
            if self._speaker.speaking:
                self._speaker.hush()
            self._speaker.stir()

    def said(self, said: Said) -> None:
        """The caller said something."""
        self._voice_at = None
        if self._open:
            self._news.put_nowait(said)

    async def ask(self, question: Sequence[Words]) -> Answer:
        """Ask, and hear the answer to its end; a question that a noise cut off is asked once more.

        Raises:
            SpeechError: The question cannot be spoken.
        """
        asking = self._begin(question)
        repeated = False
        self._open = True
        try:
            while True:
                answer = await self._next(asking)
                if answer is None:
                    continue
                if answer.given is not Given.NOISE:
                    return answer
                if asking.done() and not asking.result() and not repeated:
                    repeated, asking = True, self._begin(question)
        finally:
            self._open = False
            self._keys = self._digits = ""
            while not self._news.empty():
                self._news.get_nowait()
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    def _begin(self, question: Sequence[Words]) -> asyncio.Task[bool]:
        return asyncio.create_task(self._speaker.say(question), name="riskcall.reception.question")

    async def _next(self, asking: asyncio.Task[bool]) -> Answer | None:
        """The answer, or None while it goes on."""
        news = asyncio.create_task(self._news.get())
        try:
            if asking.done() or self._keys or self._digits:
                await asyncio.wait({news}, timeout=self._patience())
                if not news.done():
                    return None if self._speaks() else self._finished()
            else:
                await asyncio.wait({news, asking}, return_when=asyncio.FIRST_COMPLETED)
                if not news.done():
                    asking.result()
                    return None
        finally:
            news.cancel()
        heard = news.result()
        return self._key(heard) if isinstance(heard, str) else self._words(heard)

    def _patience(self) -> float:
        if self._keys:
            return ENOUGH_S if is_code(self._keys) or self._keys == PERSON_KEY else MORE_S
        if self._digits:
            return ENOUGH_SAID_S if is_code(self._digits) else MORE_S
        return SILENCE_S

    def _speaks(self) -> bool:
        """Whether the caller is in the middle of words."""
        return self._voice_at is not None and asyncio.get_running_loop().time() - self._voice_at < MORE_S

    def _key(self, key: str) -> Answer | None:
        # Once more: the question may have begun after the key was pressed.
        self._speaker.hush()
        if key == END_KEY:
            return self._finished() if self._keys else None
        self._digits = ""
        self._keys = "" if key == AGAIN_KEY else (self._keys + key)[:_MOST_KEYS]
        return None

    def _words(self, said: Said) -> Answer | None:
        if self._keys:
            return None
        spoken = understood(said, self._digits)
        match spoken.found:
            case Found.PERSON:
                return Answer(Given.PERSON)
            case Found.DIGITS:
                self._digits += spoken.digits
                return self._finished() if len(self._digits) > MOST else None
            case Found.OTHER:
                return Answer(Given.UNCLEAR)
        return None if self._digits else Answer(Given.NOISE)

    def _finished(self) -> Answer:
        digits = self._keys or self._digits
        if not digits:
            return Answer(Given.NOTHING)
        if self._keys == PERSON_KEY:
            return Answer(Given.PERSON)
        return Answer(Given.CODE, digits) if is_code(digits) else Answer(Given.UNCLEAR)

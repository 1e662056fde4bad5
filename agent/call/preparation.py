"""Replies made ahead: while the silence is still being judged, and thrown away where the customer goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from agent.call.mouth import Mouth
from agent.call.speaking import Speaking
from agent.dialogue.conversation import Conversation
from agent.dialogue.doubt import Acoustics
from agent.observer import CallObserver
from cases.domain.vocabulary import Intent


class Preparation:
    """The reply to certain words, and its speech, in the making."""

    def __init__(
        self,
        text: str,
        alternatives: Sequence[str],
        acoustics: Acoustics | None,
        conversation: Conversation,
        mouth: Mouth,
    ) -> None:
        """Begin to prepare.

        Args:
            text: Words of the customer.
            alternatives: Other readings of them.
            acoustics: How they were heard, or None while the customer may still go on.
            conversation: Considers the words; changes nothing by it.
            mouth: Makes the speech as soon as there are words.
        """
        self.text = text
        self.alternatives = tuple(alternatives)
        self.acoustics = acoustics
        self.task = asyncio.create_task(self._prepare(conversation, mouth), name="riskcall.preparation")

    @property
    def unclear(self) -> bool:
        """Whether the words were considered and nothing was made of them."""
        if not self.task.done() or self.task.cancelled() or self.task.exception() is not None:
            return False
        reading = self.task.result().reply.reading
        return reading is not None and reading.intent is Intent.UNCLEAR

    async def _prepare(self, conversation: Conversation, mouth: Mouth) -> Speaking:
        reply = await conversation.consider(self.text, alternatives=self.alternatives, acoustics=self.acoustics)
        return Speaking(reply, mouth)

    async def aclose(self) -> None:
        """Throw it away."""
        self.task.cancel()
        await asyncio.wait({self.task})
        if not self.task.cancelled() and self.task.exception() is None:
            await self.task.result().aclose()


class Preparations:
    """At most one preparation at a time."""

    def __init__(self, conversation: Conversation, mouth: Mouth, observer: CallObserver) -> None:
        """Prepare replies of a conversation; the observer is told of each that was prepared ahead in vain."""
        self._conversation = conversation
        self._mouth = mouth
        self._observer = observer
        self._current: Preparation | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def prepare(self, text: str) -> None:
        """Prepare the reply to these words; one to others is thrown away."""
        if self._current is not None and self._current.text == text:
            return
        self.drop()
        self._current = Preparation(text, (), None, self._conversation, self._mouth)

    def take(self, text: str, alternatives: Sequence[str], acoustics: Acoustics) -> Preparation:
        """The preparation for words that are now certain.

        It is made anew where they were unclear and other readings can be tried, and where they would be doubted as a
        confirmation now that it is known how they were heard.
        """
        current, self._current = self._current, None
        if current is not None and current.text == text and not (current.unclear and alternatives):
            if not self._conversation.may_doubt(text, alternatives, acoustics):
                return current
        if current is not None:
            self._waste(current)
        return Preparation(text, alternatives, acoustics, self._conversation, self._mouth)

    def drop(self) -> None:
        """Throw the current preparation away."""
        current, self._current = self._current, None
        if current is not None:
            self._waste(current)

    def _waste(self, unwanted: Preparation) -> None:
        self._observer.prepared_in_vain()
        self.throw_away(unwanted)

    def throw_away(self, unwanted: Preparation | Speaking) -> None:
        """Close something that nobody will hear."""
        task = asyncio.create_task(unwanted.aclose(), name="riskcall.throw_away")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """Throw everything away and wait for it."""
        self.drop()
        while self._closing:
            await asyncio.wait(set(self._closing))

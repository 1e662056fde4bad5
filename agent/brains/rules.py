"""The rules brain: reads by the lexicon alone; always there, the same words give the same Reading."""

from __future__ import annotations

from collections.abc import AsyncIterator

from agent.brains.brain import TurnContext
from agent.brains.lexicon import load
from agent.brains.understanding import Heard, asked_key, by_sound, understand
from cases.domain.reading import Reading
from cases.domain.vocabulary import Language, Typology

RULES = "rules"
"""Name of this brain in the record of a turn."""


def heard_in(context: TurnContext) -> Heard:
    """The words of a turn with what they reply to."""
    alert = context.alert
    name = alert.customer.name
    parts = [part for part in name.split() if len(part) > 1]
    return Heard(
        text=context.text,
        asked=asked_key(context.act, context.question),
        language=context.language,
        locale=alert.locale,
        names=(name, *parts),
        identity=alert.customer.identity_question.kind,
        rental=Typology.PROPERTY_RENTAL in alert.typologies[:1],
    )


def read_by_rules(context: TurnContext) -> Reading:
    """Read a turn at once; words that say nothing as they are written are read by what they sound like."""
    heard = heard_in(context)
    return by_sound(heard, understand(heard).reading)


class RulesTurn:
    """A turn that was read by rules."""

    findings: tuple[str, ...] = ()
    tokens = 0

    def __init__(self, context: TurnContext, why: str = "") -> None:
        """Read a turn.

        Args:
            context: The turn.
            why: Why the rules took it from another brain, or empty.
        """
        self.brain = f"{RULES}: {why}" if why else RULES
        self._reading = read_by_rules(context)

    async def head(self) -> Reading:
        """The Reading."""
        return self._reading

    async def reply(self) -> AsyncIterator[str]:
        """Nothing: rules have no words of their own."""
        pieces: tuple[str, ...] = ()
        for piece in pieces:
            yield piece

    async def aclose(self) -> None:
        """Nothing is open."""


class RulesBrain:
    """Understands by the lexicon."""

    name = RULES

    @property
    def model(self) -> str:
        """Versions of both lexicons."""
        return "+".join(f"{language.value}-{load(language).version[:8]}" for language in Language)

    def read(self, context: TurnContext) -> RulesTurn:
        """Read a turn at once."""
        return RulesTurn(context)

    async def aclose(self) -> None:
        """Nothing is open."""

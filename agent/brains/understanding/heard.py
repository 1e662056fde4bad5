"""Words with what they reply to, and what was understood of them."""

from __future__ import annotations

from dataclasses import dataclass

from agent.brains.lexicon import OPENING, OTHER
from cases.domain.alert import IdentityQuestionKind
from cases.domain.reading import Reading
from cases.domain.vocabulary import Act, Language, Question

OPENING_ACTS = frozenset({Act.GREET, Act.EXPLAIN_WHO, Act.SHOW_CODE, Act.REFUSE_SECRET})
"""Acts after which, with no question open, the customer is to say whether it is them."""
POLAR = frozenset({OPENING, Question.MADE.value, Question.PROCEED.value})
"""What is asked so that a yes or no is an intent of its own."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Words with what they reply to.

    Attributes:
        text: What was said.
        asked: The open question's identifier, `opening`, or `other` where nothing is asked.
        language: Language of the script.
        locale: The customer's locale.
        names: The customer's name and parts of it.
        identity: What the identity question asks for.
        rental: Whether a home is rented.
    """

    text: str
    asked: str
    language: Language
    locale: str = "en-GB"
    names: tuple[str, ...] = ()
    identity: IdentityQuestionKind = IdentityQuestionKind.BIRTHDAY
    rental: bool = False


@dataclass(frozen=True, slots=True)
class Understood:
    """A Reading with what it rests on.

    Attributes:
        reading: What was understood.
        answered: Whether the open question, or the opening, is answered.
        phrase: Whether the answer is a whole phrase, neither just a yes or no nor just what the question is about.
        requested: Whether the intent is a request that needs no answer.
    """

    reading: Reading
    answered: bool
    phrase: bool
    requested: bool


def asked_key(act: Act, question: Question | None) -> str:
    """What is asked, as the lexicon names it."""
    if question is not None:
        return question.value
    return OPENING if act in OPENING_ACTS else OTHER

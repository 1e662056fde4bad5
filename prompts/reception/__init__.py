"""Wording of the reception: what a customer who rings in hears before the agent has the call."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from importlib import resources

from cases import fast_yaml
from cases.domain.vocabulary import Language
from prompts.model import fill

__all__ = ["ReceptionWording", "load"]


@dataclass(frozen=True, slots=True)
class ReceptionWording:
    """The lines in one language; none of them tells anything about a case.

    Attributes:
        welcome: Who this is, and that a code is to be keyed in or said.
        offer_person: That a key leads to a person.
        code_wrong: The code leads nowhere; asks again.
        code_unclear: No code was understood; asks again.
        still_there: Nothing was heard; asks again.
        no_person: No person can be reached here; asks for the code again.
        one_moment: The code is right and the agent comes.
        still_waiting: The agent is still on the way.
        person_has_it: A person has the case and gets in touch.
        nothing_left: The case is decided.
        goodbye: There was no right code.
        not_now: No code is taken now.
        trouble: Something fails here.
        nobody_came: The agent has not come.
        put_through: A person is reached by the telephone network.
    """

    welcome: str
    offer_person: str
    code_wrong: str
    code_unclear: str
    still_there: str
    no_person: str
    one_moment: str
    still_waiting: str
    person_has_it: str
    nothing_left: str
    goodbye: str
    not_now: str
    trouble: str
    nobody_came: str
    put_through: str

    def lines(self) -> tuple[str, ...]:
        """Every line."""
        return tuple(getattr(self, one.name) for one in fields(self))


@cache
def load(language: Language, bank: str) -> ReceptionWording:
    """The lines in one language, read once a process.

    Args:
        language: The language.
        bank: Name of the bank.

    Raises:
        KeyError: The file lacks a line.
    """
    text = (resources.files(__name__) / f"{language.value}.yaml").read_text("utf-8")
    lines: dict[str, str] = fast_yaml.load(text)
    return ReceptionWording(**{one.name: fill(lines[one.name], {"bank": bank}) for one in fields(ReceptionWording)})

"""What wording is: acts, warnings, fact phrases, system and judge prompts, and what may be wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cases.domain.alert import IdentityQuestionKind
from cases.domain.vocabulary import Act, Language, PaymentChannel, SignalCode, Typology

DEFAULT_FORM = "default"
"""Form of an act or a warning that serves where no other fits."""
VERIFIED_FORM = "verified"
"""Form of an act for the right person; only here may a neutral act speak of the payment."""
FORMS: Mapping[Act, frozenset[str]] = {
    Act.ASK_IDENTITY: frozenset(kind.value for kind in IdentityQuestionKind),
    Act.RETRY_IDENTITY: frozenset(kind.value for kind in IdentityQuestionKind),
    Act.ASK_MADE: frozenset({DEFAULT_FORM, "card", "cash"}),
    Act.ASK_SEEN_GOODS: frozenset({DEFAULT_FORM, "rental"}),
}
"""Forms that an act must have; every other act has `default`, and any act may have `verified` besides."""
LIKELIHOODS = ("high", "medium", "low")
"""How probable a scam is."""
FIRST_TIME_PAYEE = "first_time_payee"
"""Key of the reason that the customer never paid this payee."""
VARIABLES = frozenset(
    {"bank", "customer", "amount", "payee", "when", "channel", "code", "deadline", "warning", "likelihood", "why"}
)
"""Every variable that wording may name."""
_VARIABLE = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with wording.

    Attributes:
        file: The file inside the prompts folder.
        line: Line in it, from 1.
        key: Dotted path of the wording.
        problem: What is wrong.
        right: What would be right.
    """

    file: str
    line: int
    key: str
    problem: str
    right: str

    def __str__(self) -> str:
        """`file:line: key: problem; right`."""
        return f"{self.file}:{self.line}: {self.key and self.key + ': '}{self.problem}; {self.right}"


class PromptError(Exception):
    """Wording is missing or names something that does not exist; the message names file, line and key.

    Attributes:
        code: Stable identifier for programs.
        problems: Everything that was found, where the files were read.
    """

    code = "prompt"

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        """Say what is wrong."""
        super().__init__(message)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Facts:
    """How facts of a payment are worded inside a line.

    Attributes:
        channel: Where a payment was started.
        likelihood: How probable a scam is, with its verb: `high`, `medium`, `low`.
        why: Why a payment looks like a scam, strongest first: signal codes, `first_time_payee`, `default`.
        unreadable_payee: Stands for a payee whose name must not be read out.
        end_of_day: A moment one minute before midnight; `{day}` is the day.
    """

    channel: Mapping[PaymentChannel, str]
    likelihood: Mapping[str, str]
    why: Mapping[str, str]
    unreadable_payee: str
    end_of_day: str


@dataclass(frozen=True, slots=True)
class Prompts:
    """The loaded wording.

    Attributes:
        acts: Wordings by language, act and form; a repeat takes the next one.
        warnings: Warnings by language, kind of fraud and form: `default`, or the signal that picks it; a repeat takes
            the next one.
        facts: Phrases for facts.
        system: System prompts for a language model by file name without ending.
        judges: Prompts for a language model that judges how a conversation was held, by language.
        hashes: SHA-256 of each file, hexadecimal.
        version: SHA-256 over all files, hexadecimal.
    """

    acts: Mapping[Language, Mapping[Act, Mapping[str, tuple[str, ...]]]]
    warnings: Mapping[Language, Mapping[Typology, Mapping[str, tuple[str, ...]]]]
    facts: Mapping[Language, Facts]
    system: Mapping[str, str]
    judges: Mapping[Language, str]
    hashes: Mapping[str, str]
    version: str


def forms_of(act: Act) -> frozenset[str]:
    """Forms that an act must have."""
    return FORMS.get(act, frozenset({DEFAULT_FORM}))


def warning_forms() -> frozenset[str]:
    """Forms that a warning may have."""
    return frozenset({DEFAULT_FORM, *(code.value for code in SignalCode)})


def variables_in(template: str) -> tuple[str, ...]:
    """Names of the variables of a wording, in order."""
    return tuple(match[1] for match in _VARIABLE.finditer(template))


def fill(template: str, variables: Mapping[str, str]) -> str:
    """Put variables into a wording; braces inside a value stay as they are.

    Raises:
        PromptError: The wording names a variable that has no value.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in variables:
            raise PromptError(f"variable {{{match[1]}}} has no value in {template!r}")
        return variables[match[1]]

    return _VARIABLE.sub(value, template)

"""What may be spoken: every sentence passes here on its way to speech, whoever worded it.

Our own fixed wording may tell what criminals ask for. Free wording, which a model makes, is held closer: a code, a
refund, the police or a date that is not the payment's refuses it, and the act's fixed line is spoken in its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agent.dialogue.guard.facts import Facts
from agent.dialogue.guard.rules import Rules, folded, load
from cases.domain.alert import Alert
from cases.domain.vocabulary import Language

__all__ = ["Guard", "Rules", "Verdict", "is_safe_name", "load", "sentences"]

_SENTENCE = re.compile(r"[^.!?。！？]*[.!?。！？]+[\"'”’)）]*\s*|[^.!?。！？]+$")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard says about a sentence.

    Attributes:
        finding: Why it is refused, as `kind: detail`; empty where it may be spoken.
    """

    finding: str = ""

    @property
    def allowed(self) -> bool:
        """Whether it may be spoken."""
        return not self.finding


def sentences(text: str) -> list[str]:
    """Text cut after its sentence marks; joined they give the text again."""
    return [match.group() for match in _SENTENCE.finditer(text) if match.group().strip()]


def is_safe_name(name: str) -> bool:
    """Whether a name that others wrote asks for nothing that is forbidden, names no secret and steers nobody."""
    return not any(load(language).steers(folded(name, language)) for language in Language)


class Guard:
    """Checks sentences for one call."""

    def __init__(self, alert: Alert, variables: Mapping[str, str]) -> None:
        """Allow the facts of an alert.

        Args:
            alert: The alert.
            variables: The facts as the lines word them, with the code.
        """
        self._language = alert.language
        self._rules = load(alert.language)
        self._facts = Facts(alert, variables)
        self._names = [variables.get(name) or "\0" for name in ("bank", "customer")]

    def check(self, sentence: str, *, verified: bool, fixed: bool = False) -> Verdict:
        """Whether a sentence may be spoken.

        Args:
            sentence: One sentence, or a short text.
            verified: Whether the right person is known to be on the line.
            fixed: Whether it is our own fixed wording, which may tell what criminals ask for.
        """
        finding = self._disclosed(sentence, fixed) if not verified else ""
        return Verdict(finding or self._forbidden(sentence.strip(), fixed=fixed))

    def _forbidden(self, sentence: str, *, fixed: bool) -> str:
        rest = self._facts.removed(sentence)
        plain = folded(rest, self._language)
        if kind := self._rules.forbidden(plain, fixed=fixed):
            return f"{kind}: refused"
        if finding := self._facts.other(rest, self._rules, fixed=fixed):
            return finding
        return "word: not on the list" if not fixed and self._rules.unknown(plain) else ""

    def _disclosed(self, sentence: str, fixed: bool) -> str:
        """Facts and products named before the right person is known."""
        if self._facts.disclosed(sentence, fixed=fixed):
            return "disclosure: a fact of the payment before identity"
        for name in self._names:
            sentence = sentence.replace(name, " " if self._language is Language.EN else "某某")
        plain = self._rules.neutral.sub(" ", folded(sentence, self._language))
        match = self._rules.before_identity.search(plain)
        return f"disclosure: {match.group().strip()!r} before identity" if match else ""

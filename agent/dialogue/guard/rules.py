"""The forbidden words of each language, compiled from en.yaml and zh.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from agent.brains.lexicon.patterns import compile_patterns, fold
from cases import fast_yaml
from cases.domain.vocabulary import Language

Kinds = Mapping[str, re.Pattern[str]]
"""Patterns by the kind of what they find."""
_CLAUSE_ENDS = ".!?。！？;；"


@dataclass(frozen=True, slots=True)
class Rules:
    """The forbidden words of one language; en.yaml says what each group is.

    Attributes:
        never: Refused always.
        ask: Refused unless denied.
        order: Refused unless somebody else says it.
        free: Refused in free wording unless denied.
        free_never: Refused in free wording.
        before_identity: Words of a bank's products and of payments.
        neutral: Phrases with such words that give nothing away.
        instruction: What has the customer do something.
        allowed_acts: What free wording may have the customer do.
        harmless: Phrases that name a code and ask for none.
        negators: What denies the words after it.
        behind: What denies the words right before it.
        requests: Verbs that ask for something.
        between: Words that may stand between a denial and what it denies in free wording.
        reported: What makes the words after it somebody else's.
        names: What looks like a name of a person or a firm, with the name in the group `name`; None where names are
            told by their capitals.
        given_names: Names that may begin a sentence, lower case.
        vocabulary: Words that free wording may be made of.
    """

    never: Kinds
    ask: Kinds
    order: Kinds
    free: Kinds
    free_never: Kinds
    before_identity: re.Pattern[str]
    neutral: re.Pattern[str]
    instruction: re.Pattern[str]
    allowed_acts: re.Pattern[str]
    harmless: re.Pattern[str]
    negators: re.Pattern[str]
    behind: re.Pattern[str]
    requests: re.Pattern[str]
    between: re.Pattern[str]
    reported: re.Pattern[str]
    names: re.Pattern[str] | None
    given_names: frozenset[str]
    vocabulary: frozenset[str]

    def forbidden(self, folded: str, *, fixed: bool) -> str:
        """The kind of what is forbidden in a folded sentence, or empty.

        Args:
            folded: The sentence, without facts.
            fixed: Whether it is our own fixed wording.
        """
        plain = self.harmless.sub(" ", folded)
        if kind := _first(self.never, folded):
            return kind
        if kind := next(
            (kind for kind, start, end in _each(self.ask, plain) if not self._denied(plain, start, end, fixed)), ""
        ):
            return kind
        if kind := next(
            (kind for kind, start, _ in _each(self.order, folded) if not self._is_reported(folded, start)), ""
        ):
            return kind
        if fixed:
            return ""
        calm = self.neutral.sub(" ", plain)
        if kind := _first(self.free_never, calm):
            return kind
        if kind := next(
            (kind for kind, start, end in _each(self.free, calm) if not self._denied(calm, start, end, False)), ""
        ):
            return kind
        left = self.allowed_acts.sub(" ", calm)
        told = self.instruction.finditer(left)
        return "instruction" if any(not self._denied(left, *match.span(), False) for match in told) else ""

    def unknown(self, folded: str) -> str:
        """The first words of a folded sentence that free wording may not be made of, or empty."""
        if self.names is None:
            found = (match.group().strip("'") for match in re.finditer(r"[a-z][a-z']*", folded))
            return next((word for word in found if word not in self.vocabulary), "")
        return next(
            (part for part in re.findall(r"[\u4e00-\u9fffa-z]+", folded) if not self._is_made_of_words(part)), ""
        )

    def _is_made_of_words(self, part: str) -> bool:
        """Whether Chinese text can be cut into words of the vocabulary."""
        longest = max(map(len, self.vocabulary))
        reached = {0}
        for at in range(len(part)):
            if at in reached:
                reached |= {at + size for size in range(1, longest + 1) if part[at : at + size] in self.vocabulary}
        return len(part) in reached

    def steers(self, folded: str) -> bool:
        """Whether words of others ask for something forbidden, name a secret, or steer."""
        patterns = (*self.ask.values(), *self.never.values(), *self.order.values(), self.free["secret"])
        return any(pattern.search(folded) for pattern in patterns)

    def _is_reported(self, folded: str, start: int) -> bool:
        return self.reported.search(folded[_clause(folded, start) : start]) is not None

    def _denied(self, folded: str, start: int, end: int, fixed: bool) -> bool:
        """Whether a request is denied in its own sentence: "never share a code", "nobody asks you for a code"."""
        clause = _clause(folded, start)
        if fixed:
            before = folded[clause:end]
            return self.negators.search(before) is not None or self.reported.search(before) is not None
        if self.negators.match(folded, start):
            return True
        if not fixed and self.behind.match(folded, end):
            return True
        # What comes first may be denied by what follows: "卡号您不用念给我".
        whole = folded[start:end]
        if self.negators.search(whole) and not self.requests.match(whole) and not re.search("[,，]", whole):
            return True
        denials = list(self.negators.finditer(folded, clause, start))
        return bool(denials) and not re.search(r"[\w,，:：]", self.between.sub(" ", folded[denials[-1].end() : start]))


def _clause(folded: str, start: int) -> int:
    """Where the clause begins that a place lies in."""
    return max(folded.rfind(mark, 0, start) for mark in _CLAUSE_ENDS) + 1


def _first(kinds: Kinds, folded: str) -> str:
    return next((kind for kind, pattern in kinds.items() if pattern.search(folded)), "")


def _each(kinds: Kinds, folded: str) -> Iterator[tuple[str, int, int]]:
    for kind, pattern in kinds.items():
        for match in pattern.finditer(folded):
            yield kind, *match.span()


@cache
def load(language: Language) -> Rules:
    """Load the rules of a language once.

    Raises:
        LexiconError: A pattern is wrong.
    """
    text = resources.files("agent.dialogue.guard").joinpath(f"{language.value}.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = fast_yaml.load(text)
    chinese = language is Language.ZH

    def compiled(patterns: list[str]) -> re.Pattern[str]:
        return compile_patterns(patterns, document["concepts"], chinese=chinese)

    def kinds(group: str) -> dict[str, re.Pattern[str]]:
        return {kind: compiled(patterns) for kind, patterns in document[group].items()}

    return Rules(
        never=kinds("never"),
        ask=kinds("ask"),
        order=kinds("order"),
        free=kinds("free"),
        free_never=kinds("free_never"),
        before_identity=compiled(document["before_identity"]),
        neutral=compiled(document["neutral"]),
        instruction=compiled(document["instruction"]),
        allowed_acts=compiled(document["allowed_acts"]),
        harmless=compiled(document["harmless"]),
        negators=compiled([document["negators"]]),
        behind=compiled([document["behind"]]),
        requests=compiled(["{give}"]),
        between=compiled([document["between"]]),
        reported=compiled([document["reported"]]),
        names=_names(document) if chinese else None,
        given_names=frozenset(document.get("given_names", ())),
        vocabulary=_vocabulary(language),
    )


def _vocabulary(language: Language) -> frozenset[str]:
    file = resources.files("agent.dialogue.guard") / "vocabulary" / f"{language.value}.txt"
    lines = (line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())


def _names(document: Mapping[str, Any]) -> re.Pattern[str]:
    """What looks like a Chinese name: a surname where a name is likely, with one or two characters behind it."""
    not_names = "|".join(document["no_names"])
    surname = f"(?:{'|'.join(document['double_surnames'])}|[{document['surnames']}])"
    person = (
        rf"{document['name_before']}(?P<name>(?!{not_names}){surname}[\u4e00-\u9fff]{{1,2}}?){document['name_after']}"
    )
    return re.compile(rf"{person}|(?P<firm>{document['institutions']})")


def folded(text: str, language: Language) -> str:
    """Text as the rules read it."""
    return fold(text, chinese=language is Language.ZH, short_forms={}).text

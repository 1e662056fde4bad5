"""Wordings one by one, as they stand in the files, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cases.domain.script import DISCLOSING_ACTS
from cases.domain.vocabulary import Act, Language, Typology
from prompts import DEFAULT_FORM, Problem, Prompts
from prompts.model import VERIFIED_FORM
from prompts.parsing import read_all

_EVERYWHERE = frozenset({"bank", "customer"})
_OF_PAYMENT = frozenset({"amount", "payee", "when", "channel", "deadline"})
_OF_ACT: Mapping[Act, frozenset[str]] = {
    Act.SHOW_CODE: frozenset({"code"}),
    Act.WARN: frozenset({"warning"}),
}
_OF_WARNING = frozenset({"likelihood", "why"})


@dataclass(frozen=True, slots=True)
class Written:
    """One wording as it stands in its file.

    Attributes:
        file: The file inside the prompts folder.
        line: Line in it, from 1.
        key: Dotted path of the wording.
        language: Its language.
        of: The act, the kind of fraud that a warning is against, or None for the phrase of a fact.
        form: Its form; for the phrase of a fact its key.
        index: Its place among the wordings of the form, from 0.
        text: The wording, variables in braces.
    """

    file: str
    line: int
    key: str
    language: Language
    of: Act | Typology | None
    form: str
    index: int
    text: str

    @property
    def disclosing(self) -> bool:
        """Whether only the right person hears it."""
        return not isinstance(self.of, Act) or self.of in DISCLOSING_ACTS or self.form == VERIFIED_FORM

    def available(self) -> frozenset[str]:
        """Variables that have a value, and may be spoken, where this is said."""
        facts = _EVERYWHERE | (_OF_PAYMENT if self.disclosing else frozenset())
        if isinstance(self.of, Act):
            return facts | _OF_ACT.get(self.of, frozenset())
        return facts | (_OF_WARNING if isinstance(self.of, Typology) else frozenset())

    def problem(self, problem: str, right: str) -> Problem:
        """Something wrong with it."""
        return Problem(self.file, self.line, self.key, problem, right)


class Book:
    """All wording, with the places it stands at."""

    def __init__(self, texts: Mapping[str, str], prompts: Prompts) -> None:
        """Bind files and what was read from them.

        Args:
            texts: File contents by name.
            prompts: The wording in them.
        """
        tops = read_all(texts, [])
        self._lines = {(entry.file, entry.key): entry.line for top in tops.values() for entry in top.walk()}
        self.prompts = prompts
        self.written = tuple(self._all())

    def forms(self) -> Iterator[tuple[Written, ...]]:
        """The wordings of acts and warnings, form by form."""
        forms: dict[tuple[Language, Act | Typology, str], list[Written]] = {}
        for one in self.written:
            if one.of is not None:
                forms.setdefault((one.language, one.of, one.form), []).append(one)
        yield from map(tuple, forms.values())

    def _all(self) -> Iterator[Written]:
        for language in Language:
            for act, acts in self.prompts.acts[language].items():
                yield from self._forms(f"acts/{language}.yaml", language, act, acts)
            for typology, warnings in self.prompts.warnings[language].items():
                yield from self._forms(f"warnings/{language}.yaml", language, typology, warnings)
            for key, reason in self.prompts.facts[language].why.items():
                name, path = f"facts/{language}.yaml", f"why.{key}"
                yield Written(name, self._lines[name, path], path, language, None, key, 0, reason)

    def _forms(
        self, file: str, language: Language, of: Act | Typology, forms: Mapping[str, tuple[str, ...]]
    ) -> Iterator[Written]:
        for form, wordings in forms.items():
            for index, text in enumerate(wordings):
                key, short = f"{of}.{form}[{index}]", f"{of}[{index}]"
                key = short if form == DEFAULT_FORM and (file, short) in self._lines else key
                yield Written(file, self._lines[file, key], key, language, of, form, index, text)

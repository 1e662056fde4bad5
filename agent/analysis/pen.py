"""Writes single sentences of an analysis in both languages, from the wording files and the record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from agent import untrusted
from cases.domain.alert import Alert
from cases.domain.analysis import Dossier, Ground, Section, Statement
from cases.domain.call import Turn
from cases.domain.policy import Text
from cases.domain.vocabulary import Language, Question, Speaker
from prompts import fill
from prompts.analysis import AnalysisPrompts

LONGEST_QUOTE = 140
"""Longest quote, characters; a longer one is cut at a space or a comma."""
_MARKS = re.compile("[“”\n\r\t]+")
_BREAKS = " ,，。；、"
_NO_PAYEE = Text("the payee", "收款方")


def quotable(words: str) -> str:
    """A run of the words that can stand in quotes: without quotation marks, and not too long."""
    piece = max(_MARKS.split(words), key=len).strip()
    if len(piece) > LONGEST_QUOTE:
        cut = max(piece.rfind(mark, LONGEST_QUOTE // 2, LONGEST_QUOTE) for mark in _BREAKS)
        piece = piece[: cut if cut > 0 else LONGEST_QUOTE]
    return piece.strip(" ,.;，。；、") or piece


def both(value: str) -> Text:
    """The same in both languages."""
    return Text(value, value)


def label(text: Text) -> Text:
    """A label of policy inside a sentence, where only words that were said stand in quotation marks."""
    return Text(_unquoted(text.en), _unquoted(text.zh))


def reason(text: Text) -> Text:
    """A sentence of policy after a colon."""
    plain = label(text)
    return Text(plain.en[:1].lower() + plain.en[1:], plain.zh)


def named(name: str, otherwise: Text) -> Text:
    """A name that others wrote as it may be shown; in Chinese a Latin one stands between spaces."""
    shown = untrusted.name(name)
    if not shown:
        return otherwise
    return Text(shown, f" {shown} " if shown.isascii() else shown)


def payee(alert: Alert) -> Text:
    """The payee's name."""
    return named(alert.transaction.creditor.name, _NO_PAYEE)


def _unquoted(text: str) -> str:
    return text.replace("“", "‘").replace("”", "’")


class Pen:
    """Writes sentences about one dossier."""

    def __init__(self, dossier: Dossier, prompts: AnalysisPrompts) -> None:
        """Write about a dossier in the wording of the files."""
        self.dossier = dossier
        self.prompts = prompts
        self.turns: Mapping[int, Turn] = {turn.index: turn for turn in dossier.call.turns}
        spoken = [turn for turn in dossier.call.turns if turn.speaker is Speaker.CUSTOMER]
        answers = dossier.call.verification.answers
        self._identity = {answer.turn for answer in answers if answer.question is Question.IDENTITY}
        self._last = (spoken or dossier.call.turns)[-1:]

    def write(
        self,
        section: Section,
        key: str,
        turns: Iterable[int],
        *,
        grounds: tuple[Ground, ...] = (),
        quotes: Sequence[str] = (),
        slots: Mapping[str, Text] = MappingProxyType({}),
    ) -> Statement:
        """One sentence.

        Args:
            section: Where it stands.
            key: Which sentence of that section.
            turns: Turns it rests on; those that the call does not have are left out.
            grounds: What else it rests on.
            quotes: Words that were said, for the slot of that name.
            slots: Other values; those that quote somebody carry their marks already.
        """
        values = {
            language: {
                **{name: value.get(language) for name, value in slots.items()},
                "quotes": self.listed([self.quoted(one) for one in quotes], language),
            }
            for language in Language
        }
        english, chinese = (
            fill(self.prompts.lines[language][f"{section.value}.{key}"], values[language]) for language in Language
        )
        cited = tuple(sorted({index for index in turns if index in self.turns}))
        if not cited and not grounds:
            cited = self.last
        return Statement(section, Text(english, chinese), cited, grounds if grounds or cited else (Ground.CALL,))

    def quoted(self, words: str) -> Text:
        """Words in quotation marks, or that there are none in the transcript."""
        piece = quotable(words)
        if piece:
            return both(f"“{piece}”")
        english, chinese = (self.prompts.lines[language]["no_words"] for language in Language)
        return Text(english, chinese)

    def listed(self, items: Iterable[Text], language: Language) -> str:
        """Items one after another."""
        return self.prompts.lines[language]["list"].join(item.get(language) for item in items)

    def list_of(self, items: Sequence[Text]) -> Text:
        """Items one after another, in both languages."""
        return Text(self.listed(items, Language.EN), self.listed(items, Language.ZH))

    def question(self, question: Question) -> Text:
        """What a question asks, as it stands inside a sentence."""
        english, chinese = (self.prompts.lines[language][f"questions.{question.value}"] for language in Language)
        return Text(english, chinese)

    def said(self, turn: int, quote: str) -> str:
        """Words to quote from a turn: the quote where the turn holds it, else the whole turn.

        The whole of a turn that answers the identity question is never quoted.
        """
        heard = self.turns[turn].heard_text if turn in self.turns else ""
        if quote.strip() and quote in heard:
            return quote
        return "" if turn in self._identity else heard

    @property
    def last(self) -> tuple[int, ...]:
        """The customer's last turn, else the last one at all; empty for a call without turns."""
        return tuple(turn.index for turn in self._last)

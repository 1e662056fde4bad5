"""An utterance in clauses: how far a negation reaches, what is idle, what asks, and which words to quote."""

from __future__ import annotations

from agent.brains.lexicon import Folded, Lexicon
from agent.brains.lexicon.patterns import Matcher
from agent.brains.understanding.heard import Heard
from cases.domain.vocabulary import Intent

LONGEST_QUOTE = 160
"""Longest quote, characters; a longer clause is cut to the words that matched."""
_NEAR = 5
"""Words over which a negator reaches."""
_NEAR_CHARACTERS = 10
"""The same in Chinese, characters."""

Span = tuple[int, int]
"""Where something stands in folded text: first character, and one past the last."""


class Clauses:
    """One utterance, folded and cut into clauses.

    Attributes:
        text: Folded text; every span refers to it.
        lexicon: The language's words.
        asked: What the utterance replies to.
    """

    def __init__(self, heard: Heard, lexicon: Lexicon) -> None:
        """Fold an utterance and find its clauses and idle phrases."""
        self.lexicon = lexicon
        self.asked = heard.asked
        self._folded: Folded = lexicon.fold(heard.text, heard.names)
        self.text = self._folded.text
        self._breaks = [match.span() for match in lexicon.breaks.finditer(self.text)]
        self._idle = {kind: matcher.spans(self.text, heard.asked) for kind, matcher in lexicon.idle.items()}

    @property
    def corrected(self) -> int:
        """Where the last words that take back what was said before them end, or 0."""
        return max((match.end() for match in self.lexicon.corrections.finditer(self.text)), default=0)

    def clause(self, start: int, end: int) -> Span:
        """The clause that holds a span."""
        first = max((after for _, after in self._breaks if after <= start), default=0)
        last = min((before for before, _ in self._breaks if before >= end), default=len(self.text))
        return first, last

    def broken(self, start: int, end: int) -> bool:
        """Whether a clause ends within a span ("we did, I paid it" asks nothing)."""
        return any(start < first and last < end for first, last in self._breaks)

    def quote(self, start: int, end: int) -> str:
        """The original words of the clause that holds a span, or of the span where the clause is long."""
        clause = self._folded.quote(*self.clause(start, end))
        return clause if 0 < len(clause) <= LONGEST_QUOTE else self._folded.quote(start, end)

    def whole(self) -> str:
        """The original words, cut to the longest quote."""
        return self._folded.original.strip()[:LONGEST_QUOTE].strip()

    def spans(self, matcher: Matcher | None, kind: str) -> list[Span]:
        """Where patterns stand that count as signs of a kind."""
        found = matcher.spans(self.text, self.asked) if matcher is not None else []
        return [(start, end) for start, end in found if end > start and not self.is_idle(kind, start, end)]

    def request_spans(self, matcher: Matcher, intent: Intent) -> list[Span]:
        """Where patterns of a request stand; an imagined deed does not make a request imagined."""
        idle = [*self._idle.get(intent, []), *self._idle.get("machine", [])]
        return [
            span
            for span in matcher.spans(self.text, self.asked)
            if not any(first < span[1] and span[0] < last for first, last in idle)
        ]

    def is_idle(self, kind: str, start: int, end: int) -> bool:
        """Whether a span lies where signs of its kind do not count ("no problem", "if they did")."""
        spans = [*self._idle.get(kind, ()), *self._idle.get("any", ())]
        return any(first < end and start < last for first, last in spans)

    def negated(self, start: int, end: int) -> bool:
        """Whether the words at a span are denied by what comes before them in their clause.

        A negator reaches over a few words, but not over a subject of another clause ("I don't know what he wants").
        """
        before = self.text[self.clause(start, end)[0] : start]
        if self.lexicon.adjacent_negators.search(before):
            return True
        first = start - len(before)
        found = [match.end() for match in self.lexicon.negators.finditer(before)]
        found = [end for end in found if not self.is_idle("negator", first + end - 1, first + end)]
        if not found:
            return False
        between = before[found[-1] :]
        near = len(between) <= _NEAR_CHARACTERS if self.lexicon.chinese else len(between.split()) <= _NEAR
        subject = self.lexicon.subjects
        return near and not subject.search(between) and not subject.match(self.text, start)

    def negated_after(self, end: int) -> bool:
        """Whether a negator stands right after a span of English ("I certainly did not")."""
        if self.lexicon.chinese:
            return False
        rest = self.text[end:].lstrip()
        return self.lexicon.negators.match(rest) is not None

    def denies(self) -> bool:
        """Whether anything at all is denied, but for what is said out of politeness or leaves a yes alone."""
        return any(
            not self.is_idle("negator", *match.span()) and not self.is_idle("harmless", *match.span())
            for match in self.lexicon.negators.finditer(self.text)
        )

    def right_after_negator(self, start: int, end: int) -> bool:
        """Whether a span without a negator of its own stands right after one ("没被盗刷")."""
        if self.lexicon.negators.search(self.text, start, end):
            return False
        before = self.text[self.clause(start, end)[0] : start]
        return self.lexicon.adjacent_negators.search(before) is not None

    def asks(self, start: int, end: int, *, loose: bool) -> bool:
        """Whether a span stands in a question of the customer's.

        Args:
            start: First character.
            end: One past the last.
            loose: Whether a question mark alone makes it one.
        """
        first, last = self.clause(start, end)
        if self.is_idle("asking", first, last):
            return False
        if self.lexicon.asking.search(self.text[first:last]):
            return True
        return loose and self.text[last : last + 1] == "?"

    def before(self, start: int, end: int, others: list[Span]) -> str:
        """What stands before a span in its clause, without fillers and without other spans."""
        first = self.clause(start, end)[0]
        kept = (
            " " if any(other[0] <= place < other[1] for other in others) else self.text[place]
            for place in range(first, start)
        )
        return self.lexicon.content("".join(kept))

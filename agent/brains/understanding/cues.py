"""Signs of yes, no and doubt in an utterance: which count, and what they say together."""

from __future__ import annotations

from dataclasses import dataclass

from agent.brains.lexicon.loading import QuestionWords
from agent.brains.understanding.clauses import Clauses, Span
from cases.domain.vocabulary import Question

_ASKED_BACK = frozenset({Question.MADE.value, Question.PROCEED.value})
"""Questions to which a question of the customer's says neither yes nor no."""
_RANK = {"hedge": 0, "yes": 1, "no": 2, "unsure": 3}
"""Which of two signs in the same place counts."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A sign of yes, no or doubt.

    Attributes:
        start: First character in folded text.
        end: One past the last.
        kind: `yes`, `no`, `unsure` or `hedge`.
        phrase: Whether it is a whole phrase rather than a bare word.
        topic: Whether it is only what the question is about, said or denied.
    """

    start: int
    end: int
    kind: str
    phrase: bool
    topic: bool = False

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.start, self.end


def find_cues(clauses: Clauses, words: QuestionWords | None) -> list[Cue]:
    """Every sign that counts, in order: a longer one covers what it holds, a correction what was said before it.

    Where neither phrase nor bare word says anything, what the question is about does: said as it stands it means one
    thing, denied the other.
    """
    cues = _short_words(clauses)
    if words is not None:
        cues += _phrases(clauses, words)
        if not any(cue.kind in ("yes", "no") for cue in cues):
            topics = _topics(clauses, words)
            told = any(cue.kind in ("yes", "no") for cue in topics)
            # A yes that is denied is a doubt by itself, and a no beside what says so.
            cues = [cue for cue in cues if not (told and cue.phrase)] + topics
    if clauses.asked in _ASKED_BACK:
        cues = [cue for cue in cues if not clauses.asks(*cue.span, loose=cue.kind == "yes" or not cue.phrase)]
    kept = [cue for cue in cues if not any(_covers(other, cue) for other in cues)]
    for match in reversed(list(clauses.lexicon.corrections.finditer(clauses.text))):
        if any(cue.start >= match.end() and cue.kind != "hedge" for cue in kept):
            kept = [cue for cue in kept if cue.start >= match.end()]
            break
    return sorted(kept, key=lambda cue: cue.span)


def polarity(clauses: Clauses, cues: list[Cue]) -> tuple[str | None, bool]:
    """Yes, no or unsure, and whether a whole phrase says so; the last phrase counts before the last word."""
    said = [cue for cue in cues if cue.kind != "hedge"]
    phrases = [cue for cue in said if cue.phrase]
    doubts = [cue for cue in said if cue.kind == "unsure"]
    if not said:
        return ("unsure", False) if any(cue.kind == "hedge" for cue in cues) else (None, False)
    decisive = phrases[-1] if phrases else (doubts or said)[-1]
    clause = clauses.clause(*decisive.span)
    hedged = any(cue.kind == "hedge" and clause[0] <= cue.start < clause[1] for cue in cues)
    late_doubt = bool(doubts) and doubts[-1].start >= decisive.start
    return ("unsure" if hedged or late_doubt else decisive.kind), decisive.phrase


def _short_words(clauses: Clauses) -> list[Cue]:
    """Bare words of yes, no and doubt; a yes or no counts only where its clause begins with it."""
    cues = [
        Cue(start, end, kind, False)
        for kind, matcher in clauses.lexicon.polarity.items()
        for start, end in clauses.spans(matcher, kind)
    ]
    said = [cue for cue in cues if cue.kind in ("yes", "no")]
    spans = [cue.span for cue in said]
    return [cue for cue in cues if cue not in said or not clauses.before(*cue.span, spans)]


def _phrases(clauses: Clauses, words: QuestionWords) -> list[Cue]:
    """Whole phrases of no, and of yes where nothing takes them back; a yes taken back is a doubt."""
    cues = [
        Cue(start, end, "no", True)
        for start, end in clauses.spans(words.no, "no")
        if not clauses.right_after_negator(start, end)
    ]
    denied = {clauses.clause(*cue.span) for cue in cues}
    for start, end in clauses.spans(words.yes, "yes"):
        if not (_unsaid(clauses, words, start, end) or clauses.negated(start, end) or clauses.negated_after(end)):
            cues.append(Cue(start, end, "yes", True))
        elif clauses.clause(start, end) not in denied:
            cues.append(Cue(start, end, "unsure", True))
    loose = _loose(clauses, words, denied)
    plain = any(cue.kind == "yes" for cue in cues)
    return cues + [cue for cue in loose if cue.kind == "yes" or not plain]


def _loose(clauses: Clauses, words: QuestionWords, denied: set[Span]) -> list[Cue]:
    """Phrases that speak of a payment, not plainly of this one: a yes only where nothing is denied or limited."""
    spans = clauses.spans(words.loose_yes, "yes")
    if not spans:
        return []
    said_no = any(cue.kind == "no" for cue in _short_words(clauses)) or bool(denied)
    limited = words.limits is not None and words.limits.search(clauses.text) is not None
    plain = not (said_no or limited or clauses.denies())
    return [
        Cue(start, end, "yes" if plain and not _unsaid(clauses, words, start, end) else "unsure", True)
        for start, end in spans
        if clauses.clause(start, end) not in denied
    ]


def _topics(clauses: Clauses, words: QuestionWords) -> list[Cue]:
    """What the question is about: a sign of its kind where it is said, of the opposite where it is denied."""
    cues = []
    for kind, opposite, matcher in (("yes", "no", words.topic_yes), ("no", "yes", words.topic_no)):
        for start, end in clauses.spans(matcher, kind):
            if _unsaid(clauses, words, start, end) and not clauses.negated(start, end):
                cues.append(Cue(start, end, "unsure", True))
            elif not clauses.asks(start, end, loose=True):
                cues.append(Cue(start, end, opposite if clauses.negated(start, end) else kind, True, topic=True))
    kept = [cue for cue in cues if not any(_covers(other, cue) for other in cues)]
    if words.risky is not None and {"yes", "no"} <= {cue.kind for cue in kept}:
        return [cue for cue in kept if cue.kind == words.risky]
    return kept


def _unsaid(clauses: Clauses, words: QuestionWords, start: int, end: int) -> bool:
    """Whether a phrase of yes follows words of its clause that take it back ("I don't think I made it")."""
    if words.unsaid is None:
        return False
    found = words.unsaid.finditer(clauses.text, clauses.clause(start, end)[0], start)
    return any(not clauses.is_idle("negator", *match.span()) for match in found)


def _covers(other: Cue, cue: Cue) -> bool:
    """Whether one cue lies within another that says more."""
    if other is cue or not (other.start <= cue.start and cue.end <= other.end):
        return False
    if other.span != cue.span:
        return True
    return (other.phrase, _RANK[other.kind]) > (cue.phrase, _RANK[cue.kind])

"""The words that rules listen for, per language, and the phrases that customers are expected to say."""

from __future__ import annotations

from cases.domain.vocabulary import Language, Question


def expected_phrases(language: Language, question: Question | None = None) -> tuple[str, ...]:
    """Phrases a customer is likely to say, lower case, no punctuation, words only (numbers spelled out).

    Args:
        language: Language of the phrases.
        question: The open question, whose answers come first, together with what may be said at any time;
            None for every phrase of the language.
    """
    raise NotImplementedError

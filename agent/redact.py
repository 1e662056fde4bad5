"""Secrets out of the customer's words before they are stored, logged or sent to a model."""

from __future__ import annotations

from cases.domain.vocabulary import Language, Question


def hears_secret(text: str, question: Question | None, language: Language) -> bool:
    """Whether the customer begins to read out a secret; cheap enough for every partial transcript."""
    raise NotImplementedError

"""The stub recogniser: the true words of what came over the line, as late as good streaming recognisers give them.

It is asked in the terms of each system's streaming interface. What one final transcript gave, no other gives again.
"""

from __future__ import annotations

from bench.turn_taking.stage.customer import Customer, SpokenWord
from bench.turn_taking.stage.stubs import INTERIM_LAG_S


class Ear:
    """Hears one customer."""

    def __init__(self, customer: Customer) -> None:
        """Hear a customer from the first sample on."""
        self._customer = customer
        self._taken = 0

    def interim(self, since_s: float = 0.0) -> str:
        """The words that ended INTERIM_LAG_S ago or earlier and that no final transcript has given yet.

        Args:
            since_s: Where the audio begins that the recogniser was given; a word that began before is not heard.
        """
        return _joined(self._untaken(since_s, self._customer.now_s - INTERIM_LAG_S))

    def covered_s(self) -> float:
        """Up to where `interim` covers the audio."""
        return max(0.0, self._customer.now_s - INTERIM_LAG_S)

    def final(self, asked_s: float | None = None, since_s: float = 0.0) -> str:
        """All words that ended before the final transcript was asked for; they are taken by it.

        A system awaits this FINAL_S after it asked.

        Args:
            asked_s: When it asked, in `Customer.now_s`; None for now.
            since_s: As for `interim`.
        """
        until_s = self._customer.now_s if asked_s is None else asked_s
        words = self._untaken(since_s, until_s)
        while self._taken < len(self._customer.words) and self._customer.words[self._taken].end_s <= until_s:
            self._taken += 1
        return _joined(words)

    def _untaken(self, since_s: float, until_s: float) -> list[SpokenWord]:
        left = self._customer.words[self._taken :]
        return [word for word in left if word.begin_s >= since_s and word.end_s <= until_s]


def _joined(words: list[SpokenWord]) -> str:
    return " ".join(word.text for word in words)

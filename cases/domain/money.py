"""Money in integer minor units."""

from __future__ import annotations

from dataclasses import dataclass

from cases.domain.errors import InvalidValueError

CURRENCY_EXPONENTS: dict[str, int] = {
    "AUD": 2,
    "CAD": 2,
    "CHF": 2,
    "CNY": 2,
    "EUR": 2,
    "GBP": 2,
    "HKD": 2,
    "JPY": 0,
    "KWD": 3,
    "SGD": 2,
    "USD": 2,
}
"""Decimal places of each supported currency (ISO 4217)."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency in integer minor units.

    Attributes:
        minor: Minor units (pence, cents, fen), not negative.
        currency: ISO 4217 code that CURRENCY_EXPONENTS holds.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse amounts that no payment has."""
        if self.currency not in CURRENCY_EXPONENTS:
            raise InvalidValueError(f"currency: {self.currency!r} is not one of {', '.join(CURRENCY_EXPONENTS)}")
        if isinstance(self.minor, bool) or not isinstance(self.minor, int) or self.minor < 0:
            raise InvalidValueError("amount: minor must be a whole number of minor units, zero or more")

    @property
    def exponent(self) -> int:
        """Decimal places of the currency."""
        return CURRENCY_EXPONENTS[self.currency]

    @property
    def major(self) -> int:
        """Whole major units (pounds, dollars, yuan)."""
        return int(self.minor // 10**self.exponent)

    @property
    def fraction(self) -> int:
        """Minor units beyond the whole major units."""
        return int(self.minor % 10**self.exponent)

    def __str__(self) -> str:
        """The amount as `GBP 4,800.00`."""
        cents = f".{self.fraction:0{self.exponent}d}" if self.exponent else ""
        return f"{self.currency} {self.major:,}{cents}"

"""Checks of single fields: texts of strangers, masked accounts, card numbers, IBANs, telephone numbers."""

from __future__ import annotations

import re
import unicodedata

MASK_CHARACTERS = "*•xX#"
"""What may stand for a hidden character of an account."""
MAX_VISIBLE_DIGITS = 6
"""Digits of an account or card that may be readable; PCI DSS 3.4.1 would allow more, riskcall needs four."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")
_DIGIT_RUN = re.compile(r"\d(?:[ \-./]?\d){12,18}(?!\d)")
_IBAN_START = re.compile(r"(?<![A-Z0-9])([A-Z]{2})\d{2}(?=[ \-]?[A-Z0-9])")
IBAN_LENGTHS = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "NL"), 18),
    **dict.fromkeys(("SI",), 19),
    **dict.fromkeys(("AT", "EE", "LT", "LU"), 20),
    **dict.fromkeys(("CH", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "DE", "GB", "IE"), 22),
    **dict.fromkeys(("AE", "GI", "IL"), 23),
    **dict.fromkeys(("CZ", "ES", "RO", "SA", "SE", "SK"), 24),
    **dict.fromkeys(("PT",), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("FR", "GR", "IT", "MC", "SM"), 27),
    **dict.fromkeys(("CY", "HU", "PL"), 28),
    **dict.fromkeys(("UA",), 29),
    **dict.fromkeys(("MT",), 31),
}
"""Characters of an IBAN by country (SWIFT IBAN registry)."""


def clean(text: str) -> str:
    """Normalise to NFC, turn white space into single blanks and drop control, format and bidi characters."""
    spaced = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", text))
    kept = "".join(char for char in spaced if unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cs", "Cn"})
    return " ".join(kept.split())


def passes_luhn(digits: str) -> bool:
    """Whether the digits end in a right check digit (ISO/IEC 7812-1), as every card number does."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_iban(text: str) -> bool:
    """Whether a text without blanks is an IBAN with right check digits (ISO 13616-1, MOD 97-10)."""
    if IBAN_LENGTHS.get(text[:2]) != len(text) or not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]+", text):
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def holds_account_number(text: str) -> bool:
    """Whether a text contains a whole card number or IBAN."""
    ascii_digits = "".join(str(unicodedata.digit(char, 0)) if char.isdigit() else char for char in text)
    for run in _DIGIT_RUN.finditer(ascii_digits):
        if passes_luhn(re.sub(r"\D", "", run.group())):
            return True
    capitals = ascii_digits.upper()
    for start in _IBAN_START.finditer(capitals):
        whole = re.sub(r"[ \-]", "", capitals[start.start() :])
        if is_iban(whole[: IBAN_LENGTHS.get(start.group(1), 0)]):
            return True
    return False


def check_masked(account: str) -> str:
    """Return the account if it is masked.

    Raises:
        ValueError: It is not, or shows too much.
    """
    if sum(char.isdigit() for char in account) > MAX_VISIBLE_DIGITS:
        raise ValueError(f"mask the account: at most {MAX_VISIBLE_DIGITS} digits may be readable, the rest as *")
    if not any(char in MASK_CHARACTERS for char in account):
        raise ValueError("mask the account with *, such as **** 4821")
    return account


def check_e164(number: str) -> str:
    """Return the number if it is E.164 (ITU-T): plus sign, country code, 7 to 15 digits.

    Raises:
        ValueError: It is not.
    """
    if not _E164.fullmatch(number):
        raise ValueError("give the telephone number as E.164, such as +447700900123")
    return number


def check_email(address: str) -> str:
    """Return the address if it looks like one.

    Raises:
        ValueError: It does not.
    """
    if not _EMAIL.fullmatch(address):
        raise ValueError("give an e-mail address such as name@example.com")
    return address

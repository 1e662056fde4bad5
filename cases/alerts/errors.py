"""What is wrong with an alert document, told without repeating what stood in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        where: Dotted path of the field, such as `transaction.amount.minor`.
        message: What would be right; never the value that was sent.
    """

    where: str
    message: str


class AlertInvalidError(ValueError):
    """The document breaks the schema; nothing is stored.

    Attributes:
        code: Stable identifier for programs.
        problems: Everything that is wrong.
    """

    code = "alert_invalid"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep the problems and put them into the message."""
        self.problems = problems
        super().__init__("; ".join(f"{one.where or 'document'}: {one.message}" for one in problems))

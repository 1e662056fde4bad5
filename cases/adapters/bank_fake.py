"""A bank in memory, for tests and simulations."""

from __future__ import annotations

from cases.ports import BankInstruction, BankRefusedError, BankUnavailableError


class FakeBank:
    """Carries out each key once and remembers every call; it can be told to be away or to refuse.

    Attributes:
        carried_out: Instructions that took effect, by key, in order.
        calls: Every call, also repeated and failed ones, in order.
        away_for: How many of the next calls fail as unavailable.
        lose_answers_for: How many of the next calls take effect although their answer is lost.
        refuses: Whether new keys are refused.
    """

    def __init__(self) -> None:
        """Begin as a bank that is there and willing."""
        self.carried_out: dict[str, BankInstruction] = {}
        self.calls: list[BankInstruction] = []
        self.away_for = 0
        self.lose_answers_for = 0
        self.refuses = False

    async def instruct(self, instruction: BankInstruction) -> str:
        """Carry out an instruction once per key and return the bank's reference.

        Raises:
            BankUnavailableError: The bank is away, or its answer is lost.
            BankRefusedError: The bank refuses.
        """
        self.calls.append(instruction)
        if self.away_for > 0:
            self.away_for -= 1
            raise BankUnavailableError("the bank is away")
        if instruction.key not in self.carried_out:
            if self.refuses:
                raise BankRefusedError("the bank refuses")
            self.carried_out[instruction.key] = instruction
        if self.lose_answers_for > 0:
            self.lose_answers_for -= 1
            raise BankUnavailableError("the bank's answer is lost")
        place = list(self.carried_out).index(instruction.key) + 1
        return f"fake-{place}"

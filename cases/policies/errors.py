"""What is wrong with a policy file."""

from __future__ import annotations


class PolicyError(ValueError):
    """A policy file is missing, is no YAML, or says something that policy cannot mean.

    Attributes:
        code: Stable identifier for programs.
        file: Name of the file, from the policy folder.
        key: Where in the file, as a dotted path; empty for the file as a whole.
    """

    code = "policy"

    def __init__(self, file: str, key: str, problem: str) -> None:
        """Say where the fault is and what would be right."""
        self.file = file
        self.key = key
        super().__init__(f"{file}: {key}: {problem}" if key else f"{file}: {problem}")

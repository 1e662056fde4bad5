"""The policy files and how they are read: strictly, once, with a hash of their content as the version."""

from __future__ import annotations

from pathlib import Path

from cases.domain.policy import Policy


class PolicyError(ValueError):
    """A policy file is missing, is no YAML, or says something that policy cannot mean.

    Attributes:
        code: Stable identifier for programs.
        file: Name of the file.
        key: Where in the file, as a dotted path; empty for the file as a whole.
    """

    code = "policy"

    def __init__(self, file: str, key: str, problem: str) -> None:
        """Say where the fault is and what would be right."""
        self.file = file
        self.key = key
        super().__init__(f"{file}: {key}: {problem}" if key else f"{file}: {problem}")


def load(directory: Path | None = None) -> Policy:
    """Read and check every policy file.

    Args:
        directory: Folder that holds the files; None takes the ones beside this module.

    Raises:
        PolicyError: A file cannot be used; the message names file and key.
    """
    raise NotImplementedError

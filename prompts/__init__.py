"""All wording of the agent: acts, warnings, fact phrases, system and judge prompts, as files with one content hash."""

from __future__ import annotations

from functools import cache

from prompts.files import read_texts
from prompts.model import DEFAULT_FORM, Facts, Problem, PromptError, Prompts, fill
from prompts.parsing import parse

__all__ = ["DEFAULT_FORM", "Facts", "Problem", "PromptError", "Prompts", "fill", "load", "parse", "read_texts"]


@cache
def load() -> Prompts:
    """Load and check all wording once.

    Raises:
        PromptError: Files are wrong; the message names file, line and key of each fault.
    """
    return parse(read_texts())

"""The word lists of stand_ins.yaml and names.yaml."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml


@cache
def word_lists(name: str) -> dict[str, Any]:
    """The lists of a file in this folder."""
    text = (resources.files("evals") / "recording" / f"{name}.yaml").read_text(encoding="utf-8")
    lists: dict[str, Any] = yaml.safe_load(text)
    return lists


@cache
def ordinary(language: str) -> frozenset[str]:
    """Words that name nobody."""
    return frozenset(map(str, word_lists("stand_ins")["ordinary"][language]))

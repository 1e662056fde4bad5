"""The named example alerts (evals/alerts/*.yaml) as documents."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from evals.errors import SuiteError
from evals.located import compose


def example_names() -> tuple[str, ...]:
    """Names of the example alerts."""
    folder = resources.files("evals") / "alerts"
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".yaml")))


@cache
def _text(name: str) -> str:
    return (resources.files("evals") / "alerts" / f"{name}.yaml").read_text(encoding="utf-8")


def example_document(name: str) -> dict[str, Any]:
    """A fresh copy of an example's alert document.

    Raises:
        SuiteError: There is no example of this name.
    """
    if name not in example_names():
        raise SuiteError(f"There is no example alert {name!r}; choose one of {', '.join(example_names())}.")
    document: dict[str, Any] = compose(_text(name), f"evals/alerts/{name}.yaml").plain()
    return document

"""The ten named example alerts: whole documents in YAML, with the facts that scenarios rely on in their comments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from evals.alert_examples import example_document, example_names
from evals.errors import SuiteError

_TIMES = ("raised_at", "hold_deadline", "transaction.initiated_at")
"""Dotted paths of the times that move with the moment of loading."""


def names() -> tuple[str, ...]:
    """Names of the examples, in alphabetical order."""
    return example_names()


def load(
    name: str, *, now: datetime, alert_id: str | None = None, changes: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """An example's document as if it were raised now.

    Args:
        name: Which example.
        now: The moment that becomes `raised_at`, aware; the other times of the payment keep their distance to it.
        alert_id: Id of the alert, or None for the example's own.
        changes: Values to set by dotted path, such as `{"transaction.amount.minor": 480000}`; a number in a path is
            a place in a list.

    Raises:
        SuiteError: There is no such example, or a path of a change leads nowhere.
    """
    document = example_document(name)
    shift = now.astimezone(UTC) - _time(document, "raised_at")
    for path in _TIMES:
        _set(document, path, _moved(document, path, shift))
    if alert_id is not None:
        document["id"] = alert_id
    for path, value in (changes or {}).items():
        _set(document, path, value)
    return document


def _time(document: dict[str, Any], path: str) -> datetime:
    here: Any = document
    for step in path.split("."):
        here = here[step]
    return datetime.fromisoformat(here)


def _moved(document: dict[str, Any], path: str, shift: timedelta) -> str:
    return (_time(document, path) + shift).isoformat().replace("+00:00", "Z")


def _set(document: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split(".")
    here: Any = document
    try:
        for step in way:
            here = here[int(step)] if isinstance(here, list) else here[step]
        if isinstance(here, list):
            here[int(last)] = value
        elif isinstance(here, dict):
            here[last] = value
        else:
            raise KeyError(last)
    except (KeyError, IndexError, ValueError):
        raise SuiteError(f"The change {path!r} leads nowhere in an alert document.") from None

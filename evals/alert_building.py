"""The alert of a scenario: a named example or a whole document, with changes by dotted path."""

from __future__ import annotations

from typing import Any

from cases.alerts import AlertInvalidError, parse_alert
from cases.domain.alert import Alert
from evals.alert_examples import example_document, example_names
from evals.located import Located


def read_alert(block: Located, locale: str) -> Alert:
    """The alert of an `alert` block, in the scenario's locale.

    Raises:
        ScenarioError: The example does not exist, a path of a change leads nowhere, or the alert that results breaks
            its schema; the line is that of the change or of the field.
    """
    entries = block.known(("example", "document", "changes"))
    if ("example" in entries) == ("document" in entries):
        block.fail("give either `example: NAME` or `document:` with a whole alert")
    if "example" in entries:
        document = example_document(entries["example"].one_of(example_names()))
    else:
        document = _mapping(entries["document"])
    changes = entries["changes"].entries() if "changes" in entries else {}
    document["locale"] = locale
    for path, change in changes.items():
        if path == "locale":
            change.fail("comes from the scenario's own `locale`; change that")
        _change(document, path, change)
    try:
        return parse_alert(document)
    except AlertInvalidError as error:
        *others, last = [(_blame(entries, changes, one.where), one) for one in error.problems]
        for place, one in others:
            place.note(f"{one.where or 'the alert'}: {one.message}")
        place, one = last
        place.fail(f"{one.where or 'the alert'}: {one.message}")


def _mapping(block: Located) -> dict[str, Any]:
    if not block.is_mapping:
        block.fail("must be a mapping: a whole alert document")
    document: dict[str, Any] = block.plain()
    return document


def _change(document: dict[str, Any], path: str, change: Located) -> None:
    """Set the value at a dotted path; numbers are places in a list, mappings that are missing are made."""
    here: Any = document
    steps = path.split(".")
    for place, step in enumerate(steps):
        last = place == len(steps) - 1
        walked = ".".join(steps[:place]) or "the alert"
        if isinstance(here, list):
            if not step.isdecimal() or int(step) >= len(here):
                change.fail(f"{walked} is a list of {len(here)}; give a place from 0 to {len(here) - 1}")
            if last:
                here[int(step)] = change.plain()
            else:
                here = here[int(step)]
        elif isinstance(here, dict) and step:
            if last:
                here[step] = change.plain()
            else:
                here = here.setdefault(step, {})
        else:
            change.fail(f"the path leads nowhere: {walked} holds a single value; change that")


def _blame(entries: dict[str, Located], changes: dict[str, Located], where: str) -> Located:
    """The place in the file that a problem of the finished alert comes from."""
    for path in sorted(changes, key=len, reverse=True):
        if where == path or where.startswith(f"{path}.") or path.startswith(f"{where}."):
            return _inside(changes[path], where[len(path) + 1 :])
    if "document" in entries:
        return _inside(entries["document"], where)
    return entries["example"]


def _inside(block: Located, where: str) -> Located:
    """The deepest value of a block on the way to a dotted path."""
    for step in where.split("."):
        if block.is_mapping and step in block.entries():
            block = block.entries()[step]
        elif block.is_list and step.isdecimal() and int(step) < len(list(block.items())):
            block = list(block.items())[int(step)]
        else:
            break
    return block

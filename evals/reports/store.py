"""Writes and reads the JSON document of a report; whole files only, so that an interrupt leaves none half-written."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from evals.errors import ReportError
from evals.reports.model import FORMAT, Report

JSON_NAME = "report.json"
"""Name of the document in a report's folder."""


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


def to_json(report: Report) -> str:
    """The document: UTF-8 JSON, the same for the same runs."""
    return _adapter().dump_json(report, indent=1).decode() + "\n"


def write_whole(path: Path, text: str) -> Path:
    """Write a file so that it is either the old one or the new one, whatever happens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8")
    return beside.replace(path)


def read_report(path: Path) -> Report:
    """A report from its document, or from the folder that holds it.

    Raises:
        ReportError: There is none, or it is no report of this version.
    """
    file = path / JSON_NAME if path.is_dir() else path
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError(f"{file}: cannot be read: {error.strerror}; give a {JSON_NAME} or its folder") from error
    except ValueError as error:
        raise ReportError(f"{file}: is not JSON; give the {JSON_NAME} that `riskcall eval` wrote") from error
    found = document.get("format") if isinstance(document, dict) else None
    if found != FORMAT:
        told = f"its format is {found!r}" if isinstance(found, str) else "it names no format"
        raise ReportError(f"{file}: {told}, this riskcall reads {FORMAT}; make the report anew with `riskcall eval`")
    try:
        return _adapter().validate_json(json.dumps(document))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise ReportError(f"{file}: {where}: {first['msg']}; make the report anew with `riskcall eval`") from error

"""Writes a report's folder: one HTML file, the JSON document and JUnit XML."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from evals.comparison import Comparison
from evals.reports.html import Recordings, report_page
from evals.reports.junit import junit_xml
from evals.reports.model import Report
from evals.reports.store import JSON_NAME, to_json, write_whole


class Audio(StrEnum):
    """Where the HTML file has its recordings: inside it, as files beside it, or not at all."""

    EMBED = "embed"
    LINK = "link"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Written:
    """The files of a report."""

    html: Path
    json: Path
    junit: Path


def write_report(
    report: Report, folder: Path, comparison: Comparison | None = None, *, audio: Audio = Audio.EMBED
) -> Written:
    """Write a report's files; each is either whole or not there.

    Args:
        report: What to write.
        folder: Where; made where it does not exist.
        comparison: What changed against a baseline, for the HTML file.
        audio: Where the HTML file has its recordings. Embedded, a minute of talk adds about 0.3 MB.
    """
    recordings = Recordings(folder if audio is Audio.EMBED else None, linked=audio is Audio.LINK)
    return Written(
        json=write_whole(folder / JSON_NAME, to_json(report)),
        junit=write_whole(folder / "junit.xml", junit_xml(report)),
        html=write_whole(folder / "report.html", report_page(report, comparison, recordings)),
    )

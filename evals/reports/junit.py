"""JUnit XML for build servers: one test case a run; invalid ones are skipped, apart from failures."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from xml.etree import ElementTree

from evals.reports.model import Report, RunRecord, SuiteRecord

_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped."""


def junit_xml(report: Report) -> str:
    """The report as JUnit XML (the schema that Jenkins, GitLab and GitHub actions read)."""
    root = ElementTree.Element(
        "testsuites", {"name": "riskcall eval", **_counts(report.runs), "time": _time(report.runs)}
    )
    for suite in report.suites:
        root.append(_suite(suite, report))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(suite: SuiteRecord, report: Report) -> ElementTree.Element:
    skipped = sum(run.status == "invalid" for run in suite.runs)
    element = ElementTree.Element(
        "testsuite",
        {
            "name": suite.name,
            **_counts(suite.runs),
            "skipped": str(skipped),
            "time": _time(suite.runs),
            "timestamp": report.made_at.strftime("%Y-%m-%dT%H:%M:%S"),
            "hostname": "riskcall",
        },
    )
    properties = ElementTree.SubElement(element, "properties")
    told = {
        "mode": report.mode,
        "brain": report.versions.brain,
        "prompts": report.versions.prompts,
        "policies": report.versions.policies,
        "partial": str(report.partial).lower(),
        "planned": str(suite.planned),
    }
    for name, value in told.items():
        ElementTree.SubElement(properties, "property", name=name, value=_safe(value))
    element.extend(_case(run, suite.name) for run in suite.runs)
    return element


def _case(run: RunRecord, suite: str) -> ElementTree.Element:
    group = PurePosixPath(run.source).with_suffix("").as_posix().strip("/").replace("/", ".")
    name = run.id if run.number == 1 else f"{run.id} run {run.number}"
    case = ElementTree.Element(
        "testcase", name=_safe(name), classname=_safe(f"{suite}.{group}"), time=f"{(run.length_ms or 0) / 1000:.3f}"
    )
    if run.error:
        _detail(case, "error", run)
    elif run.status == "failed" or run.grade.false_release:
        _detail(case, "failure", run)
    elif run.status == "invalid":
        ElementTree.SubElement(case, "skipped", message=_safe(run.reason))
    return case


def _detail(case: ElementTree.Element, tag: str, run: RunRecord) -> None:
    wrong = [f"{check.name}: {check.detail}" for check in run.checks if not check.passed]
    element = ElementTree.SubElement(case, tag, message=_safe(run.reason), type=_safe(run.reason.partition(":")[0]))
    element.text = _safe("\n".join([f"{run.source}:{run.line}", *wrong]))


def _counts(runs: tuple[RunRecord, ...]) -> dict[str, str]:
    failures = sum((run.status == "failed" or run.grade.false_release) and not run.error for run in runs)
    return {
        "tests": str(len(runs)),
        "failures": str(failures),
        "errors": str(sum(bool(run.error) for run in runs)),
    }


def _time(runs: tuple[RunRecord, ...]) -> str:
    return f"{sum(run.length_ms or 0 for run in runs) / 1000:.3f}"


def _safe(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)

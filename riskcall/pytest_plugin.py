"""The pytest plugin: scenario files beside a team's tests become test items; nothing else is touched or imported.

A file whose name fits `*.scenario.yaml` (the ini option `riskcall_files`, or `--riskcall-files`, names other patterns)
is collected, and each scenario in it is one test, or as many as `--riskcall-runs` says.
"""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from riskcall.scenario_tests import ScenarioFile

PATTERN = "*.scenario.yaml"
"""What scenario files are called unless a project says otherwise."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("riskcall", "riskcall scenarios")
    group.addoption(
        "--riskcall-files",
        action="append",
        metavar="PATTERN",
        help=f"Names of scenario files, in place of those of the ini option; may be repeated (default: {PATTERN})",
    )
    group.addoption(
        "--riskcall-mode", choices=("text", "voice"), default="text", help="Run scenarios in text, or with real audio"
    )
    group.addoption("--riskcall-runs", type=_count, default=1, metavar="N", help="How often each scenario is run")
    group.addoption("--riskcall-brain", choices=("rules", "llm"), default="rules", help="What understands the customer")
    parser.addini("riskcall_files", "Names of scenario files", type="args", default=[PATTERN])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """Take scenario files."""
    config = parent.config
    patterns = config.getoption("riskcall_files") or config.getini("riskcall_files")
    if not any(fnmatch(file_path.name, pattern) for pattern in patterns):
        return None
    # The agent is imported where there is a scenario, so that other projects start as fast as before.
    from riskcall.scenario_tests import ScenarioFile

    return ScenarioFile.from_parent(parent, path=file_path)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(text)
    return int(text)

"""What a test needs from the machine: absent, it skips with the reason, and fails where CI promises it."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest


def needs_program(name: str, why: str = "") -> Path:
    """Path of a program, or the end of the test.

    Args:
        name: Program on the search path.
        why: What it is for, for the reader of the skip.
    """
    found = shutil.which(name)
    if found is None:
        lacks(_not_installed(name, why))
    return Path(found)


def needs_package(name: str, why: str = "") -> None:
    """End the test where a Python package cannot be imported; arguments as for needs_program."""
    if find_spec(name) is None:
        lacks(_not_installed(name, why))


def lacks(reason: str) -> NoReturn:
    """End a test that cannot run here.

    Args:
        reason: What is missing.
    """
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _not_installed(name: str, why: str) -> str:
    return f"{name} is not installed" + (f": {why}" if why else "")

"""The policy files and how they are read: strictly, once, with a hash of their content as the version."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cases.domain.policy import Jurisdiction, Policy
from cases.policies.errors import PolicyError
from cases.policies.parts import (
    read_jurisdiction,
    read_scorecard,
    read_script,
    read_signals,
    read_tiers,
    read_typologies,
)
from cases.policies.reader import Node

__all__ = ["PolicyError", "load"]

FILES = ("scorecard.yaml", "script.yaml", "signals.yaml", "tiers.yaml", "typologies.yaml")
"""The files of a policy folder, beside one file a legal area in its folder `jurisdictions`."""


def load(directory: Path | None = None) -> Policy:
    """Read and check every policy file.

    Args:
        directory: Folder that holds the files; None takes the ones beside this module.

    Raises:
        PolicyError: A file cannot be used; the message names file and key.
    """
    folder = directory if directory is not None else Path(__file__).parent
    areas = sorted(path.name for path in (folder / "jurisdictions").glob("*.yaml"))
    if not areas:
        raise PolicyError("jurisdictions", "", f"no file such as GB.yaml in {folder / 'jurisdictions'}")
    texts = {name: _text(folder, name) for name in (*FILES, *(f"jurisdictions/{area}" for area in areas))}
    files = {name: Node.parse(name, text) for name, text in texts.items()}
    probes, limits = read_script(files["script.yaml"])
    return Policy(
        version=_version(texts),
        signals=read_signals(files["signals.yaml"]),
        typologies=read_typologies(files["typologies.yaml"]),
        probes=probes,
        scorecard=read_scorecard(files["scorecard.yaml"], probes.free),
        tiers=read_tiers(files["tiers.yaml"]),
        jurisdictions=_jurisdictions({area: files[f"jurisdictions/{area}"] for area in areas}),
        limits=limits,
    )


def _text(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise PolicyError(name, "", f"cannot be read as UTF-8 from {folder}: {problem}") from problem


def _version(texts: dict[str, str]) -> str:
    """SHA-256 of all names and texts, so that a version names exactly what was decided under."""
    digest = hashlib.sha256()
    for name in sorted(texts):
        for part in (name.encode(), texts[name].encode()):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def _jurisdictions(files: dict[str, Node]) -> dict[str, Jurisdiction]:
    found: dict[str, Jurisdiction] = {}
    covered: dict[str, str] = {}
    for name, file in files.items():
        code = name.removesuffix(".yaml")
        area = read_jurisdiction(code, file)
        for country in area.time_zones:
            if country in covered:
                raise PolicyError(file.file, f"time_zones.{country}", f"is covered by {covered[country]} already")
            covered[country] = name
        found[code] = area
    return found

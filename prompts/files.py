"""The files of the wording: which there are, their text byte for byte, and their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable

from prompts.model import Problem, PromptError

ENDINGS = (".yaml", ".md")
"""How the names of files with wording end."""


def read_texts(folder: Traversable | None = None) -> dict[str, str]:
    """Read every file of the wording, its line ends untouched, by its name inside the folder.

    Args:
        folder: The folder to read; the package's own when None.

    Raises:
        PromptError: A file is not UTF-8, or there is no wording in the folder.
    """
    root = folder or resources.files("prompts")
    texts = {
        f"{inside.name}/{entry.name}": _decoded(f"{inside.name}/{entry.name}", entry.read_bytes())
        for inside in (root.iterdir() if root.is_dir() else ())
        if inside.is_dir()
        for entry in inside.iterdir()
        if entry.name.endswith(ENDINGS)
    }
    if not texts:
        raise PromptError(f"{root}: no wording here; give the folder that holds acts, facts, warnings and the rest")
    return dict(sorted(texts.items()))


def hashes(texts: Mapping[str, str]) -> dict[str, str]:
    """SHA-256 of each file."""
    return {name: hashlib.sha256(texts[name].encode()).hexdigest() for name in sorted(texts)}


def version_of(texts: Mapping[str, str]) -> str:
    """SHA-256 over names and contents of all files: one changed byte anywhere changes it."""
    digest = hashlib.sha256()
    for name, file_hash in hashes(texts).items():
        digest.update(f"{name}\0{file_hash}\0".encode())
    return digest.hexdigest()


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = Problem(name, line, "", "the file is not UTF-8", "save it in that encoding")
        raise PromptError(str(problem), (problem,)) from error

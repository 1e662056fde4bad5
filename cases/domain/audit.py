"""The Merkle log that every event is a leaf of (RFC 6962 section 2.1, RFC 9162 section 2.1).

The leaf of an event is the hash of its canonical JSON (RFC 8785), made outside the domain. Each leaf's content
names the leaf before it in the same case, so that a case's events also form a hash chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of a tree without leaves."""


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What stands for a whole log.

    Attributes:
        size: Number of leaves.
        root: Merkle tree hash over them, 32 bytes.
    """

    size: int
    root: bytes


def leaf_hash(content: bytes) -> bytes:
    """Hash of one leaf: SHA-256 of 0x00 and its content, 32 bytes."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256 of 0x01 and both children, 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_head(leaves: Iterable[bytes]) -> TreeHead:
    """Head of the tree over leaf hashes in order, in memory that grows with the logarithm of their number."""
    peaks: list[bytes] = []
    size = 0
    for leaf in leaves:
        peaks.append(leaf)
        size += 1
        # One perfect subtree ends here for every trailing zero bit of the size.
        done = size
        while done % 2 == 0:
            right = peaks.pop()
            peaks.append(node_hash(peaks.pop(), right))
            done //= 2
    if not peaks:
        return TreeHead(0, EMPTY_ROOT)
    root = peaks.pop()
    while peaks:
        root = node_hash(peaks.pop(), root)
    return TreeHead(size, root)

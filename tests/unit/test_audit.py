"""The Merkle tree, against the definition in RFC 9162 and the vectors of Certificate Transparency."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from cases.domain.audit import EMPTY_ROOT, leaf_hash, node_hash, tree_head

VECTORS = [
    b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57", b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
]  # fmt: skip
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def definition(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(definition(leaves[:split]), definition(leaves[split:]))


def test_known_vectors() -> None:
    for size, root in ROOTS.items():
        assert tree_head(map(leaf_hash, VECTORS[:size])).root.hex() == root


def test_an_empty_log_has_the_empty_root() -> None:
    assert tree_head(()).root == EMPTY_ROOT == definition([])


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_head_is_what_the_definition_says(contents: list[bytes]) -> None:
    leaves = [leaf_hash(one) for one in contents]
    head = tree_head(leaves)
    assert (head.size, head.root) == (len(leaves), definition(leaves))


@given(st.lists(st.binary(max_size=4), min_size=2, max_size=20), st.data())
def test_any_change_changes_the_root(contents: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(contents) - 1))
    changed = [*contents]
    changed[place] += b"!"
    assert tree_head(map(leaf_hash, changed)).root != tree_head(map(leaf_hash, contents)).root
    assert tree_head(map(leaf_hash, contents[:-1])).root != tree_head(map(leaf_hash, contents)).root


def test_a_node_is_never_a_leaf() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert node_hash(left, right) != leaf_hash(left + right)

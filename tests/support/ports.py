"""Blocks of free ports that no other test run takes meanwhile."""

from bench.telephone.ports import BLOCK, PortBlock

__all__ = ["BLOCK", "PortBlock"]

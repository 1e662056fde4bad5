"""Fixtures that every room of the tests may use."""

from tests.support.phone_network import phone_network

__all__ = ["phone_network"]

"""Calls that a worker process holds for the server: what both sides say to each other, and who holds which call."""

"""Child processes of a test; the bench of telephone calls runs the same programs."""

from bench.telephone.errors import ProgramError
from bench.telephone.programs import START_SECONDS, STOP_SECONDS, Program, ask, http_ok, wait_until

__all__ = ["START_SECONDS", "STOP_SECONDS", "Program", "ProgramError", "ask", "http_ok", "wait_until"]

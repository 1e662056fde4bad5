"""What keeps the bench of telephone calls from measuring."""

from __future__ import annotations


class TelephoneBenchError(Exception):
    """Base of what goes wrong in the bench of telephone calls.

    Attributes:
        code: Stable identifier for programs.
    """

    code = "bench_telephone"


class ProgramMissingError(TelephoneBenchError):
    """A program that calls run through is not on this machine; the message says which and where it is looked for."""

    code = "program_missing"


class ProgramError(TelephoneBenchError):
    """A program did not start or did not do what it was asked."""

    code = "program"


class CustomersError(TelephoneBenchError):
    """The process of the simulated customers ended or does not answer."""

    code = "customers"


class NotRungError(TelephoneBenchError):
    """An alert was accepted and no telephone rang."""

    code = "not_rung"

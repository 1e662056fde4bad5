"""Errors of the side-by-side bench; each message says what to do."""

from __future__ import annotations


class TurnTakingError(Exception):
    """Base of what goes wrong with the side-by-side bench.

    Attributes:
        code: Stable identifier for programs.
    """

    code = "turn_taking"


class RecordError(TurnTakingError):
    """A recorded block cannot be scored; the message names the file and what is wrong with it."""

    code = "turn_taking_record"


class RunError(TurnTakingError):
    """The bench was asked for something that does not exist; the message says what does."""

    code = "turn_taking_run"


class EnvironmentBuildError(TurnTakingError):
    """A system's environment could not be made; the message ends with what the installer said."""

    code = "turn_taking_environment"


class PackageIndexUnreachableError(EnvironmentBuildError):
    """No package index answers, so that a system that is not here yet cannot be installed."""

    code = "turn_taking_no_index"


class WorkerLostError(TurnTakingError):
    """A system's process ended, hung or broke the agreed talk; the message says which and where its words are."""

    code = "turn_taking_worker"


class PictureUnavailableError(TurnTakingError):
    """The picture needs matplotlib, which is not installed."""

    code = "turn_taking_picture"

"""What the front door refuses, with what to do about it."""

from __future__ import annotations


class FrontDoorError(Exception):
    """Base of errors that end a command with exit status 2.

    Attributes:
        code: Stable identifier for programs.
    """

    code = "front_door"


class SettingsInvalidError(FrontDoorError):
    """A setting is missing or wrong; the message names the variable and what would be right."""

    code = "settings_invalid"


class DemoFailedError(FrontDoorError):
    """The demo could not run its call to the end; the message says where it stopped."""

    code = "demo_failed"


class NumberRefusedError(FrontDoorError):
    """A telephone number may not be called; the message says why and which setting that is."""

    code = "number_refused"


class NotReadyError(FrontDoorError):
    """The server started and cannot do its work; the message holds its own answer."""

    code = "not_ready"


class RehearsalFailedError(FrontDoorError):
    """A call was tried out before any was taken, and failed; the message says where."""

    code = "rehearsal_failed"


class WordingUnknownError(FrontDoorError):
    """Wording was asked for that does not exist; the message lists what does."""

    code = "wording_unknown"


class ModelNotPulledError(FrontDoorError):
    """A speech model is unknown or could not be fetched; the message says what to do."""

    code = "model_not_pulled"

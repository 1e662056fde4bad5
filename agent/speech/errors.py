"""What can go wrong with speech: each error has a stable code and a message that tells what to do."""

from __future__ import annotations


class SpeechError(Exception):
    """Base of speech failures.

    Attributes:
        code: Stable identifier for programs.
        retryable: Whether the same call may go through later.
    """

    code = "speech"
    retryable = False


class EngineMissingError(SpeechError):
    """A named engine, its package, program or model is not on this machine; the message says how to get it."""

    code = "engine_missing"


class UnknownEngineError(SpeechError):
    """No engine has this name; the message lists those there are."""

    code = "engine_unknown"


class LanguageUnsupportedError(SpeechError):
    """The engine cannot hear or speak the language asked of it."""

    code = "language_unsupported"


class EngineFailedError(SpeechError):
    """An engine that is present failed at its work; the same audio or text may go through again."""

    code = "engine_failed"
    retryable = True


class EngineBusyError(EngineFailedError):
    """All of an engine's decoders are at work; the message says how many there are."""

    code = "engine_busy"


class UnknownModelError(SpeechError):
    """No model of this name stands in the catalogue; the message lists those there are."""

    code = "model_unknown"


class ModelPullError(SpeechError):
    """A model could not be fetched: no network, no disk space, or the source refused."""

    code = "model_pull"
    retryable = True

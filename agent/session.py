"""A voice call on one leg: hears, understands, answers, records; ends with a Call, whatever happens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agent.conversation import Conversation
from agent.observer import CallObserver
from agent.speech.engine import Recognizer, Synthesizer
from cases.domain.call import Call, CallVersions
from cases.ports import Blobs, Clock
from telephony.leg import Leg


@dataclass(frozen=True, slots=True)
class Recording:
    """Where the recording goes.

    Attributes:
        blobs: Keeps it once the call is over.
        key: Its key in there.
        folder: Folder in which it grows while the call runs; what a crash leaves there can be played.
    """

    blobs: Blobs
    key: str
    folder: Path


class VoiceSession:
    """One call that was answered; used once."""

    def __init__(
        self,
        *,
        call_id: str,
        conversation: Conversation,
        recognizer: Recognizer,
        synthesizer: Synthesizer,
        leg: Leg,
        clock: Clock,
        versions: CallVersions,
        recording: Recording | None,
        observer: CallObserver | None = None,
        spare: Synthesizer | None = None,
        max_seconds: float = 600.0,
    ) -> None:
        """Prepare a call on a leg whose `ring` returned `answered`; the engines are warm.

        Args:
            call_id: `case:attempt`.
            conversation: A fresh conversation.
            recognizer: Hears the customer.
            synthesizer: Speaks; pass a `Voice` to have fixed lines cached.
            leg: The line; it is hung up at the end.
            clock: Gives start and end.
            versions: What the conversation is made from, for the record.
            recording: Where the recording goes; None records nothing (consent refused).
            observer: Sees the call as it happens.
            spare: Speaks on where the synthesizer fails in the middle of a sentence.
            max_seconds: Cap on the length of the call.
        """
        raise NotImplementedError

    async def run(self) -> Call:
        """Hold the conversation to its end; every failure past the answer is an ending of the Call."""
        raise NotImplementedError

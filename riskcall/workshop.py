"""What calls are made of, built from the settings once a process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.dialogue.conversation import Conversation
from agent.dialogue.text_session import TextCustomer
from agent.observer import CallObserver, SilentObserver
from agent.placements import NewConversation, NewHandover, TextPlacement, VoicePlacement
from agent.speech.engine import Synthesizer
from cases.adapters.blobs_memory import MemoryBlobs
from cases.domain.alert import Alert
from cases.domain.case import Case
from cases.domain.policy import Policy
from cases.domain.vocabulary import Language
from cases.policies import PolicyError
from cases.policies import load as load_policy
from cases.ports import Blobs, Clock, DialRequest
from riskcall.engines import Engines, bands_of, turns_of
from riskcall.errors import SettingsInvalidError
from riskcall.rehearsal import EmptyLine, Hum, case_of, rehearse_call, rehearse_words
from riskcall.settings import Settings
from telephony.leg import Leg

Observe = Callable[[Case, DialRequest], CallObserver]
"""Makes the watchers of a call."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What calls are made of; makes the placements that a composition dials through.

    Attributes:
        conversation: Makes a conversation.
        observe: Makes the watchers of a call.
        engines: What hears, speaks and understands.
        clock: Where time comes from.
        blobs: Recordings and stills.
        policy: How long to ring and to talk.
        settings: Where files go.
        handover: Makes the way to the people at the desk for one call; None where there is none.
    """

    conversation: NewConversation
    observe: Observe
    engines: Engines
    clock: Clock
    blobs: Blobs
    policy: Policy
    settings: Settings
    handover: NewHandover | None = None

    def voice(self, new_leg: Callable[[Case], Leg], leg: str, *, speaks: Synthesizer | None = None) -> VoicePlacement:
        """Spoken calls on legs of one kind.

        Args:
            new_leg: Makes the line to a case's customer.
            leg: Which kind of leg that is.
            speaks: The voice; that of the settings when None.
        """
        return VoicePlacement(
            new_leg=new_leg,
            leg=leg,
            engines=partial(self.engines.spoken, speaks=speaks),
            conversation=self.conversation,
            clock=self.clock,
            blobs=self.blobs,
            recordings=self.settings.data_dir / "recording",
            policy=self.policy,
            observer=self.observe,
            turns=turns_of(self.settings),
            handover=self.handover,
        )

    def text(self, customer: Callable[[Case], TextCustomer]) -> TextPlacement:
        """Conversations in text with a simulated customer."""
        return TextPlacement(
            customer=customer,
            conversation=self.conversation,
            brain=self.engines.brain_name,
            clock=self.clock,
            observer=self.observe,
        )


def policy_of(settings: Settings) -> Policy:
    """The policies of the settings.

    Raises:
        SettingsInvalidError: They are missing or wrong; the message says where.
    """
    try:
        return load_policy(settings.policies_dir)
    except PolicyError as error:
        raise SettingsInvalidError(str(error)) from error


def open_workshop(
    settings: Settings, stack: AsyncExitStack, *, policy: Policy, clock: Clock, blobs: Blobs, observe: Observe
) -> Workshop:
    """Choose engines and put together what calls are made of; nothing is loaded before `warm`.

    Raises:
        SettingsInvalidError: A setting names an engine or a model that is not there.
    """
    engines = Engines(settings)
    stack.push_async_callback(engines.aclose)

    def conversation(alert: Alert, match_code: str) -> Conversation:
        return Conversation(alert=alert, policy=policy, brain=engines.brain, match_code=match_code)

    return Workshop(conversation, observe, engines, clock, blobs, policy, settings)


async def warm(workshop: Workshop, stack: AsyncExitStack) -> None:
    """Load all that a call needs, engines and words side by side; then try a call out.

    Raises:
        SettingsInvalidError: An engine does not start.
        RehearsalFailedError: A call cannot be held here.
    """
    engines, policy, clock = workshop.engines, workshop.policy, workshop.clock
    spoken = tuple(language for language in Language if not engines.deaf(language))
    await asyncio.gather(
        engines.warm(bands_of(workshop.settings)), asyncio.to_thread(rehearse_words, spoken, policy, clock)
    )
    if not spoken:
        return
    folder = stack.enter_context(TemporaryDirectory(prefix="riskcall-"))
    empty = replace(
        workshop,
        observe=lambda case, request: SilentObserver(),
        blobs=MemoryBlobs(),
        settings=workshop.settings.model_copy(update={"data_dir": Path(folder)}),
    )
    line = EmptyLine()
    rest = await rehearse_call(
        empty.voice(lambda case: line, line.kind, speaks=Hum()), line, case_of(spoken[0], policy, clock)
    )
    stack.push_async_callback(asyncio.wait, {rest})

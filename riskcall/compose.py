"""Builds every adapter, once, from the settings; nothing else in this process does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import FastAPI
from pydantic import SecretStr

from agent.dialer import CallDialer, Placement
from agent.dialogue.conversation import Conversation
from agent.dialogue.text_session import TextCustomer
from agent.observer import CallObserver, SilentObserver
from agent.placements import NewConversation, TextPlacement, VoicePlacement
from agent.speech.engine import Synthesizer
from cases.adapters.bank_webhook import WebhookBank
from cases.adapters.blobs_file import FileBlobs
from cases.adapters.blobs_memory import MemoryBlobs
from cases.adapters.clock import SystemClock
from cases.domain.alert import Alert
from cases.domain.case import Case
from cases.domain.events import CustomerRinging, DialEnded, Event
from cases.domain.policy import Policy
from cases.domain.vocabulary import Language
from cases.policies import PolicyError
from cases.policies import load as load_policy
from cases.ports import Blobs, Clock, DialRequest
from cases.runtime import CaseRuntime
from desk.accounts import Accounts
from desk.deps import DeskDeps
from desk.live import LiveCalls, LiveObserver
from desk.main import create_app
from desk.routes.app_sessions import router as app_sessions
from desk.routes.calls import router as customer_page
from evals.alerts import load as load_example
from evals.alerts import names as example_names
from riskcall.analysts import analyst_of
from riskcall.engines import Engines, turns_of
from riskcall.errors import SettingsInvalidError
from riskcall.observers import Observers
from riskcall.rehearsal import EmptyLine, Hum, case_of, rehearse_call, rehearse_words
from riskcall.settings import Settings
from telephony.browser import AppSessions, BrowserSwitchboard, IceServer
from telephony.leg import Leg

BROWSER = "browser"
"""Kind of leg of the customer's page, as events name it."""


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
        switchboard: Customers' pages.
        settings: Where files go.
    """

    conversation: NewConversation
    observe: Callable[[Case, DialRequest], CallObserver]
    engines: Engines
    clock: Clock
    blobs: Blobs
    policy: Policy
    switchboard: BrowserSwitchboard
    settings: Settings

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
        )

    def browser(self) -> VoicePlacement:
        """Spoken calls on the customer's page."""
        return self.voice(lambda case: self.switchboard.leg(), BROWSER)

    def text(self, customer: Callable[[Case], TextCustomer]) -> TextPlacement:
        """Conversations in text with a simulated customer."""
        return TextPlacement(
            customer=customer,
            conversation=self.conversation,
            brain=self.engines.brain_name,
            clock=self.clock,
            observer=self.observe,
        )


@dataclass(frozen=True, slots=True)
class System:
    """The running whole, as the commands of the front door use it.

    Attributes:
        app: The web application.
        runtime: Cases, effects, timers.
        workshop: What calls are made of.
        sessions: Links to customers' pages.
        accounts: Accounts of the desk.
    """

    app: FastAPI
    runtime: CaseRuntime
    workshop: Workshop
    sessions: AppSessions
    accounts: Accounts


Placing = Callable[[Workshop], Callable[[Case], Placement]]
"""Says how each case's customer is reached."""


def by_browser(workshop: Workshop) -> Callable[[Case], Placement]:
    """Reach every customer on the page of the bank's app."""
    placement = workshop.browser()
    return lambda case: placement


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    origins: tuple[str, ...],
    placing: Placing = by_browser,
    watcher: CallObserver | None = None,
) -> AsyncIterator[System]:
    """Everything, started; stopped again when the context closes.

    Args:
        settings: Complete settings.
        origins: Origins that browsers use, the one for links first.
        placing: How customers are reached.
        watcher: Sees every call, beside the desk's live view.

    Raises:
        SettingsInvalidError: A setting names an engine, a model or policies that are not there.
    """
    clock = SystemClock()
    policy = _policy(settings)
    async with AsyncExitStack() as stack:
        bank = WebhookBank(settings.bank_url, _secret(settings.bank_secret), clock=clock)
        stack.push_async_callback(bank.aclose)
        engines = Engines(settings)
        stack.push_async_callback(engines.aclose)
        sessions = AppSessions(clock)
        switchboard = BrowserSwitchboard(sessions, ice_servers=_ice_servers(settings))
        stack.push_async_callback(switchboard.aclose)
        live = LiveCalls()
        workshop = Workshop(
            conversation=_conversations(policy, engines),
            observe=_watchers(live, watcher),
            engines=engines,
            clock=clock,
            blobs=FileBlobs(settings.blobs_dir),
            policy=policy,
            switchboard=switchboard,
            settings=settings,
        )
        await _warm(workshop, stack)
        analyst = await stack.enter_async_context(analyst_of(settings))
        runtime = CaseRuntime(
            f"sqlite:///{settings.database_path}", policy=policy, bank=bank, analyst=analyst, clock=clock
        )
        dialer = CallDialer(
            placement=placing(workshop),
            find_case=runtime.store.case,
            record=_recorder(runtime, clock, live),
            max_calls=settings.max_calls,
        )
        runtime.use_dialer(dialer)
        stack.push_async_callback(runtime.stop)
        stack.push_async_callback(dialer.aclose)
        await runtime.start()
        accounts = Accounts(settings.accounts_path)
        app = create_app(_desk(settings, origins, workshop, runtime, accounts, live))
        yield System(app, runtime, workshop, sessions, accounts)


async def _warm(workshop: Workshop, stack: AsyncExitStack) -> None:
    """Load all that a call needs, engines and words side by side; then try a call out."""
    engines, policy, clock = workshop.engines, workshop.policy, workshop.clock
    spoken = tuple(language for language in Language if not engines.deaf(language))
    await asyncio.gather(engines.warm(), asyncio.to_thread(rehearse_words, spoken, policy, clock))
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


def _policy(settings: Settings) -> Policy:
    try:
        return load_policy(settings.policies_dir)
    except PolicyError as error:
        raise SettingsInvalidError(str(error)) from error


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


def _ice_servers(settings: Settings) -> tuple[IceServer, ...]:
    """TURN servers get the credential, STUN servers need none."""
    user, credential = settings.turn_username, _secret(settings.turn_credential)
    return tuple(
        IceServer(url, user, credential) if url.startswith("turn") else IceServer(url) for url in settings.ice_servers
    )


def _conversations(policy: Policy, engines: Engines) -> NewConversation:
    def new(alert: Alert, match_code: str) -> Conversation:
        return Conversation(alert=alert, policy=policy, brain=engines.brain, match_code=match_code)

    return new


def _watchers(live: LiveCalls, watcher: CallObserver | None) -> Callable[[Case, DialRequest], CallObserver]:
    def observe(case: Case, request: DialRequest) -> CallObserver:
        desk = LiveObserver(live, case.id, request.attempt)
        return Observers(desk, watcher) if watcher else desk

    return observe


def _recorder(runtime: CaseRuntime, clock: Clock, live: LiveCalls) -> Callable[[str, Event, str], Awaitable[object]]:
    """Records what the dialer tells; what has no conversation to be watched reaches the desk's live view from here."""

    async def record(case_id: str, event: Event, event_id: str) -> object:
        if isinstance(event, CustomerRinging):
            live.ringing(case_id, event.attempt)
        elif isinstance(event, DialEnded):
            live.ended(case_id, event.attempt, event.disposition.value)
        return await runtime.intake.record(case_id, event, event_id=event_id, at=clock.now())

    return record


def _desk(
    settings: Settings,
    origins: tuple[str, ...],
    workshop: Workshop,
    runtime: CaseRuntime,
    accounts: Accounts,
    live: LiveCalls,
) -> DeskDeps:
    board, clock = workshop.switchboard, workshop.clock
    keys = tuple(key.get_secret_value() for key in settings.api_keys)
    page = customer_page(board, clock=clock, bank_name=settings.bank_name, origins=origins)
    links = app_sessions(board, clock=clock, keys=keys, origin=origins[0])
    return DeskDeps(
        intake=runtime.intake,
        store=runtime.store,
        blobs=workshop.blobs,
        policy=workshop.policy,
        clock=clock,
        webhook_secrets=tuple(secret.get_secret_value() for secret in settings.webhook_secrets),
        api_keys=keys,
        session_secret=_secret(settings.session_secret).encode(),
        accounts=accounts,
        origins=origins,
        live=live,
        alert_examples=lambda: {name: load_example(name, now=clock.now()) for name in example_names()},
        unready=lambda: "" if runtime.running else "Effects do not run; start riskcall again.",
        routers=(page, links),
    )

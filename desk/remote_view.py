"""What a worker says of its running call, as the desk's live view shows it."""

from __future__ import annotations

from desk.live import LiveCalls, LiveObserver
from telephony.remote import link


class RemoteView:
    """One call on the hub."""

    def __init__(self, hub: LiveCalls, case_id: str, attempt: int) -> None:
        """Show one attempt of one case."""
        self._hub = hub
        self._case_id = case_id
        self._attempt = attempt
        self._observer = LiveObserver(hub, case_id, attempt)

    def show(self, message: link.WorkerMessage) -> None:
        """Show what a message says; some say nothing to be seen."""
        match message:
            case link.Started(language=language):
                self._observer.started(f"{self._case_id}:{self._attempt}", language)
            case link.AgentSpeaking(text=text, acts=acts):
                self._observer.agent_speaking(text, acts)
            case link.AgentSpoke(turn=turn):
                self._observer.agent_spoke(turn)
            case link.CustomerSpeaking(text=text):
                self._observer.customer_speaking(text)
            case link.CustomerSpoke(turn=turn):
                self._observer.customer_spoke(turn)
            case link.BargedIn(at_ms=at_ms):
                self._observer.barged_in(at_ms)
            case link.WentOn(at_ms=at_ms):
                self._observer.went_on(at_ms)
            case link.TalkEnded(ending=ending):
                self._hub.ended(self._case_id, self._attempt, ending)

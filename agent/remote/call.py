"""One call in a worker: claimed, held on whatever leg the server says, and delivered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from agent.dialer import News, Placement, hold_attempt
from agent.observer import CallObserver
from agent.remote.api import CallsApi
from agent.remote.delivery import FIRST_WAIT_S, LONGEST_WAIT_S, Pass, deliver_patiently
from agent.remote.errors import ApiRefusedError, CallsApiError
from agent.remote.handover import LinkHandover, NewLine
from agent.remote.link import CallLink, LinkTimings
from agent.remote.media import SpooledBlobs
from agent.remote.spool import Spool, SpoolEntry
from cases.domain.case import Case
from cases.domain.events import CallEnded, DialEnded, Event
from cases.domain.vocabulary import Disposition
from cases.ports import Blobs
from telephony.people.handover import Handover
from telephony.remote.documents import RESULTS, ClaimedCall, event_document
from telephony.remote.link import Duty, EndCall, Ordered, ServerMessage

CLAIM_S = 5.0
"""How long a claim is tried."""
DELIVER_S = 8.0
"""How long a call's own process tries to deliver; then the worker's main process goes on."""
_log = logging.getLogger(__name__)

NewReviewerLine = Callable[[ClaimedCall], NewLine]
"""Makes the lines to the reviewers of a claimed call."""
Place = Callable[[ClaimedCall, CallObserver, Blobs, Handover | None], Placement]
"""Makes the placement that holds a claimed call."""


class RemoteCall:
    """Holds one call; used once."""

    def __init__(
        self,
        api: CallsApi,
        spool: Spool,
        place: Place,
        timings: LinkTimings | None = None,
        *,
        reviewers: NewReviewerLine | None = None,
        queue: str = "",
    ) -> None:
        """Hold a call of this server.

        Args:
            api: The server.
            spool: Keeps what the server has not acknowledged.
            place: Makes the placement.
            timings: How often the link does things.
            reviewers: Makes lines to reviewers; None where none can join.
            queue: Where the telephone network is to hand calls to first, or empty.
        """
        self._queue = queue
        self._reviewers = reviewers
        self._handover: LinkHandover | None = None
        self._api = api
        self._spool = spool
        self._place = place
        self._timings = timings
        self._talk: asyncio.Task[DialEnded | CallEnded] | None = None
        self._ended = False
        self._untold: list[dict[str, Any]] = []
        self._more = asyncio.Event()

    async def hold(self, call_id: str) -> bool:
        """Claim the call, hold it and deliver its result; whether it was ours to hold.

        A call that another worker has is left alone, and so is one whose link does not come up: nobody is rung for a
        call that the server may have given to somebody else.
        """
        claimed = await self._claim(call_id)
        if claimed is None:
            return False
        entry = await asyncio.to_thread(self._spool.create, call_id, claimed.claim)
        permit = Pass(self._api, call_id, claimed.claim, claimed.token)
        if self._reviewers is not None:
            self._handover = LinkHandover(
                call_id, tell=self._note, new_line=self._reviewers(claimed), queue=self._queue
            )
        link = CallLink(
            f"ws{self._api.url.removeprefix('http')}/v1/calls/{call_id}/link", permit, self.obey, self._timings
        )
        linking = asyncio.create_task(link.run(), name="riskcall.link")
        telling = asyncio.create_task(self._tell(call_id, permit), name="riskcall.news")
        try:
            if self._ended or not await link.wait_up(claimed.grace_s):
                await asyncio.to_thread(entry.remove)
                return False
            result = await self._hold(claimed, link, entry)
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
            documents = [*self._untold, event_document(result)]
            await asyncio.to_thread(entry.finish, documents)
            await deliver_patiently(entry, self._api, permit, DELIVER_S)
        finally:
            entry.release()
            for task in (telling, linking):
                task.cancel()
            await asyncio.gather(telling, linking, return_exceptions=True)
        return True

    def obey(self, message: ServerMessage) -> None:
        """Do what the server says."""
        if isinstance(message, Ordered | Duty):
            if self._handover is not None:
                self._handover.hear(message)
        elif isinstance(message, EndCall):
            _log.warning("the call is to end: %s", message.reason)
            self.stop()

    def stop(self) -> None:
        """Hang up; what was said so far is delivered. A second time does nothing."""
        if not self._ended:
            self._ended = True
            if self._talk is not None:
                self._talk.cancel()

    async def _claim(self, call_id: str) -> ClaimedCall | None:
        """Claim the call; None where it is not ours, or the server stays away."""
        wait = FIRST_WAIT_S
        with suppress(TimeoutError):
            async with asyncio.timeout(CLAIM_S):
                while True:
                    try:
                        return await self._api.claim(call_id)
                    except ApiRefusedError as error:
                        _log.warning("call %s is left alone: %s", call_id, error.code)
                        return None
                    except CallsApiError as error:
                        _log.warning("call %s is not claimed yet: %s", call_id, error.code)
                    await asyncio.sleep(wait)
                    wait *= 2
        return None

    async def _hold(self, claimed: ClaimedCall, link: CallLink, entry: SpoolEntry) -> DialEnded | CallEnded:
        def choose(case: Case) -> Placement:
            return self._place(claimed, link, SpooledBlobs(entry), self._handover)

        news = News(claimed.request, self._note)
        self._talk = asyncio.create_task(hold_attempt(choose, claimed.case, claimed.request, news))
        try:
            return await self._talk
        except asyncio.CancelledError:
            if not self._ended:
                raise
            return DialEnded(claimed.request.attempt, Disposition.FAILED, "ended")

    async def _note(self, case_id: str, event: Event, event_id: str) -> None:
        """Have an event told; a call does not wait for the server."""
        assert not isinstance(event, RESULTS), "results are delivered, not told"
        self._untold.append(event_document(event, ":".join(event_id.split(":")[-2:])))
        self._more.set()

    async def _tell(self, call_id: str, permit: Pass) -> None:
        """Tell events as they come, in order, until cancelled."""
        wait = FIRST_WAIT_S
        while True:
            await self._more.wait()
            self._more.clear()
            while self._untold:
                document = self._untold[0]

                async def send(token: str, document: dict[str, Any] = document) -> None:
                    await self._api.tell(call_id, token, document)

                try:
                    await permit.use(send)
                except ApiRefusedError as error:
                    _log.error("call %s: the server takes no %s: %s", call_id, document["type"], error.code)
                except CallsApiError as error:
                    _log.warning("call %s: %s waits: %s", call_id, document["type"], error.code)
                    await asyncio.sleep(wait)
                    wait = min(wait * 2, LONGEST_WAIT_S)
                    continue
                self._untold.pop(0)
                wait = FIRST_WAIT_S

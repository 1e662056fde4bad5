"""Starts queued effects at once instead of at the next poll.

DBOS 3.4 finds queued workflows by polling alone. The nudge does what its queue worker does at a poll, claim and
start, whenever the intake has committed an effect. The claim is DBOS's own atomic one, so nudge and poll never
start the same workflow twice, and the poll stays as the safety net. This module alone touches DBOS internals.
"""

from __future__ import annotations

import logging
import threading

from dbos import DBOS
from dbos import error as dbos_error
from dbos._core import execute_dequeued_workflow
from dbos._utils import GlobalParams, generate_uuid
from sqlalchemy.exc import SQLAlchemyError

_log = logging.getLogger(__name__)


class QueueNudge:
    """A thread that claims queued workflows when told that there are some."""

    def __init__(self, dbos: DBOS, queues: tuple[str, ...]) -> None:
        """Serve these queues of a launched DBOS."""
        self._dbos = dbos
        self._queues = queues
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="effects-nudge", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def nudge(self) -> None:
        """Look for queued effects now; returns at once, safe from any thread."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def _work(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._stopping:
                return
            for queue in self._queues:
                try:
                    self._claim(queue)
                except (SQLAlchemyError, dbos_error.DBOSException) as error:
                    # Whatever was not claimed now is claimed by the next poll.
                    _log.warning("effects: nudge of queue %s failed: %s", queue, type(error).__name__)

    def _claim(self, name: str) -> None:
        system = self._dbos._sys_db
        queue = system.get_queue(name)
        if queue is None:
            return
        running = self._dbos._active_workflows_set.count_for_queue(name)
        if queue._worker_concurrency is not None and running >= queue._worker_concurrency:
            return
        owner = generate_uuid()
        claimed, _ = system.start_queued_workflows(
            queue, GlobalParams.executor_id, GlobalParams.app_version, None, running, owner_xid=owner
        )
        for workflow_id in claimed:
            status = system.get_workflow_status(workflow_id)
            assert status is not None
            execute_dequeued_workflow(self._dbos, status, owner)

"""Putting effects on DBOS queues, inside the transaction of the event that asks for them."""

from __future__ import annotations

import sqlalchemy as sa
from dbos import DBOSClient, EnqueueOptions, WorkflowSerializationFormat

from cases.domain.lifecycle import Effect, InstructBank
from cases.store import Database

APPLICATION = "riskcall"
"""Name under which DBOS keeps the workflows."""
BANK_QUEUE = "bank"
"""Queue of instructions to the bank."""
DIAL_QUEUE = "dial"
"""Queue of contact attempts."""
BANK_WORKFLOW = "instruct_bank"
"""Workflow that gives one instruction; arguments: case id, key."""
DIAL_WORKFLOW = "place_dial"
"""Workflow that begins one attempt; arguments: case id, number."""


class EffectQueue:
    """Writes queue rows; the effect's own key is the workflow's id, so the same effect is queued once."""

    def __init__(self, database: Database) -> None:
        """Write to a database that holds DBOS's tables by the time of the first effect."""
        self._client = DBOSClient(system_database_engine=database.engine, application_name=APPLICATION, lazy=True)

    def enqueue(self, connection: sa.Connection, case_id: str, effect: Effect) -> None:
        """Queue an effect of a case; it becomes visible with the commit."""
        if isinstance(effect, InstructBank):
            key = effect.instruction.key
            self._client.enqueue_in_transaction(connection, _options(BANK_WORKFLOW, BANK_QUEUE, key), case_id, key)
        else:
            workflow_id = f"{case_id}:{effect.attempt}"
            self._client.enqueue_in_transaction(
                connection, _options(DIAL_WORKFLOW, DIAL_QUEUE, workflow_id), case_id, effect.attempt
            )


def _options(workflow: str, queue: str, workflow_id: str) -> EnqueueOptions:
    # Portable means JSON: nothing that DBOS keeps of ours is ever unpickled.
    return {
        "workflow_name": workflow,
        "queue_name": queue,
        "workflow_id": workflow_id,
        "serialization_type": WorkflowSerializationFormat.PORTABLE,
    }

"""Putting effects on DBOS queues, inside the transaction of the event that asks for them."""

from __future__ import annotations

import sqlalchemy as sa
from dbos import DBOSClient, EnqueueOptions, WorkflowSerializationFormat

from cases.domain.lifecycle import Analyse, Effect, InstructBank, KeepPicture, PlaceDial, RecordPicture
from cases.store import Database

APPLICATION = "riskcall"
"""Name under which DBOS keeps the workflows."""
BANK_QUEUE = "bank"
"""Queue of instructions to the bank."""
DIAL_QUEUE = "dial"
"""Queue of contact attempts."""
ANALYSIS_QUEUE = "analysis"
"""Queue of analyses to write; apart from the others, so that none of them waits for a slow model."""
PICTURE_QUEUE = "picture"
"""Queue of recordings of pictures; apart from the others, for LiveKit may take half a minute to answer."""
BANK_WORKFLOW = "instruct_bank"
"""Workflow that gives one instruction; arguments: case id, key."""
DIAL_WORKFLOW = "place_dial"
"""Workflow that begins one attempt; arguments: case id, number."""
ANALYSIS_WORKFLOW = "analyse_call"
"""Workflow that writes the analysis of one call; arguments: case id, number of its attempt."""
RECORD_WORKFLOW = "record_picture"
"""Workflow that begins one recording of a picture; arguments: case id, numbers of attempt and recording."""
KEEP_WORKFLOW = "keep_picture"
"""Workflow that ends one recording of a picture and keeps it; arguments as for RECORD_WORKFLOW."""


class EffectQueue:
    """Writes queue rows; the effect's own key is the workflow's id, so the same effect is queued once."""

    def __init__(self, database: Database) -> None:
        """Write to a database that holds DBOS's tables by the time of the first effect."""
        self._client = DBOSClient(system_database_engine=database.engine, application_name=APPLICATION, lazy=True)

    def enqueue(self, connection: sa.Connection, case_id: str, effect: Effect) -> None:
        """Queue an effect of a case; it becomes visible with the commit."""
        match effect:
            case InstructBank(instruction=instruction):
                options = _options(BANK_WORKFLOW, BANK_QUEUE, instruction.key)
                self._client.enqueue_in_transaction(connection, options, case_id, instruction.key)
            case PlaceDial(attempt=attempt):
                options = _options(DIAL_WORKFLOW, DIAL_QUEUE, f"{case_id}:{attempt}")
                self._client.enqueue_in_transaction(connection, options, case_id, attempt)
            case Analyse(attempt=attempt):
                options = _options(ANALYSIS_WORKFLOW, ANALYSIS_QUEUE, f"{case_id}:{attempt}:analysis")
                self._client.enqueue_in_transaction(connection, options, case_id, attempt)
            case RecordPicture(attempt=attempt, number=number):
                options = _options(RECORD_WORKFLOW, PICTURE_QUEUE, f"{case_id}:{attempt}:record:{number}")
                self._client.enqueue_in_transaction(connection, options, case_id, attempt, number)
            case KeepPicture(attempt=attempt, number=number):
                options = _options(KEEP_WORKFLOW, PICTURE_QUEUE, f"{case_id}:{attempt}:keep:{number}")
                self._client.enqueue_in_transaction(connection, options, case_id, attempt, number)


def _options(workflow: str, queue: str, workflow_id: str) -> EnqueueOptions:
    # Portable means JSON: nothing that DBOS keeps of ours is ever unpickled.
    return {
        "workflow_name": workflow,
        "queue_name": queue,
        "workflow_id": workflow_id,
        "serialization_type": WorkflowSerializationFormat.PORTABLE,
    }

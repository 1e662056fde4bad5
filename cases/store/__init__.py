"""The durable record: event log, case view and timers in one SQL database (SQLAlchemy Core)."""

from cases.store.codec import decode_event, encode_event
from cases.store.database import Database
from cases.store.errors import EventFormatError, StoreError, StoreUnavailableError
from cases.store.feed import Change, ChangeFeed, Subscription
from cases.store.reads import Store
from cases.store.records import CaseSummary, DialUsage, DueTimer, LogCheck, StoredEvent

__all__ = [
    "CaseSummary",
    "Change",
    "ChangeFeed",
    "Database",
    "DialUsage",
    "DueTimer",
    "EventFormatError",
    "LogCheck",
    "Store",
    "StoreError",
    "StoreUnavailableError",
    "StoredEvent",
    "Subscription",
    "decode_event",
    "encode_event",
]

"""What stands behind cases.ports, each real adapter with its fake: bank, blobs, clock."""

from cases.adapters.bank_fake import FakeBank
from cases.adapters.bank_webhook import WebhookBank
from cases.adapters.blobs_file import FileBlobs
from cases.adapters.blobs_memory import MemoryBlobs
from cases.adapters.clock import SimulatedClock, SystemClock

__all__ = ["FakeBank", "FileBlobs", "MemoryBlobs", "SimulatedClock", "SystemClock", "WebhookBank"]

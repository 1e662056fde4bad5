from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.desk_harness import Desk, desk


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as made:
        yield made

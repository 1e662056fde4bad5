"""A call ends, whenever the line does: what is understood while the session closes is said to nobody."""

from __future__ import annotations

import pytest

from cases.domain.call import CallEnding
from tests.support.call_fakes import PlannedTalk
from tests.support.voice_setting import ANSWERS, BYE, GREET, MADE, Setting

LAST_MS = 11_000


@pytest.mark.timeout(120)
@pytest.mark.parametrize("thinks_s", [0.0, 0.8, 1.6])
def test_a_line_that_breaks_at_any_moment_ends_the_call(thinks_s: float) -> None:
    for lost_after_ms in range(1_000, LAST_MS, 440):
        setting = Setting(
            {"answers": ANSWERS},
            talk=PlannedTalk(GREET, MADE, BYE, thinks_s=thinks_s),
            leg={"lost_after_ms": lost_after_ms},
        )
        call = setting.run()
        assert call.ending is CallEnding.LEG_FAILED or lost_after_ms > LAST_MS // 2

"""The content hash of the wording: from the files into the record of a call, and onto the reviewer's page."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import prompts
from agent.brains.rules import RulesBrain
from agent.dialogue.conversation import Conversation
from agent.dialogue.text_session import run_text_session
from cases.domain import events as ev
from tests.support.alerts import alert_en
from tests.support.call_fakes import StepClock
from tests.support.desk_cases import alert
from tests.support.desk_harness import Desk
from tests.support.text_talk import AFTERNOON, EN, POLICY, scripted


async def test_a_call_records_the_version_of_its_wording_and_the_desk_shows_it(bench: Desk, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(Path(prompts.__file__).parent, tmp_path / "wording"))
    (copy / "warnings" / "zh.yaml").write_bytes((copy / "warnings" / "zh.yaml").read_bytes() + b"\n")
    changed = prompts.parse(prompts.read_texts(copy))
    assert changed.version != prompts.load().version
    reviewer = await bench.sign_in()
    for wording in (prompts.load(), changed):
        one = alert(f"alert-{wording.version[:4]}")
        talk = Conversation(alert=alert_en(), policy=POLICY, brain=RulesBrain(), match_code="47", prompts=wording)
        call = await run_text_session(
            call_id=f"{one.id}:1", conversation=talk, customer=scripted(EN), clock=StepClock(AFTERNOON), llm="rules"
        )
        await bench.open_case(replace(one, customer=replace(one.customer, reference=one.id)))
        await bench.review_from_call(call)
        ended = [s.event for s in await bench.store.events(one.id) if isinstance(s.event, ev.CallEnded)]
        assert [event.call.versions.prompts for event in ended if event.call] == [wording.version]
        assert wording.version in (await reviewer.get(f"/cases/{one.id}")).text

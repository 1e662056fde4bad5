"""Recordings by byte ranges, live updates, and the hub of running calls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cases.domain import events as ev
from cases.domain.vocabulary import Act, Language, Speaker
from desk.live import LiveCalls, LiveLine, LiveObserver, LivePhase, LiveState
from desk.media import byte_range
from desk.routes.evidence import EvidenceRoutes
from desk.stream import ServerEvent, stream_bytes
from tests.support.desk_cases import coached_call, recording_wav
from tests.support.desk_harness import Desk

RECORDING = "/cases/alert-1/calls/1/recording"


async def test_a_recording_plays_whole_and_in_parts(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    content = recording_wav(coached_call())
    whole = await bench.client.get(RECORDING)
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["accept-ranges"] == "bytes" and whole.headers["content-type"] == "audio/wav"
    size = len(content)
    for header, start, end in (
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, size),
        ("bytes=-50", size - 50, size),
        (f"bytes=10-{size * 2}", 10, size),
    ):
        part = await bench.client.get(RECORDING, headers={"range": header})
        assert (part.status_code, part.content) == (206, content[start:end])
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        assert part.headers["content-length"] == str(end - start)
    behind = await bench.client.get(RECORDING, headers={"range": f"bytes={size}-"})
    assert (behind.status_code, behind.headers["content-range"]) == (416, f"bytes */{size}")
    head = await bench.client.head(RECORDING)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(size))


async def test_a_range_of_another_version_is_answered_whole(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    etag = (await bench.client.head(RECORDING)).headers["etag"]
    same = await bench.client.get(RECORDING, headers={"range": "bytes=0-9", "if-range": etag})
    other = await bench.client.get(RECORDING, headers={"range": "bytes=0-9", "if-range": '"old"'})
    assert (same.status_code, other.status_code) == (206, 200)


async def test_playing_is_recorded_once_a_session(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    for start in (0, 100, 200):
        await bench.client.get(RECORDING, headers={"range": f"bytes={start}-"})
    viewed = [s.event for s in await bench.store.events("alert-1") if isinstance(s.event, ev.EvidenceViewed)]
    assert viewed == [ev.EvidenceViewed("m.lindqvist", "recording")]


async def test_a_lost_file_is_not_found(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    bench.blobs._blobs.clear()
    assert (await bench.client.get(RECORDING)).status_code == 404


@given(st.text(max_size=20) | st.from_regex(r"bytes=\d{0,3}-\d{0,3}", fullmatch=True), st.integers(0, 200))
def test_any_range_is_inside_the_file_or_refused(header: str, size: int) -> None:
    try:
        part = byte_range(header, size)
    except ValueError:
        return
    assert part is None or 0 <= part[0] < part[1] <= size


def events_of(chunk: bytes) -> tuple[str, Any]:
    name, data = chunk.decode().removesuffix("\n\n").split("\n")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def next_event(stream: AsyncIterator[bytes]) -> tuple[str, Any]:
    async with asyncio.timeout(20):
        async for chunk in stream:
            if chunk.startswith(b"event:"):
                return events_of(chunk)
    raise AssertionError("the stream ended")


async def test_a_change_of_a_case_reaches_the_page_and_its_session_ends_it(bench: Desk) -> None:
    case = await bench.review_case()
    routes = EvidenceRoutes(bench.deps, None, None)  # type: ignore[arg-type]
    alive = True
    stream = stream_bytes([routes._changes("alert-1")], lambda: alive)
    assert (await anext(stream)).startswith(b"retry:")
    assert await next_event(stream) == ("case", {"case": "alert-1", "seq": case.seq})
    waiting = asyncio.create_task(next_event(stream))
    await bench.record("alert-1", ev.ReviewClaimed("r.okafor"), "claim")
    assert await waiting == ("case", {"case": "alert-1", "seq": case.seq + 1})
    waiting = asyncio.create_task(next_event(stream))
    alive = False
    await bench.record("alert-1", ev.EvidenceViewed("r.okafor", "case"), "view")
    assert (await waiting)[0] == "session-over"
    assert [chunk async for chunk in stream] == []
    assert not bench.store._feed._subscriptions


async def test_the_event_stream_needs_a_session_and_an_existing_case(bench: Desk) -> None:
    await bench.review_case()
    for path in ("/events", "/cases/alert-1/events"):
        answer = await bench.client.get(path, headers={"accept": "text/event-stream"})
        assert answer.status_code == 401
    await bench.sign_in()
    assert (await bench.client.get("/cases/nobody/events")).status_code == 404


async def test_the_stream_beats_while_nothing_happens() -> None:
    async def silence() -> AsyncIterator[ServerEvent]:
        await asyncio.Event().wait()
        yield "never", {}

    stream = stream_bytes([silence()], lambda: True, heartbeat=0.001)
    await anext(stream)
    assert await anext(stream) == b": still here\n\n"
    await stream.aclose()  # type: ignore[attr-defined]


async def take(watch: AsyncIterator[Any], count: int) -> list[Any]:
    async with asyncio.timeout(20):
        return [await anext(watch) for _ in range(count)]


async def test_the_hub_shows_what_was_said_so_far_and_then_each_change() -> None:
    hub = LiveCalls()
    observer = LiveObserver(hub, "c", 1)
    hub.ringing("c", 1)
    assert hub.phase("c") is LivePhase.RINGING and hub.running() == ("c",)
    call = coached_call("c")
    observer.started("c:1", Language.EN)
    observer.agent_spoke(call.turns[0])
    observer.customer_speaking("yes sp")
    watch = hub.watch("c")
    state, said, growing = await take(watch, 3)
    assert state == LiveState(1, LivePhase.TALKING)
    assert (said.turn, said.speaker) == (0, Speaker.AGENT)
    assert (growing.turn, growing.text) == (None, "yes sp")
    observer.customer_speaking("yes spea")
    observer.customer_spoke(call.turns[1])
    assert await take(watch, 1) == [
        LiveLine(1, Speaker.CUSTOMER, "Yes, speaking.", (), False, call.turns[1].reading, "rules", None)
    ]
    observer.agent_speaking("Thank", (Act.ASK_IDENTITY,))
    observer.ended(call)
    assert (await take(watch, 2))[1] == LiveState(1, LivePhase.ENDED, "completed")
    assert [one async for one in watch] == []
    assert hub.running() == () and hub.phase("c") is None
    observer.agent_speaking("too late", ())
    assert [one async for one in hub.watch("c")] == []


async def test_a_slow_watcher_gets_each_line_once_as_it_is_now() -> None:
    hub = LiveCalls()
    hub.ringing("c", 1)
    watch = hub.watch("c")
    await take(watch, 1)
    for number in range(1000):
        hub.line("c", LiveLine(None, Speaker.AGENT, "x" * number))
    (line,) = await take(watch, 1)
    assert len(line.text) == 999


async def test_following_a_case_goes_on_with_its_next_attempt() -> None:
    hub = LiveCalls()
    follow = hub.follow("c")
    waiting = asyncio.create_task(take(follow, 2))
    await asyncio.sleep(0)
    hub.ringing("c", 1)
    await asyncio.sleep(0)
    hub.ended("c", 1, "no_answer")
    first, last = await waiting
    assert (first.phase, last.ending) == (LivePhase.RINGING, "no_answer")
    waiting = asyncio.create_task(take(follow, 1))
    hub.ringing("c", 2)
    assert await waiting == [LiveState(2, LivePhase.RINGING)]


async def test_phases_of_all_calls_are_told_when_they_change() -> None:
    hub = LiveCalls()
    phases = hub.phases()
    assert await take(phases, 1) == [{}]
    hub.ringing("c", 1)
    assert await take(phases, 1) == [{"c": "ringing"}]
    hub.line("c", LiveLine(None, Speaker.AGENT, "hello"))
    hub.answered("c", 1)
    assert await take(phases, 1) == [{"c": "talking"}]


async def test_a_still_that_is_not_there_is_not_found(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    assert (await bench.client.get("/cases/alert-1/calls/1/stills/0")).status_code == 404
    bench.clock.advance(timedelta(minutes=16))
    assert (await bench.client.get(RECORDING)).status_code in (303, 401)

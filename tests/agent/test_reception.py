"""The reception with a caller who is simulated, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from agent.reception import reception as module
from agent.reception.reception import Farewell, Reception
from agent.remote.arrivals import Arrived
from agent.remote.errors import ApiAwayError, ApiBusyError, ApiRefusedError, CallsApiError
from agent.speech.vad import SpeechProbe
from cases.domain.arrivals import Meeting
from cases.domain.vocabulary import Disposition, Language
from tests.support.call_fakes import HumMouth, LevelProbe
from tests.support.fake_caller import BANK, Desks, FakeArrivals, FakeCaller, arrived
from tests.support.virtual_time import run_virtual

CODE = "482913"
SPOKEN = "four eight two nine one three"
UNKNOWN = ApiRefusedError("callback_code_unknown", "no such code")
Script = Callable[[FakeCaller], Awaitable[None]]
EN, ZH = Language.EN, Language.ZH
BOTH = (EN, ZH)


class Call:
    """One call at the reception: what it came to."""

    def __init__(
        self,
        script: Script,
        answers: dict[str, Arrived | CallsApiError] | None = None,
        *,
        desks: Desks | None = None,
        transfer_to: str = "",
        refers: bool = True,
        answered: Disposition = Disposition.ANSWERED,
    ) -> None:
        self.desks = desks or Desks()
        self.arrivals = FakeArrivals(answers or {}, UNKNOWN)
        self.transfer_to = transfer_to
        run_virtual(self._hold(script, refers, answered))

    async def _hold(self, script: Script, refers: bool, answered: Disposition) -> None:
        loop = asyncio.get_running_loop()
        self.caller = FakeCaller(self.desks.says)
        self.caller.refers, self.caller.answers = refers, answered
        reception = Reception(
            self.caller,
            self.desks.made(),
            self.arrivals,
            bank=BANK,
            transfer_to=self.transfer_to,
            new_probe=probe,
        )
        began = loop.time()
        acting = asyncio.create_task(script(self.caller))  # type: ignore[arg-type]
        self.farewell = await reception.hold()
        self.lasted_s = loop.time() - began
        acting.cancel()
        await asyncio.gather(acting, return_exceptions=True)
        assert len(asyncio.all_tasks()) == 1, "nothing goes on"
        assert self.caller.left != self.caller.hung_up

    @property
    def said(self) -> list[str]:
        return [line.removesuffix(" en") for line in self.desks.spoken]


def probe() -> SpeechProbe:
    return LevelProbe()  # type: ignore[return-value]


async def nothing(caller: FakeCaller) -> None:
    return


def keys(*rows: str, after_s: float = 1.0, apart_s: float = 8.0) -> Script:
    """Press rows of keys."""

    async def script(caller: FakeCaller) -> None:
        await asyncio.sleep(after_s)
        for row in rows:
            caller.press(row)
            await asyncio.sleep(apart_s)

    return script


def with_agent(script: Script, after_s: float = 3.0) -> Script:
    async def both(caller: FakeCaller) -> None:
        await script(caller)
        await asyncio.sleep(after_s)
        caller.agent.set()

    return both


def says(*texts: str, after_s: float = 1.0, apart_s: float = 12.0) -> Script:
    async def script(caller: FakeCaller) -> None:
        await asyncio.sleep(after_s)
        for text in texts:
            await caller.say(text)
            await asyncio.sleep(apart_s)

    return script


MEETS = {CODE: arrived(Meeting.AGENT)}


@pytest.mark.parametrize("end", ["", "#"])
def test_a_code_that_is_keyed_in_leads_to_the_agent(end: str) -> None:
    call = Call(with_agent(keys(CODE + end, apart_s=2.0)), MEETS)
    assert call.farewell is Farewell.WITH_AGENT and call.caller.left
    assert call.arrivals.asked == [CODE]
    assert call.said == ["welcome", "one_moment"]


def test_the_first_words_come_at_once_and_keys_stop_them_at_once() -> None:
    call = Call(with_agent(keys(CODE + "#", after_s=2.0, apart_s=0.1)), MEETS)
    loud = [at for at, level in call.caller.heard if level > 100]
    assert loud[0] < 0.1
    # What is heard from the keys on is the next line, a moment later: the server was asked meanwhile.
    assert 0.03 < min(at for at in loud if at > 2.03) - 2.0 < 0.3


def test_keys_that_are_pressed_before_the_first_word_count() -> None:
    call = Call(with_agent(keys(CODE + "#", after_s=0.0, apart_s=2.0)), MEETS)
    assert call.arrivals.asked == [CODE] and call.farewell is Farewell.WITH_AGENT
    words_s = sum(1 for _, level in call.caller.heard if level > 1000) * 0.02
    assert words_s < 5, "the welcome is not said over again"


def test_digits_are_waited_for_and_a_star_begins_anew() -> None:
    async def script(caller: FakeCaller) -> None:
        await asyncio.sleep(1)
        for row in ("99*", "482", "913"):
            caller.press(row)
            await asyncio.sleep(3)

    call = Call(with_agent(script), MEETS)
    assert call.arrivals.asked == [CODE] and call.farewell is Farewell.WITH_AGENT


@pytest.mark.parametrize("language", list(Language))
def test_a_code_that_is_said_leads_to_the_agent(language: Language) -> None:
    text = SPOKEN if language is EN else "四八二九一三"
    desks = Desks((language,), says=[text])
    call = Call(with_agent(says(text, apart_s=6.0)), {CODE: arrived(Meeting.AGENT, language)}, desks=desks)
    assert call.arrivals.asked == [CODE] and call.farewell is Farewell.WITH_AGENT
    assert call.desks.spoken == [f"welcome {language.value}", f"one_moment {language.value}"]


def test_a_code_may_be_said_in_groups() -> None:
    groups = ["four eight two", "nine one three"]
    call = Call(with_agent(says(*groups, apart_s=3.5)), MEETS, desks=Desks(says=groups))
    assert call.arrivals.asked == [CODE]


def test_both_languages_are_spoken_until_the_server_says_which() -> None:
    call = Call(
        with_agent(keys("111111#", CODE + "#")),
        {CODE: arrived(Meeting.AGENT, ZH)},
        desks=Desks(BOTH),
    )
    assert call.desks.spoken == ["welcome en", "welcome zh", "code_wrong en", "code_wrong zh", "one_moment zh"]


def test_three_wrong_codes_are_enough() -> None:
    call = Call(keys("111111#", "222222#", "333333#", "444444#"))
    assert call.farewell is Farewell.NO_CODE and call.caller.hung_up
    assert call.arrivals.asked == ["111111", "222222", "333333"]
    assert call.said == ["welcome", "code_wrong", "code_wrong", "goodbye"]


@pytest.mark.parametrize("row", ["12345#", "12345678901#", "4929123412341234#"])
def test_what_can_be_no_code_is_never_sent(row: str) -> None:
    call = Call(keys(row, row, row))
    assert call.arrivals.asked == [] and call.farewell is Farewell.NO_CODE
    assert call.said == ["welcome", "code_unclear", "code_unclear", "goodbye"]


def test_words_that_are_no_code_ask_again_and_a_noise_has_the_question_repeated_once() -> None:
    lines = ["hello who is this", "(a door)"]
    call = Call(says("(a door)", "hello who is this", apart_s=6.0), desks=Desks(says=lines))
    assert call.said[:3] == ["welcome", "welcome", "code_unclear"]


def test_silence_is_asked_once_more_and_then_there_is_a_goodbye() -> None:
    call = Call(nothing)
    assert call.farewell is Farewell.NO_CODE
    assert call.said == ["welcome", "still_there", "goodbye"]
    assert call.caller.longest_silence_s() <= 2.0


@pytest.mark.parametrize(("meets", "line"), [(Meeting.PERSON, "person_has_it"), (Meeting.NOBODY, "nothing_left")])
def test_a_case_that_the_agent_does_not_have_is_told_of_in_neutral_words(meets: Meeting, line: str) -> None:
    call = Call(keys(CODE + "#"), {CODE: arrived(meets)})
    assert call.farewell is Farewell.TOLD and call.caller.hung_up
    assert call.said == ["welcome", line]


def test_a_key_too_many_does_not_cut_what_is_told() -> None:
    async def script(caller: FakeCaller) -> None:
        await asyncio.sleep(1)
        caller.press(CODE)
        await asyncio.sleep(1.5)
        caller.press("#")
        await asyncio.sleep(30)

    call = Call(script, {CODE: arrived(Meeting.PERSON)})
    words_s = sum(1 for _, level in call.caller.heard if level > 1000) * 0.02
    assert call.said == ["welcome", "person_has_it"] and words_s > 3


@pytest.mark.parametrize(
    ("answer", "line", "farewell"),
    [
        (ApiBusyError("too many"), "not_now", Farewell.REFUSED),
        (ApiAwayError("away"), "trouble", Farewell.FAILED),
        (ApiRefusedError("http_404", "no such path"), "trouble", Farewell.FAILED),
    ],
)
def test_a_server_that_does_not_tell(answer: CallsApiError, line: str, farewell: Farewell) -> None:
    call = Call(keys(CODE + "#"), {CODE: answer})
    assert call.farewell is farewell and call.caller.hung_up
    assert call.said == ["welcome", line]
    assert call.caller.longest_silence_s() <= 2.0


def test_a_server_that_is_back_in_time_is_asked_again() -> None:
    class Back(FakeArrivals):
        async def __call__(self, code: str) -> Arrived:
            if len(self.asked) == 2:
                self.answers = {CODE: arrived(Meeting.AGENT)}
            return await super().__call__(code)

    class Late(Call):
        def __init__(self) -> None:
            self.desks, self.transfer_to = Desks(), ""
            self.arrivals = Back({CODE: ApiAwayError("away")}, UNKNOWN)
            run_virtual(self._hold(with_agent(keys(CODE + "#", apart_s=5.0)), True, Disposition.ANSWERED))

    call = Late()
    assert call.arrivals.asked == [CODE] * 3 and call.farewell is Farewell.WITH_AGENT


def test_an_agent_that_does_not_come_is_apologised_for() -> None:
    call = Call(keys(CODE + "#"), MEETS)
    assert call.farewell is Farewell.FAILED and call.caller.hung_up
    assert call.said[:2] == ["welcome", "one_moment"] and call.said[-1] == "nobody_came"
    assert call.said.count("still_waiting") == 4
    assert call.caller.longest_silence_s() <= 2.0
    assert call.lasted_s > module.COMES_S


def test_music_and_words_stop_when_the_agent_is_there() -> None:
    call = Call(with_agent(keys(CODE + "#", apart_s=0.0), after_s=10.0), MEETS)
    assert call.farewell is Farewell.WITH_AGENT
    assert call.caller.heard[-1][0] < 11.1


@pytest.mark.parametrize("asks", ["key", "words"])
def test_whoever_asks_for_a_person_is_sent_to_the_queue(asks: str) -> None:
    words = "can i speak to a person please"
    script = keys("0") if asks == "key" else says(words)
    call = Call(script, desks=Desks(says=[words]), transfer_to="tel:+442079460000")
    assert call.farewell is Farewell.REFERRED
    assert call.caller.referred_to == ["tel:+442079460000"]
    assert call.said == ["welcome", "offer_person", "put_through"]


def test_a_queue_that_does_not_take_the_call() -> None:
    call = Call(keys("0"), transfer_to="tel:+442079460000", refers=False)
    assert call.farewell is Farewell.FAILED and call.said[-1] == "trouble"


def test_without_a_queue_the_caller_is_told_so_and_may_go_on() -> None:
    call = Call(with_agent(keys("0", CODE + "#"), after_s=0.1), MEETS)
    assert call.said == ["welcome", "no_person", "one_moment"] and call.farewell is Farewell.WITH_AGENT
    again = Call(keys("0", "0"))
    assert again.said == ["welcome", "no_person", "goodbye"] and again.farewell is Farewell.NO_CODE


@pytest.mark.parametrize("after_s", [0.5, 3.0, 25.0])
def test_a_caller_who_hangs_up_is_gone_at_once(after_s: float) -> None:
    async def script(caller: FakeCaller) -> None:
        await asyncio.sleep(after_s)
        if after_s == 3.0:
            caller.press(CODE + "#")
            await asyncio.sleep(1.0)
        caller.leave_line()

    call = Call(script, MEETS)
    assert call.farewell is Farewell.CALLER_LEFT and call.caller.hung_up
    assert call.lasted_s < after_s + 1.2


def test_a_caller_who_is_not_there() -> None:
    call = Call(nothing, answered=Disposition.NO_ANSWER)
    assert call.farewell is Farewell.CALLER_LEFT and call.caller.hung_up and call.said == []


def test_an_agent_who_is_there_already_has_the_caller() -> None:
    async def script(caller: FakeCaller) -> None:
        caller.agent.set()

    call = Call(script)
    assert call.farewell is Farewell.WITH_AGENT and call.lasted_s < 0.1


def test_the_reception_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(caller: FakeCaller) -> None:
        while True:
            await asyncio.sleep(2)
            caller.press("1*")

    call = Call(script)
    assert call.farewell is Farewell.NO_CODE
    assert module.ASK_S < call.lasted_s < module.ASK_S + 15


def test_a_voice_that_breaks_ends_the_call() -> None:
    call = Call(nothing, desks=Desks(mouth=HumMouth(fails_after_words=3)))
    assert call.farewell is Farewell.FAILED and call.caller.hung_up


def test_no_code_is_shown_by_mistake(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    Call(keys(CODE + "#"), {CODE: ApiAwayError("away")})
    Call(keys("111111#", CODE + "#"), MEETS)
    assert CODE not in caplog.text and "111111" not in caplog.text

from __future__ import annotations

from agent.dialogue.text_session import TextMove
from cases.domain.vocabulary import Act
from evals.customer import PATIENCE_MS, ScriptedCustomer
from evals.loader import parse_scenarios


def customer(block: str) -> ScriptedCustomer:
    text = (
        "id: x\nlocale: en-GB\nalert: {example: card-not-present}\n"
        f"customer: {block}\nexpect: {{outcome: confirmed_genuine}}\n"
    )
    return ScriptedCustomer(parse_scenarios(text, "x.yaml")[0])


def say(of: ScriptedCustomer, *acts: Act) -> str:
    return of(acts, "words of the agent").say


def test_answers_follow_the_last_act_that_has_one() -> None:
    of = customer("{answers: {greet: hello, ask_identity: [first, second]}, default: what}")
    assert say(of, Act.GREET) == "hello"
    assert say(of, Act.EXPLAIN_WHO, Act.ASK_IDENTITY) == "first"
    assert say(of, Act.CLARIFY, Act.ASK_IDENTITY) == "second"
    assert say(of, Act.ASK_IDENTITY) == "second"
    assert say(of, Act.ASK_MADE) == "what"
    assert of.faults(5) == ()


def test_an_empty_answer_is_meant_silence() -> None:
    of = customer('{answers: {greet: ""}, default: ""}')
    assert say(of, Act.GREET) == ""
    assert say(of, Act.ASK_IDENTITY) == ""
    assert of.faults(0) == ()


def test_a_question_without_answer_or_default_is_a_fault() -> None:
    of = customer("{answers: {greet: hello}}")
    assert say(of, Act.GREET) == "hello"
    assert say(of, Act.GOODBYE) == ""
    assert of.faults(1) == ()
    assert say(of, Act.ASK_MADE) == ""
    assert of.faults(1) == ("ran out of script: no answer to ask_made and no default",)


def test_words_that_the_call_does_not_hold_are_a_fault() -> None:
    of = customer("{answers: {greet: hello}, default: what}")
    say(of, Act.GREET)
    assert of.faults(0) == ("said nothing that the call recorded",)


def test_a_barge_in_takes_the_place_of_one_answer() -> None:
    of = customer("{answers: {ask_made: later}, events: [{on: ask_made, after_ms: 700, say: now}]}")
    assert (say(of, Act.ASK_MADE), say(of, Act.ASK_MADE)) == ("now", "later")


def test_a_backchannel_and_a_key_are_no_words() -> None:
    events = "[{on: greet, backchannel: mm-hm, after_ms: 300}, {on: greet, dtmf: '1'}, {on: warn, dtmf: '4711'}]"
    of = customer(f"{{answers: {{greet: hello}}, default: what, events: {events}}}")
    assert of((Act.GREET,), "") == TextMove(say="hello", keys="1")
    assert of((Act.GREET,), "") == TextMove(say="hello")
    assert of((Act.WARN,), "") == TextMove(say="what", keys="4711")


def test_hanging_up_ends_the_call_at_its_act() -> None:
    of = customer("{answers: {greet: hello}, events: [{on: warn, hang_up: true}, {on: greet, hang_up: false}]}")
    assert not of((Act.GREET,), "").hang_up
    assert of((Act.WARN, Act.ASK_PROCEED), "").hang_up


def test_a_long_silence_comes_before_the_answer() -> None:
    block = f"{{answers: {{ask_made: it was me}}, default: x, events: [{{on: ask_made, silence_ms: {PATIENCE_MS}}}]}}"
    of = customer(block)
    assert (say(of, Act.ASK_MADE), say(of, Act.STILL_THERE)) == ("", "it was me")


def test_an_answer_to_being_asked_after_comes_before_the_late_one() -> None:
    answers = "{ask_made: it was me, still_there: still here}"
    of = customer(f"{{answers: {answers}, events: [{{on: ask_made, silence_ms: {PATIENCE_MS}}}]}}")
    assert [say(of, act) for act in (Act.ASK_MADE, Act.STILL_THERE, Act.ASK_MADE)] == ["", "still here", "it was me"]


def test_a_short_silence_is_not_seen_in_text() -> None:
    of = customer("{answers: {ask_made: it was me}, events: [{on: ask_made, silence_ms: 900}]}")
    assert say(of, Act.ASK_MADE) == "it was me"


def test_an_act_without_an_answer_gets_the_default_also_where_it_asks_again() -> None:
    of = customer("{answers: {ask_made: it was me, repeat: again}, default: what}")
    assert [say(of, act) for act in (Act.ASK_MADE, Act.STILL_THERE, Act.CLARIFY, Act.REPEAT)] == [
        "it was me",
        "what",
        "what",
        "again",
    ]

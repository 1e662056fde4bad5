"""Whatever a model writes, nothing unverifiable survives the check."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from agent.analysis.check import HOLDS, Checker, Fault
from agent.analysis.merging import checked, merged
from agent.analysis.template import written
from cases.domain.analysis import Analysis, Dossier, Section, Statement, Writer, quotes, unfounded
from cases.domain.call import Confirmation
from cases.domain.policy import Text
from cases.domain.vocabulary import Language, SignalCode
from prompts.analysis import _FILES as FILES  # the files by name, as the loader reads them
from prompts.analysis import AnalysisPromptError, load, parse
from tests.support.analysis_talk import COACHED_EN, DENIES_EN, EN, dossier, talked
from tests.support.desk_cases import alert as desk_alert
from tests.support.desk_cases import coached_call

PROMPTS = load()
COACHED = "the man from the bank told me to say it's for family"


@cache
def of(name: str) -> Dossier:
    scripts = {"coached": COACHED_EN, "denies": DENIES_EN, "genuine": EN}
    return asyncio.run(talked(scripts[name]))


def sentence(en: str, zh: str = "客户这样说。", *turns: int, section: Section = Section.WHAT_HAPPENED) -> Statement:
    return Statement(section, Text(en, zh), turns or (13,), writer=Writer.LLM)


def fault(statement: Statement, name: str = "coached") -> Fault | None:
    return Checker(of(name), PROMPTS).fault(statement)


@pytest.mark.parametrize(
    ("en", "zh"),
    [
        (f"Asked again, the customer said “{COACHED}”.", f"客户又说“{COACHED}”。"),
        (
            "Asked about GBP 4,800.00 to J Brown Motors, they answered at once.",
            "问到付给J Brown Motors的GBP 4,800.00时，客户立即回答。",
        ),
        (
            "The customer was told what to say to the bank, as they said themselves.",
            "客户自己说，有人教客户如何应对银行。",
        ),
        ("The person passed the identity question before that.", "接听人在此之前已通过身份核实。"),
    ],
)
def test_a_plain_report_stands(en: str, zh: str) -> None:
    en = en.replace("at once", "then")
    assert fault(sentence(en, zh, 5, 13)) is None


@pytest.mark.parametrize(
    ("en", "why"),
    [
        ("The customer said “release it now”.", Fault.QUOTE),
        ("The customer said ““nothing”.", Fault.FORM),
        ("They wanted to pay GBP 9,999.00.", Fault.FIGURE),
        ("They paid this 3 times before.", Fault.FIGURE),
        ("They wanted to pay Harbour Holdings.", Fault.WORD),
        ("The customer sounded confused.", Fault.WORD),
        ("This is a romance matter.", Fault.WORD),
        ("The customer is on another call about this payment.", Fault.CLAIM),
        ("Somebody else spoke.", Fault.CLAIM),
        ("They answered no.", Fault.WORD),
        ("The payment should be released.", Fault.CLAIM),
        ("The payment can go through.", Fault.CLAIM),
        ("The payment should be blocked.", Fault.CLAIM),
        ("The customer denied it.", Fault.CLAIM),
        ("The person failed.", Fault.CLAIM),
        ("A suspicious activity report was made.", Fault.FORBIDDEN),
        ("This was reported to others.", Fault.FORBIDDEN),
        ("See https://x.example for more.", Fault.FORBIDDEN),
        ("They spoke. They ended.", Fault.FORM),
        ("They spoke", Fault.FORM),
        ("They spoke\nand ended.", Fault.WORD),
        ("", Fault.FORM),
        ("They spoke again " * 40 + ".", Fault.FORM),
        ("他们说了。", Fault.WORD),
    ],
)
def test_what_the_record_does_not_hold_falls(en: str, why: Fault) -> None:
    assert fault(sentence(en)) is why


@pytest.mark.parametrize(
    ("zh", "why"),
    [
        ("客户说“马上放行”。", Fault.QUOTE),
        ("这笔付款应当放行。", Fault.CLAIM),
        ("可以付款。", Fault.CLAIM),
        ("建议拦截这笔付款。", Fault.CLAIM),
        ("客户否认。", Fault.CLAIM),
        ("接听人未能通过。", Fault.CLAIM),
        ("已提交可疑交易报告。", Fault.FORBIDDEN),
        ("客户已报案。", Fault.FORBIDDEN),
        ("收款人是网恋对象。", Fault.WORD),
        ("客户付了9999元。", Fault.FIGURE),
        ("客户说了。又说了。", Fault.FORM),
        ("The customer said so.", Fault.WORD),
    ],
)
def test_the_chinese_sentence_is_held_to_the_same(zh: str, why: Fault) -> None:
    assert fault(sentence("The customer said so.", zh)) is why


def test_a_sentence_cites_turns_of_the_call() -> None:
    assert fault(Statement(Section.WHAT_HAPPENED, Text("They said so.", "客户这样说。"))) is Fault.CITATION
    assert fault(sentence("They said so.", "客户这样说。", 5, 99)) is Fault.CITATION
    assert fault(sentence(f"They said “{COACHED}”.", "客户这样说。", 5)) is Fault.QUOTE


def test_the_answer_to_the_identity_question_is_no_quote() -> None:
    assert fault(sentence("They said “The twelfth of March”.", "客户这样说。", 3)) is Fault.SECRET
    assert fault(sentence("They said so.", "客户说“twelfth”。", 3)) is Fault.SECRET


def test_a_claim_stands_only_where_the_record_makes_it() -> None:
    release = sentence("The payment may be released.", "这笔付款可以放行。", 5)
    release = replace(release, text=Text("It may be released.", release.text.zh))
    assert [fault(release, name) for name in ("genuine", "denies", "coached")][1:] == [Fault.CLAIM, Fault.CLAIM]
    coached = sentence("They knew what to say.", "客户这样说。", 5)
    assert [fault(coached, name) for name in ("genuine", "coached")] == [Fault.CLAIM, None]
    denied = sentence("The customer denied it.", "客户否认。", 5)
    assert [fault(denied, name) for name in ("genuine", "coached")] == [Fault.CLAIM, Fault.CLAIM]
    assert fault(denied, "denies") is not Fault.CLAIM


def test_each_section_needs_what_it_is_about() -> None:
    bare = "客户这样说。"
    assert fault(sentence("They said so.", bare, section=Section.CONTRADICTIONS)) is Fault.SUPPORT
    assert fault(sentence("They said so.", bare, section=Section.SIGNALS)) is Fault.SUPPORT
    assert fault(sentence("They said so.", bare, section=Section.TYPOLOGIES)) is Fault.SUPPORT
    named = sentence(
        f"Bank impersonation fits “{COACHED}”.",
        f"“{COACHED}”符合冒充银行或金融机构诈骗。",
        section=Section.TYPOLOGIES,
    )
    assert fault(named) is None
    assert fault(replace(named, text=Text(f"Romance scam fits “{COACHED}”.", named.text.zh))) is Fault.WORD


def test_words_that_were_never_played_are_quoted_only_as_such() -> None:
    cut = dossier(desk_alert(), coached_call())
    checker = Checker(cut, PROMPTS)
    said = sentence("The bank asked “keep this quiet”.", "客户这样说。", 8)
    assert checker.fault(said) is Fault.QUOTE
    told = sentence("It ended there and “keep this quiet” was not heard.", "“keep this quiet”没有听到。", 8)
    assert checker.fault(told) is None


PLAIN = ("they", "said", "asked", "again", "the", "customer", "payment", "and", "then", "not", "passed", "confirmed")
HOSTILE = (
    *"release released block blocked hold fraud scam safe police Harbour 4,800.00 9 4444333322221111 romance".split(),
    *"denied failed yes made ” “ @ \n . report".split(),
    "should be released",
    "GBP 9,999.00",
    "Romance scam",
    "what to say",
    "another call",
    "12 March",
    "“I am the police”",
    "“The twelfth of March”",
)
NAMES = ("GBP 4,800.00", "J Brown Motors", "Bank impersonation", "“Yes, that was me”", f"“{COACHED}”")
PLAIN_ZH = ("客户", "说", "又", "问到", "付款", "然后", "这笔", "银行", "不", "已", "通过", "回答")
HOSTILE_ZH = (
    *"放行 可以付款 拦截 止付 诈骗 安全 警察 九百 900 网恋 报案 已确认 否认 王建国 “ 。".split(),
    "“我是警察”",
    "另一个电话",
)


def soup(plain: tuple[str, ...], hostile: tuple[str, ...], gap: str, end: str) -> st.SearchStrategy[str]:
    """Sentences of good words with some bad ones, or any text at all, among them."""
    good = st.sampled_from((*plain, *NAMES))
    bad = st.lists(st.sampled_from(hostile) | st.text(max_size=6), max_size=2)
    mixed = st.tuples(st.lists(good, min_size=1, max_size=7), bad).flatmap(lambda two: st.permutations(two[0] + two[1]))
    return mixed.map(lambda some: gap.join(some) + end)


STATEMENTS = st.builds(
    Statement,
    section=st.sampled_from(Section),
    text=st.builds(Text, soup(PLAIN, HOSTILE, " ", "."), soup(PLAIN_ZH, HOSTILE_ZH, "", "。")),
    turns=st.just((5, 13)) | st.just((5,)) | st.lists(st.integers(-1, 20), max_size=4, unique=True).map(tuple),
    writer=st.just(Writer.LLM),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(STATEMENTS, max_size=6), st.sampled_from(["coached", "denies", "genuine"]))
def test_nothing_unverifiable_survives_a_hostile_model(statements: list[Statement], name: str) -> None:
    dossier = of(name)
    kept, findings = checked(statements, Checker(dossier, PROMPTS))
    turns = {turn.index: turn for turn in dossier.call.turns}
    action = dossier.proposal.value
    for one in kept:
        assert one.turns and set(one.turns) <= turns.keys()
        for language, text in ((Language.EN, one.text.en), (Language.ZH, one.text.zh)):
            for quote in quotes(text):
                assert any(quote in turns[index].heard_text for index in one.turns)
                assert "twelfth" not in quote
            bare = re.sub("“[^“”]*”", "", text).replace("GBP 4,800.00", "").replace("J Brown Motors", "")
            assert not re.search(r"[0-9@“”\n]", bare)
            loose = {"release": "放行|releas", "hold": "止付", "block": "拦截|block"}
            assert not [word for word, pattern in loose.items() if word != action and re.search(pattern, bare)]
            assert not re.search("Harbour|police|safe|romance|Romance|王建国|报案|警察|网恋|安全|九百", bare), language
            if dossier.call.verification.confirmation is not Confirmation.CONFIRMED:
                assert not re.search("confirmed|确认", bare)
            if dossier.call.verification.confirmation is not Confirmation.DENIED:
                assert not re.search("denied|否认", bare)
            if name == "genuine":
                assert not re.search("what to say|another call|另一个电话", bare)
            if one.section is not Section.TYPOLOGIES:
                assert "Bank impersonation" not in bare, "a kind of fraud stands beside the words that point to it"
    event(f"{len(kept)} kept")
    assert len(kept) + len(findings) <= len(statements)
    assert all(re.fullmatch(r"[a-z_]+: [a-z ]+", finding) for finding in findings), "findings hold no words of the text"
    whole = merged(kept, written(dossier, PROMPTS))
    analysis = Analysis(whole, dossier.proposal, Writer.LLM)
    assert unfounded(analysis, dossier.call, dossier.assessment) == ""
    assert {Section.WHAT_HAPPENED, Section.PROPOSAL, Section.NEXT_STEPS} <= {one.section for one in whole}
    proposal = analysis.of(Section.PROPOSAL)[0]
    assert proposal.writer is Writer.TEMPLATE and f"Proposed: {action}" in proposal.text.en


def test_no_signal_and_no_contradiction_goes_missing_in_a_models_text() -> None:
    dossier = of("coached")
    template = written(dossier, PROMPTS)
    only = sentence("They said so.", "客户这样说。", 5)
    whole = merged([only], template)
    for section in (Section.CONTRADICTIONS, Section.SIGNALS, Section.NEXT_STEPS):
        assert [one for one in template if one.section is section] == [one for one in whole if one.section is section]
    covering = sentence(f"“{COACHED}”.", f"“{COACHED}”。", 13, section=Section.SIGNALS)
    assert [one.writer for one in merged([covering], template) if one.section is Section.SIGNALS] == [Writer.LLM]


def test_words_for_claims_and_files_agree() -> None:
    named = {claim.holds for claim in PROMPTS.claims}
    assert set(HOLDS) <= named <= {*HOLDS, *SignalCode, "contradicted"}


@pytest.mark.parametrize(
    ("name", "old", "new", "tells"),
    [
        ("en.yaml", "{amount}", "{sum}", "there is no slot {sum}"),
        ("zh.yaml", "  silence:", "  quiet:", "one of en.yaml and zh.yaml only"),
        ("zh.yaml", "客户说的是{quotes}，", "", "other slots"),
        ("steps.yaml", "[threat]", "[thread]", "no sentence for 'thread'"),
        ("vocabulary.yaml", "forbidden:", "forbidden: [", "not YAML"),
    ],
)
def test_a_wrong_file_is_told_by_name_and_key(name: str, old: str, new: str, tells: str) -> None:
    from importlib import resources

    folder = resources.files("prompts.analysis")
    texts = {one: folder.joinpath(one).read_text(encoding="utf-8") for one in FILES}
    assert old in texts[name]
    with pytest.raises(AnalysisPromptError, match=re.escape(tells)):
        parse({**texts, name: texts[name].replace(old, new)})

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import prompts
from cases.domain.script import DISCLOSING_ACTS
from cases.domain.vocabulary import Act, Language, Typology
from prompts import PromptError, fill
from prompts.files import hashes, version_of

LOADED = prompts.load()
TEXTS = prompts.read_texts()
WARNING_NAMES = {
    Language.EN: {
        Typology.UNAUTHORISED_USE: "using your card or account",
        Typology.MERCHANDISE: "purchase scam",
        Typology.INVESTMENT: "investment scam",
        Typology.PROPERTY_RENTAL: "rental scam",
        Typology.ROMANCE_IMPOSTER: "romance scam",
        Typology.GOVERNMENT_IMPOSTER: "police or government impersonation scam",
        Typology.BANK_IMPOSTER: "safe account scam",
        Typology.BUSINESS_IMPOSTER: "invoice scam",
        Typology.RELATIVE_OR_FAMILY_IMPOSTER: "family impersonation scam",
        Typology.ADVANCE_FEE_JOB_OR_LOAN: "advance fee scam",
    },
    Language.ZH: {
        Typology.UNAUTHORISED_USE: "盗用",
        Typology.MERCHANDISE: "虚假购物",
        Typology.INVESTMENT: "虚假投资理财",
        Typology.PROPERTY_RENTAL: "租房诈骗",
        Typology.ROMANCE_IMPOSTER: "网络交友诈骗",
        Typology.GOVERNMENT_IMPOSTER: "冒充公检法",
        Typology.BANK_IMPOSTER: "冒充银行",
        Typology.BUSINESS_IMPOSTER: "冒充公司",
        Typology.RELATIVE_OR_FAMILY_IMPOSTER: "冒充亲友",
        Typology.ADVANCE_FEE_JOB_OR_LOAN: "预付费诈骗",
    },
}


def every_wording() -> list[tuple[Language, Act, str, str]]:
    return [
        (language, act, form, wording)
        for language in Language
        for act in Act
        for form, wordings in LOADED.acts[language][act].items()
        for wording in wordings
    ]


@pytest.mark.parametrize("language", list(Language))
def test_every_act_has_two_wordings_or_more_in_the_same_forms(language: Language) -> None:
    for act in Act:
        forms = LOADED.acts[language][act]
        assert set(forms) == set(LOADED.acts[Language.EN][act]), act
        assert all(2 <= len(wordings) <= 3 and len(set(wordings)) == len(wordings) for wordings in forms.values())


def test_the_greeting_says_what_the_law_asks_and_no_reason() -> None:
    english, chinese = (LOADED.acts[language][Act.GREET]["default"] for language in Language)
    for wording in english:
        assert all(
            word in wording for word in ("{bank}", "automated assistant", "record", "{customer}", "security check")
        )
    for wording in chinese:
        assert all(word in wording for word in ("{bank}", "自动语音助手", "录音", "{customer}", "安全核实"))


def test_hanging_up_is_fine_and_the_number_is_on_the_card() -> None:
    for wording in LOADED.acts[Language.EN][Act.EXPLAIN_WHO]["default"]:
        assert "hang up" in wording and "number on the back of your card" in wording
    for wording in LOADED.acts[Language.ZH][Act.EXPLAIN_WHO]["default"]:
        assert "挂断" in wording and "银行卡背面的电话" in wording


def test_the_code_is_read_and_never_asked_for() -> None:
    assert all("{code}" in LOADED.acts[language][Act.SHOW_CODE]["default"][0] for language in Language)
    assert not [w for _, act, _, w in every_wording() if "{code}" in w and act is not Act.SHOW_CODE]


def test_only_disclosing_acts_and_verified_forms_name_facts() -> None:
    for _, act, form, wording in every_wording():
        if act not in DISCLOSING_ACTS and form != "verified":
            assert not [name for name in ("{amount}", "{payee}", "{when}", "{channel}") if name in wording]


def test_a_hold_names_grounds_a_person_a_deadline_and_a_way_on() -> None:
    for wording in LOADED.acts[Language.EN][Act.HOLD_FOR_REVIEW]["default"]:
        assert all(words in wording for words in ("safe", "a person", "{deadline}", "number on the back of your card"))
    for wording in LOADED.acts[Language.ZH][Act.HOLD_FOR_REVIEW]["default"]:
        assert all(words in wording for words in ("安全", "人工", "{deadline}", "银行卡背面的电话"))


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("typology", list(Typology))
def test_a_warning_names_the_scam_and_how_likely_it_is(language: Language, typology: Typology) -> None:
    for warning in LOADED.warnings[language][typology]["default"]:
        assert WARNING_NAMES[language][typology] in warning
        assert "{likelihood}" in warning


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_one_changed_byte_of_any_file_changes_the_version(tmp_path: Path, name: str) -> None:
    copy = Path(shutil.copytree(Path(prompts.__file__).parent, tmp_path / "wording"))
    assert prompts.parse(prompts.read_texts(copy)).version == LOADED.version
    content = (copy / name).read_bytes()
    for changed in (content + b"\n", content.replace(b"\n", b"\r\n", 1), content.replace(b"#", b" ", 1) + b" "):
        (copy / name).write_bytes(changed)
        other = prompts.read_texts(copy)
        assert version_of(other) != LOADED.version
        assert {key for key, value in hashes(other).items() if value != LOADED.hashes[key]} == {name}


def test_judges_are_told_what_to_write() -> None:
    for language in Language:
        judge = LOADED.judges[language]
        (line,) = [line for line in judge.splitlines() if line.startswith("{")]
        answer = json.loads(line)
        assert list(answer) == ["naturalness", "politeness", "clarity", "empathy", "native", "answered"]
        assert all(list(one) == ["turn", "quote", "reason", "score"] for one in answer.values())
        assert all(f"`{name}`" in judge for name in (*answer, "turn", "quote", "reason", "score", "turns", "acts"))
        assert "BEGIN DATA" in judge and "END DATA" in judge


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("acts/en.yaml", "greet: [hello]", "acts/en.yaml:1: .* is missing"),
        ("acts/zh.yaml", "- a", "acts/zh.yaml:1: must be a mapping"),
        ("acts/en.yaml", "a: [", "acts/en.yaml:1: not YAML"),
        ("warnings/en.yaml", "bank_imposter: x", "warnings/en.yaml:1: .* is missing"),
        ("facts/zh.yaml", "channel: {}", "facts/zh.yaml:1: likelihood is missing"),
    ],
)
def test_broken_files_are_named(name: str, text: str, message: str) -> None:
    texts = dict(TEXTS)
    with pytest.raises(PromptError, match=message):
        prompts.parse(texts | {name: text})


def test_wording_with_an_unknown_variable_is_refused() -> None:
    texts = dict(TEXTS)
    texts["acts/en.yaml"] = texts["acts/en.yaml"].replace("{deadline}", "{dedline}", 1)
    with pytest.raises(PromptError, match="no variable {dedline}"):
        prompts.parse(texts)


def test_fill_is_strict_and_leaves_values_alone() -> None:
    assert fill("to {payee}", {"payee": "{amount}"}) == "to {amount}"
    with pytest.raises(PromptError, match="payee"):
        fill("to {payee}", {})

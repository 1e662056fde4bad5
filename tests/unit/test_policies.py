from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import cases.policies
from cases.domain.errors import InvalidValueError
from cases.domain.money import CURRENCY_EXPONENTS, Money
from cases.domain.policy import SignalRoute
from cases.domain.vocabulary import COMPARED_SIGNALS, HARD_SIGNALS, Language, SignalCode, Tier, Typology
from cases.policies import PolicyError, load
from tests.support.script_talk import POLICY, make_alert


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the policy files."""
    source = Path(cases.policies.__file__).parent
    copied = tmp_path / "policies"
    shutil.copytree(source, copied, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return copied


def change(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_version_is_that_of_the_content(folder: Path) -> None:
    assert load(folder).version == POLICY.version
    change(folder, "scorecard.yaml", "release_line: 50", "release_line: 51")
    assert load(folder).version != POLICY.version


@pytest.mark.parametrize("code", list(SignalCode))
def test_every_signal_is_known_in_both_languages(code: SignalCode) -> None:
    signal = POLICY.signals[code]
    assert signal.hard is (code in HARD_SIGNALS)
    for phrases in signal.examples.values():
        assert len(phrases) >= 2 or (code in COMPARED_SIGNALS and not phrases)
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in phrase) for phrase in signal.examples[Language.ZH])
    assert signal.label.get(Language.EN) != signal.label.get(Language.ZH)


def test_only_distress_and_vulnerability_call_for_a_person() -> None:
    routed = {code for code, signal in POLICY.signals.items() if signal.route is SignalRoute.PERSON}
    assert routed == {SignalCode.DISTRESS, SignalCode.VULNERABLE}


def test_chinas_ten_categories_are_mapped() -> None:
    names = [category.zh for one in POLICY.typologies.values() for category in one.chinese_categories]
    assert sorted(names) == sorted(
        [
            "刷单返利",
            "虚假网络投资理财",
            "虚假购物服务",
            "冒充电商物流客服",
            "虚假贷款",
            "虚假征信",
            "冒充领导熟人",
            "冒充公检法及政府机关",
            "网络婚恋交友",
            "网络游戏产品虚假交易",
        ]
    )
    assert not POLICY.typologies[Typology.UNAUTHORISED_USE].authorised


def test_an_alert_names_its_tier_or_its_score_and_amount_choose() -> None:
    assert POLICY.tier_of(make_alert(tier=Tier.LOW, score=0.99)) is Tier.LOW
    assert POLICY.tier_of(make_alert(tier=None, score=0.95, minor=100)) is Tier.HIGH
    assert POLICY.tier_of(make_alert(tier=None, score=0.1, minor=2_000_000)) is Tier.HIGH
    assert POLICY.tier_of(make_alert(tier=None, score=0.5, minor=100)) is Tier.MEDIUM
    assert POLICY.tier_of(make_alert(tier=None, score=0.1, minor=50_000)) is Tier.MEDIUM
    assert POLICY.tier_of(make_alert(tier=None, score=0.1, minor=49_999)) is Tier.LOW


@pytest.mark.parametrize("currency", list(CURRENCY_EXPONENTS))
def test_a_large_payment_is_high_in_every_currency(currency: str) -> None:
    alert = make_alert(tier=None, score=0.1)
    large = Money(100_000 * 10 ** CURRENCY_EXPONENTS[currency] * (100 if currency == "JPY" else 10), currency)
    assert POLICY.tier_of(replace(alert, transaction=replace(alert.transaction, amount=large))) is Tier.HIGH


def test_countries_belong_to_a_legal_area() -> None:
    assert POLICY.jurisdiction("GB").hold.business_days == 4
    assert POLICY.jurisdiction("DE").code == "EU"
    assert POLICY.jurisdiction("CN").time_zones["CN"] == ("Asia/Shanghai",)
    with pytest.raises(InvalidValueError, match="'XX' is not covered by policy; covered are AT"):
        POLICY.jurisdiction("XX")


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "problem"),
    [
        ("signals.yaml", "told_what_to_say:", "told_what_to_sing:", "", "'told_what_to_say' is missing"),
        (
            "signals.yaml",
            "hard: true",
            "hard: false",
            "told_what_to_say.hard",
            "must be true, as the vocabulary has it",
        ),
        ("signals.yaml", "route: warn", "route: none", "told_what_to_say.route", "must be warn or close"),
        ("signals.yaml", "weight: 0", "weight: 5", "told_what_to_say.weight", "must be 0 for a hard signal"),
        ("signals.yaml", "weight: 30", "weight: 30.5", "third_party_present.weight", "must be a whole number"),
        ("signals.yaml", "weight: 30", "weight: true", "third_party_present.weight", "must be a whole number"),
        ("signals.yaml", "investment]", "gambling]", "told_what_to_say.typologies[2]", "'gambling' is none of"),
        ("signals.yaml", "  weight: 30", "  wait: 30", "third_party_present", "'weight' is missing"),
        ("signals.yaml", "  weight: 30", "  weight: 30\n  wait: 1", "third_party_present", "'wait' is unknown"),
        ("signals.yaml", "  weight: 30", "  weight: 30\n  weight: 1", "", "'weight' stands twice"),
        ("typologies.yaml", "zh: 虚假征信", "zh: 虚假贷款", "", "must map each of China's 10 categories once"),
        ("typologies.yaml", "authorised: true", "authorised: false", "merchandise.authorised", "must be false for"),
        (
            "typologies.yaml",
            "probes: [seen_goods]",
            "probes: [made]",
            "merchandise.probes[0]",
            "no question of the probe",
        ),
        ("typologies.yaml", "label: {en: Purchase scam", 'label: {en: " "', "merchandise.label.en", "not blank"),
        ("script.yaml", "most: 7", "most: 4", "probes.most", "must leave room"),
        ("script.yaml", "max_agent_turns: 26", "max_agent_turns: 9", "limits.max_agent_turns", "must be 13 or more"),
        ("script.yaml", "silence_seconds: 6", "silence_seconds: .nan", "limits.silence_seconds", "must be a number"),
        ("script.yaml", "[purpose, payee_source]", "[purpose, purpose]", "probes.free[1]", "stands twice"),
        ("scorecard.yaml", "warn_line: 45", "warn_line: 51", "warn_line", "must not be above the release line"),
        ("scorecard.yaml", '["yes"]', "[yes]", "answers[0].values[0]", "put quotes around yes and no"),
        ("scorecard.yaml", '["yes"]', '["maybe"]', "answers[0].values", 'must hold "yes"'),
        ("scorecard.yaml", "question: contacted", "question: purpose", "answers[2].question", "free value"),
        ("scorecard.yaml", "    hard: true", "    hard: true\n    points: 3", "answers[0]", "either points or hard"),
        ("scorecard.yaml", "at_least: 1", "at_least: 1\n    below: 2", "facts[0]", "either at_least or below"),
        ("scorecard.yaml", "id: first_time_payee", "id: urgency", "", "the id 'urgency' is taken"),
        (
            "scorecard.yaml",
            "action: hold",
            "action: release",
            "outcomes.suspected_scam.action",
            "only confirmed_genuine",
        ),
        ("scorecard.yaml", "action: hold", "action: block", "outcomes.suspected_scam.action", "only denied may block"),
        ("tiers.yaml", "GBP: 50000, ", "", "medium.amount_at_least", "'GBP' is missing"),
        ("tiers.yaml", "[1800, 7200]", "[]", "low.spacing_seconds", "must hold a wait"),
        ("tiers.yaml", "attempts: 3", "attempts: 0", "low.attempts", "1 or more"),
        ("jurisdictions/GB.yaml", "Europe/London", "Europe/Londinium", "time_zones.GB", "no time zone"),
        ("jurisdictions/GB.yaml", "start: '08:00'", "start: '22:00'", "calling_hours", "start must be before end"),
        ("jurisdictions/GB.yaml", "start: '08:00'", "start: 8 am", "calling_hours.start", "must be a time"),
        ("jurisdictions/GB.yaml", "[mon, ", "[moon, ", "calling_hours.weekdays", "must hold some of mon"),
        ("jurisdictions/GB.yaml", "business_days: 4", "hours: 2\n  business_days: 4", "hold", "either hours or"),
        ("jurisdictions/GB.yaml", "GB: [Eur", "UKX: [Eur", "time_zones.UKX", "two capital letters"),
        ("jurisdictions/GB.yaml", "time_zones:", "time_zones: [", "", "is no valid YAML"),
    ],
)
def test_a_fault_is_named_with_file_and_key(
    folder: Path, file: str, old: str, new: str, key: str, problem: str
) -> None:
    change(folder, file, old, new)
    with pytest.raises(PolicyError) as caught:
        load(folder)
    assert (caught.value.file, caught.value.key) == (file, key)
    assert problem in str(caught.value)
    assert str(caught.value).startswith(f"{file}: ")
    assert caught.value.code == "policy"


def test_a_country_belongs_to_one_area_only(folder: Path) -> None:
    change(folder, "jurisdictions/US.yaml", "  US:", "  GB: [Europe/London]\n  US:")
    with pytest.raises(PolicyError, match=r"time_zones\.GB: is covered by GB\.yaml already"):
        load(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "tiers.yaml").unlink()
    with pytest.raises(PolicyError, match=r"^tiers\.yaml: cannot be read"):
        load(folder)


def test_a_file_that_is_not_utf8_is_named(folder: Path) -> None:
    (folder / "tiers.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyError, match=r"^tiers\.yaml: cannot be read as UTF-8"):
        load(folder)


def test_an_empty_folder_is_no_policy(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no file such as GB.yaml"):
        load(tmp_path)

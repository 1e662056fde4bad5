"""What each policy file may say: one function a file turns it into values of cases.domain.policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cases.domain.call import CallEnding
from cases.domain.limits import DoubtLimits, KeyLimits, KeysOffered, Limits, ModelBudget, ScreenerLimits, TransferLimits
from cases.domain.money import CURRENCY_EXPONENTS
from cases.domain.policy import (
    PROBES,
    AnswerRule,
    Bar,
    CallingHours,
    Fact,
    FactRule,
    HoldRule,
    Jurisdiction,
    Notice,
    OutcomePolicy,
    ProbePolicy,
    Scorecard,
    SignalPolicy,
    SignalRoute,
    Text,
    TierPolicy,
    TypologyPolicy,
)
from cases.domain.vocabulary import (
    COMPARED_SIGNALS,
    HARD_SIGNALS,
    BankAction,
    Language,
    Outcome,
    Question,
    Rail,
    SignalCode,
    Tier,
    Typology,
)
from cases.policies.reader import Node

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHINESE_CATEGORIES = 10


def read_signals(file: Node) -> Mapping[SignalCode, SignalPolicy]:
    """signals.yaml."""
    return file.by_word(SignalCode, _signal)


def _signal(code: SignalCode, node: Node) -> SignalPolicy:
    part = node.mapping(("label", "examples", "hard", "weight", "route", "typologies"))
    examples = part["examples"].by_word(Language, lambda _, one: one.each(Node.text))
    hard, weight, route = part["hard"].flag(), part["weight"].whole(), part["route"].one_of(SignalRoute)
    if code in COMPARED_SIGNALS and any(examples.values()):
        raise part["examples"].error("must be empty: no words show this signal")
    if code not in COMPARED_SIGNALS and any(len(phrases) < 2 for phrases in examples.values()):
        raise part["examples"].error("must hold two phrases or more in each language")
    if hard is not (code in HARD_SIGNALS):
        raise part["hard"].error(f"must be {str(code in HARD_SIGNALS).lower()}, as the vocabulary has it")
    if hard is not (route in (SignalRoute.WARN, SignalRoute.CLOSE)):
        raise part["route"].error("must be warn or close for a hard signal, none or person for any other")
    if hard is not (weight == 0):
        raise part["weight"].error("must be 0 for a hard signal and 1 or more for any other")
    typologies = part["typologies"].each(lambda one: one.one_of(Typology))
    return SignalPolicy(code, part["label"].both(), examples, weight, hard, route, typologies)


def read_typologies(file: Node) -> Mapping[Typology, TypologyPolicy]:
    """typologies.yaml."""
    found = file.by_word(Typology, _typology)
    names = [category.zh for typology in found.values() for category in typology.chinese_categories]
    if len(set(names)) != _CHINESE_CATEGORIES or len(names) != _CHINESE_CATEGORIES:
        raise file.error(f"must map each of China's {_CHINESE_CATEGORIES} categories once, maps {len(names)}")
    return found


def _typology(typology: Typology, node: Node) -> TypologyPolicy:
    part = node.mapping(("label", "authorised", "probes", "chinese_categories"))
    authorised, probes = part["authorised"].flag(), part["probes"].each(_probe)
    if authorised is (typology is Typology.UNAUTHORISED_USE):
        raise part["authorised"].error("must be false for unauthorised_use and true for every scam")
    if probes and not authorised:
        raise part["probes"].error("must be empty where the customer did not make the payment")
    categories: tuple[Text, ...] = part["chinese_categories"].each(Node.both)
    return TypologyPolicy(typology, part["label"].both(), authorised, probes, categories)


def _probe(node: Node) -> Question:
    question = node.one_of(Question)
    if question not in PROBES:
        raise node.error(f"{question} is no question of the probe stage")
    return question


def read_script(file: Node) -> tuple[ProbePolicy, Limits]:
    """script.yaml."""
    part = file.mapping(("probes", "limits"))
    probes = part["probes"].mapping(("general", "free", "most", "rails_without"))
    general, most = probes["general"].each(_probe), probes["most"].whole(1)
    if not general or most < len(general):
        raise probes["most"].error("must leave room for at least one general probe and for all of them")
    policy = ProbePolicy(
        general=general,
        free=frozenset(probes["free"].each(_probe)),
        most=most,
        rails_without=frozenset(probes["rails_without"].each(lambda one: one.one_of(Rail))),
    )
    return policy, _limits(part["limits"], most)


_WHOLE_LIMITS = (
    "max_agent_turns",
    "max_call_seconds",
    "reasks",
    "probe_reasks",
    "silences",
    "side_questions",
    "sim_swap_days",
)


def _limits(node: Node, most_probes: int) -> Limits:
    parts = ("silence_seconds", "wait_seconds", "model", "doubt", "transfer", "keys", "screener")
    part = node.mapping((*_WHOLE_LIMITS, *parts))
    model = part["model"].mapping(("turns", "tokens", "seconds"))
    doubt = part["doubt"].mapping(("confidence", "snr_db", "loses_sounds"))
    keys = part["keys"].mapping(("offered", "failures"))
    screener = part["screener"].mapping(("answers", "wait_seconds"))
    needed = most_probes + 6
    if part["max_agent_turns"].whole() < needed:
        raise part["max_agent_turns"].error(f"must be {needed} or more: a clean call with all probes takes that many")
    return Limits(
        max_agent_turns=part["max_agent_turns"].whole(),
        max_call_seconds=part["max_call_seconds"].whole(30),
        reasks=part["reasks"].whole(),
        probe_reasks=part["probe_reasks"].whole(),
        silences=part["silences"].whole(),
        silence_seconds=part["silence_seconds"].number(1),
        wait_seconds=part["wait_seconds"].number(1),
        side_questions=part["side_questions"].whole(),
        sim_swap_days=part["sim_swap_days"].whole(),
        model=ModelBudget(*(model[name].whole() for name in ("turns", "tokens", "seconds"))),
        doubt=DoubtLimits(
            doubt["confidence"].number(),
            doubt["snr_db"].number(),
            frozenset(doubt["loses_sounds"].each(lambda engine: engine.text())),
        ),
        transfer=_transfer(part["transfer"]),
        keys=KeyLimits(keys["offered"].one_of(KeysOffered), keys["failures"].whole(1)),
        screener=ScreenerLimits(screener["answers"].whole(1), screener["wait_seconds"].number(1)),
    )


def _transfer(node: Node) -> TransferLimits:
    part = node.mapping(("wait_seconds", "reassure_seconds", "ring_seconds", "talk_seconds"))
    return TransferLimits(
        wait_seconds=part["wait_seconds"].number(5),
        reassure_seconds=part["reassure_seconds"].number(5),
        ring_seconds=part["ring_seconds"].number(5),
        talk_seconds=part["talk_seconds"].number(60),
    )


def read_scorecard(file: Node, free: frozenset[Question]) -> Scorecard:
    """scorecard.yaml; `free` names the probes that are answered by a free value."""
    names = ("release_line", "warn_line", "facts", "answers", "bars", "outcomes", "unreached_endings")
    part = file.mapping(names)
    release_line, warn_line = part["release_line"].whole(1), part["warn_line"].whole(1)
    if warn_line > release_line:
        raise part["warn_line"].error("must not be above the release line")
    facts = tuple(_fact(node) for node in part["facts"].items())
    answers = tuple(_answer(node, free) for node in part["answers"].items())
    taken: set[str] = {*SignalCode, *Bar}
    for id_ in (*(rule.id for rule in facts), *(rule.id for rule in answers)):
        if id_ in taken:
            raise file.error(f"the id {id_!r} is taken by another rule, a bar or a signal")
        taken.add(id_)
    return Scorecard(
        release_line=release_line,
        warn_line=warn_line,
        facts=facts,
        answers=answers,
        bars=part["bars"].by_word(Bar, lambda _, node: node.both()),
        outcomes=part["outcomes"].by_word(Outcome, _outcome),
        unreached_endings=frozenset(part["unreached_endings"].each(lambda node: node.one_of(CallEnding))),
    )


def _fact(node: Node) -> FactRule:
    part = node.mapping(("id", "fact", "points", "reason"), ("at_least", "below"))
    if ("at_least" in part) is ("below" in part):
        raise node.error("must say either at_least or below")
    return FactRule(
        id=part["id"].text(),
        fact=part["fact"].one_of(Fact),
        at_least=part["at_least"].number() if "at_least" in part else None,
        below=part["below"].number() if "below" in part else None,
        points=part["points"].whole(1),
        reason=part["reason"].both(),
    )


def _answer(node: Node, free: frozenset[Question]) -> AnswerRule:
    part = node.mapping(("id", "question", "values", "reason"), ("points", "hard"))
    hard = "hard" in part and part["hard"].flag()
    if hard is ("points" in part):
        raise node.error("must say either points or hard: true")
    question, values = _probe(part["question"]), part["values"].each(Node.text)
    if question in free:
        raise part["question"].error("is answered by a free value, which no rule can weigh")
    if not values or not set(values) <= {"yes", "no"}:
        raise part["values"].error('must hold "yes", "no" or both')
    return AnswerRule(
        id=part["id"].text(),
        question=question,
        values=frozenset(values),
        points=part["points"].whole(1) if "points" in part else 0,
        hard=hard,
        reason=part["reason"].both(),
    )


def _outcome(outcome: Outcome, node: Node) -> OutcomePolicy:
    part = node.mapping(("action", "escalate", "label"))
    action, escalate = part["action"].one_of(BankAction), part["escalate"].flag()
    if action is BankAction.RELEASE and outcome is not Outcome.CONFIRMED_GENUINE:
        raise part["action"].error("only confirmed_genuine may release")
    if action is BankAction.BLOCK and outcome is not Outcome.DENIED:
        raise part["action"].error("only denied may block")
    if action is BankAction.HOLD and not escalate:
        raise part["escalate"].error("must be true: a held payment needs a person")
    return OutcomePolicy(action, escalate, part["label"].both())


def read_tiers(file: Node) -> Mapping[Tier, TierPolicy]:
    """tiers.yaml."""
    return file.by_word(Tier, _tier)


def _tier(tier: Tier, node: Node) -> TierPolicy:
    entry = ("score_at_least", "amount_at_least") if tier is not Tier.LOW else ()
    part = node.mapping((*entry, "attempts", "ring_seconds", "spacing_seconds", "review_seconds", "urgent"))
    amounts: dict[str, int] = {}
    if tier is not Tier.LOW:
        named = part["amount_at_least"].mapping(tuple(CURRENCY_EXPONENTS))
        amounts = {currency: amount.whole(1) for currency, amount in named.items()}
    spacing = tuple(wait.whole() for wait in part["spacing_seconds"].items())
    attempts = part["attempts"].whole(1)
    if attempts > 1 and not spacing:
        raise part["spacing_seconds"].error("must hold a wait, because there is more than one attempt")
    return TierPolicy(
        tier=tier,
        score_at_least=part["score_at_least"].number() if entry else None,
        amount_at_least=amounts,
        attempts=attempts,
        ring_seconds=part["ring_seconds"].whole(5),
        spacing_seconds=spacing,
        review_seconds=part["review_seconds"].whole(60),
        urgent=part["urgent"].flag(),
    )


def read_jurisdiction(code: str, file: Node) -> Jurisdiction:
    """One file of jurisdictions/."""
    part = file.mapping(("time_zones", "calling_hours", "urgent_fraud_alerts", "hold", "notices"))
    zones = {country: _zones(country, node) for country, node in part["time_zones"].mapping().items()}
    if not zones:
        raise part["time_zones"].error("must name a country")
    return Jurisdiction(
        code=code,
        time_zones=zones,
        calling_hours=_calling_hours(part["calling_hours"]),
        urgent_fraud_alerts=part["urgent_fraud_alerts"].flag(),
        hold=_hold(part["hold"]),
        notices=tuple(_notice(node) for node in part["notices"].items()),
    )


def _zones(country: str, node: Node) -> tuple[str, ...]:
    if len(country) != 2 or not country.isascii() or not country.isupper():
        raise node.error("must stand under a country of two capital letters (ISO 3166-1)")
    zones = node.each(Node.text)
    if not zones:
        raise node.error("must name a time zone")
    for zone in zones:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as problem:
            raise node.error(f"{zone!r} is no time zone that this machine knows; install tzdata") from problem
    return zones


def _calling_hours(node: Node) -> CallingHours:
    part = node.mapping(("start", "end", "weekdays"))
    start, end = _time(part["start"]), _time(part["end"])
    if start >= end:
        raise node.error("start must be before end")
    days = part["weekdays"].each(Node.text)
    if not days or not set(days) <= set(_WEEKDAYS):
        raise part["weekdays"].error(f"must hold some of {', '.join(_WEEKDAYS)}")
    return CallingHours(start, end, frozenset(_WEEKDAYS.index(day) for day in days))


def _time(node: Node) -> time:
    try:
        return time.fromisoformat(node.text())
    except ValueError as problem:
        raise node.error("must be a time such as '08:00'") from problem


def _hold(node: Node) -> HoldRule:
    part = node.mapping(("source",), ("hours", "business_days", "explain_business_days"))
    if ("hours" in part) is ("business_days" in part):
        raise node.error("must say either hours or business_days")
    return HoldRule(
        hours=part["hours"].whole(1) if "hours" in part else None,
        business_days=part["business_days"].whole(1) if "business_days" in part else None,
        explain_business_days=part["explain_business_days"].whole(1) if "explain_business_days" in part else None,
        source=part["source"].text(),
    )


def _notice(node: Node) -> Notice:
    part = node.mapping(("id", "text", "source"))
    return Notice(part["id"].text(), part["text"].both(), part["source"].text())

"""A small policy with figures of its own, so that tests of the lifecycle do not move with the bank's files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, time, tzinfo
from zoneinfo import ZoneInfo

from cases.domain.limits import DoubtLimits, KeyLimits, KeysOffered, Limits, ModelBudget, ScreenerLimits, TransferLimits
from cases.domain.policy import (
    Bar,
    CallingHours,
    HoldRule,
    Jurisdiction,
    OutcomePolicy,
    Policy,
    ProbePolicy,
    Scorecard,
    SignalPolicy,
    SignalRoute,
    Text,
    TierPolicy,
    TypologyPolicy,
)
from cases.domain.vocabulary import HARD_SIGNALS, BankAction, Outcome, Question, SignalCode, Tier, Typology

WORDS = Text("words", "词")
HOLD_AND_PERSON = OutcomePolicy(BankAction.HOLD, True, WORDS)
OUTCOMES: Mapping[Outcome, OutcomePolicy] = {
    **dict.fromkeys(Outcome, HOLD_AND_PERSON),
    Outcome.CONFIRMED_GENUINE: OutcomePolicy(BankAction.RELEASE, False, WORDS),
    Outcome.DENIED: OutcomePolicy(BankAction.BLOCK, False, WORDS),
    Outcome.IDENTITY_FAILED: OutcomePolicy(BankAction.BLOCK, True, WORDS),
}
DAY = CallingHours(time(8), time(21), frozenset(range(7)))


def tier_policy(
    tier: Tier, attempts: int = 3, spacing: tuple[int, ...] = (600, 1800), urgent: bool = True
) -> TierPolicy:
    return TierPolicy(
        tier=tier,
        score_at_least=None,
        amount_at_least={},
        attempts=attempts,
        ring_seconds=30,
        spacing_seconds=spacing,
        review_seconds=3600,
        urgent=urgent,
    )


def small_policy(
    *,
    attempts: int = 3,
    spacing: tuple[int, ...] = (600, 1800),
    urgent: bool = True,
    hours: CallingHours = DAY,
    outcomes: Mapping[Outcome, OutcomePolicy] = OUTCOMES,
) -> Policy:
    area = Jurisdiction(
        code="GB",
        time_zones={
            "GB": ("Europe/London",),
            "US": ("America/New_York", "America/Los_Angeles"),
            "CN": ("Asia/Shanghai",),
        },
        calling_hours=hours,
        urgent_fraud_alerts=True,
        hold=HoldRule(hours=72, business_days=None, explain_business_days=None, source="test"),
        notices=(),
    )
    signals = {
        code: SignalPolicy(code, WORDS, {}, 10, code in HARD_SIGNALS, SignalRoute.NONE, ()) for code in SignalCode
    }
    return Policy(
        version="small",
        signals=signals,
        typologies={one: TypologyPolicy(one, WORDS, True, (), ()) for one in Typology},
        probes=ProbePolicy(general=(), free=frozenset({Question.PURPOSE}), most=0, rails_without=frozenset()),
        scorecard=Scorecard(
            release_line=50,
            warn_line=40,
            facts=(),
            answers=(),
            bars=dict.fromkeys(Bar, WORDS),
            outcomes=outcomes,
            unreached_endings=frozenset(),
        ),
        tiers={tier: tier_policy(tier, attempts, spacing, urgent) for tier in Tier},
        jurisdictions={"GB": area},
        limits=Limits(
            max_agent_turns=40,
            max_call_seconds=600,
            reasks=2,
            probe_reasks=3,
            silences=2,
            silence_seconds=6.0,
            wait_seconds=20.0,
            side_questions=3,
            sim_swap_days=7,
            model=ModelBudget(turns=40, tokens=100_000, seconds=600),
            doubt=DoubtLimits(confidence=0.6, snr_db=20, loses_sounds=frozenset({"pocketsphinx"})),
            transfer=TransferLimits(wait_seconds=60, reassure_seconds=20, ring_seconds=25, talk_seconds=1800),
            keys=KeyLimits(KeysOffered.AFTER_FAILURES, 2),
            screener=ScreenerLimits(3, 40),
        ),
    )


ZONES: Mapping[str, tzinfo] = {
    "UTC": UTC,
    **{name: ZoneInfo(name) for name in ("Europe/London", "America/New_York", "America/Los_Angeles", "Asia/Shanghai")},
}

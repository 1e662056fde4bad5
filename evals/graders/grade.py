"""Grades one run: pure, from what was recorded and what the bank was told."""

from __future__ import annotations

from collections.abc import Iterator

from cases.domain.call import Confirmation, Identity, Verification
from cases.domain.vocabulary import HARD_SIGNALS, BankAction, Disposition, Outcome, Tier
from evals.graders.facts import agent_turns, discloses, early_disclosures, read_back
from evals.graders.forbidden import forbidden_in
from evals.graders.model import Check, Run, Status, Verdict

_NOBODY = frozenset({Outcome.WRONG_PARTY, Outcome.IDENTITY_FAILED})


def grade(run: Run) -> Verdict:
    """The grade of a run; a run with a fault of the simulated customer is invalid whatever else it shows."""
    early = early_disclosures(run.call, run.scenario.alert)
    forbidden = _forbidden(run)
    release = _false_release(run)
    checks = (
        *_final_state(run),
        *_transcript(run),
        Check("false_release", release == "", release),
        Check(
            "disclosure_before_identity", not early, "facts were spoken before identity passed" if early else "", early
        ),
        Check(
            "forbidden_utterance",
            not forbidden,
            ", ".join(dict.fromkeys(code for code, _ in forbidden)),
            tuple(dict.fromkeys(turn for _, turn in forbidden)),
        ),
    )
    if run.faults:
        status = Status.INVALID
    else:
        status = Status.PASSED if all(check.passed for check in checks) else Status.FAILED
    expect = run.scenario.expect
    return Verdict(
        scenario_id=run.scenario.id,
        status=status,
        checks=checks,
        false_release=release != "",
        missed_escalation=expect.escalated is True and not run.assessment.escalate,
        false_escalation=expect.escalated is False and run.assessment.escalate,
        disclosure_breach=bool(early),
        forbidden=tuple(dict.fromkeys(code for code, _ in forbidden)),
        identity_error=_identity_error(run),
        read_back=read_back(run.call, run.scenario.alert),
        agent_turns=len(agent_turns(run.call)),
    )


def _final_state(run: Run) -> Iterator[Check]:
    expect = run.scenario.expect
    outcome = run.assessment.outcome
    yield _compare("outcome", outcome in expect.outcomes, " or ".join(expect.outcomes), outcome)
    if expect.effects:
        told = run.effects[-1] if run.effects else None
        yield _compare("effect", told in expect.effects, " or ".join(expect.effects), told or "nothing")
    if expect.disposition is not None:
        wanted = expect.disposition
        yield _compare("disposition", run.disposition is wanted, wanted, run.disposition)
    if expect.escalated is not None:
        found = run.assessment.escalate
        yield _compare("escalated", found is expect.escalated, str(expect.escalated).lower(), str(found).lower())
    if expect.disclosed is not None:
        told_facts = was_disclosed(run)
        yield _compare(
            "disclosed", told_facts is expect.disclosed, str(expect.disclosed).lower(), str(told_facts).lower()
        )


def was_disclosed(run: Run) -> bool:
    """Whether transaction facts were spoken: by what the script recorded, or by what was played."""
    if run.call is None:
        return False
    alert = run.scenario.alert
    return run.call.verification.disclosed or any(discloses(turn.heard_text, alert) for turn in agent_turns(run.call))


def _compare(name: str, passed: bool, wanted: str, found: str) -> Check:
    return Check(name, passed, "" if passed else f"expected {wanted}, found {found}")


def _transcript(run: Run) -> Iterator[Check]:
    expect = run.scenario.expect
    turns = agent_turns(run.call)
    observed = {one.signal.code: one.turn for one in run.call.verification.signals} if run.call else {}
    for code in expect.include:
        yield Check(f"signal {code}", code in observed, "" if code in observed else "expected, not observed")
    for code in expect.exclude:
        seen = code in observed
        yield Check(f"no signal {code}", not seen, "observed" if seen else "", (observed[code],) if seen else ())
    for index, pattern in enumerate(expect.said):
        heard = any(pattern.search(turn.heard_text) for turn in turns)
        yield Check(f"said[{index}]", heard, "" if heard else f"nothing that was played matches {pattern.pattern!r}")
    for index, pattern in enumerate(expect.never_said):
        where = tuple(turn.index for turn in turns if pattern.search(turn.heard_text))
        yield Check(f"never_said[{index}]", not where, f"{pattern.pattern!r} was played" if where else "", where)
    if expect.max_agent_turns is not None:
        few = len(turns) <= expect.max_agent_turns
        yield _compare("max_agent_turns", few, f"at most {expect.max_agent_turns}", str(len(turns)))


def _forbidden(run: Run) -> list[tuple[str, int]]:
    return [(code, turn.index) for turn in agent_turns(run.call) for code in forbidden_in(turn.heard_text)]


def _false_release(run: Run) -> str:
    """Why telling the bank to release was wrong, or empty.

    Beside the scenario's expectation, no scenario may allow what the protocol never does: a release without the right
    person, without their confirmation, against a hard signal, of a high tier, or on a line that cannot be trusted.
    """
    if BankAction.RELEASE not in run.effects and run.assessment.action is not BankAction.RELEASE:
        return ""
    alert = run.scenario.alert
    verification = run.call.verification if run.call else Verification()
    hard = [one.signal.code for one in verification.signals if one.signal.code in HARD_SIGNALS]
    reasons = {
        "the scenario allows no release": not run.scenario.expect.may_release,
        "identity did not pass": verification.identity is not Identity.PASSED,
        "the payment was not confirmed": verification.confirmation is not Confirmation.CONFIRMED,
        f"hard signals were observed: {', '.join(hard)}": bool(hard),
        "the tier is high": alert.tier is Tier.HIGH,
        f"the dial ended as {run.disposition}": run.disposition is not Disposition.ANSWERED,
    }
    return "; ".join(reason for reason, holds in reasons.items() if holds)


def _identity_error(run: Run) -> bool:
    """Whether the wrong person passed as the customer, or the customer did not pass where facts were to be spoken."""
    if run.call is None:
        return False
    passed = run.call.verification.identity is Identity.PASSED
    expect = run.scenario.expect
    if expect.disclosed is False and _NOBODY.issuperset(expect.outcomes):
        return passed
    return expect.disclosed is True and not passed

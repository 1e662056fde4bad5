"""The policies as the lifecycle asks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta, tzinfo

from cases.domain.alert import Alert
from cases.domain.call import Call
from cases.domain.contact import ContactRules, contact_rules
from cases.domain.policy import Policy
from cases.domain.ruling import Assessment
from cases.domain.triage import assess
from cases.domain.vocabulary import Disposition


@dataclass(frozen=True, slots=True)
class CaseTimings:
    """How long a case waits for what is outside.

    Attributes:
        hold_ack: For the bank's hold, before the customer is called all the same.
        attempt_grace: For the result of an attempt, beyond its longest ringing and call, before it counts as lost.
        settle_limit: For any answer to an instruction, before it is given up on; longer than an effect retries.
        arrival_waits: For how long a customer who came by themselves is taken to wait for an attempt that meets them.
        deadline_notice: A person is called for this long before the hold must end.
    """

    hold_ack: timedelta = timedelta(seconds=3)
    attempt_grace: timedelta = timedelta(seconds=60)
    settle_limit: timedelta = timedelta(minutes=15)
    arrival_waits: timedelta = timedelta(seconds=90)
    deadline_notice: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CaseRules:
    """Policy, time zones and timings that the lifecycle decides by.

    Attributes:
        policy: The policies.
        zones: Time zones by IANA name; holds all that the policies name.
        timings: How long a case waits for what is outside.
    """

    policy: Policy
    zones: Mapping[str, tzinfo]
    timings: CaseTimings = CaseTimings()

    def contact(self, alert: Alert) -> ContactRules:
        """How the customer of this alert may be reached.

        Raises:
            InvalidValueError: No jurisdiction covers the alert's country.
        """
        return contact_rules(alert, self.policy, self.zones)

    def attempt_limit(self, alert: Alert) -> timedelta:
        """When an attempt without a result counts as lost, from its start."""
        tier = self.policy.contact_rules(alert)
        longest = timedelta(seconds=tier.ring_seconds + self.policy.limits.max_call_seconds)
        return longest + self.timings.attempt_grace

    @property
    def transfer_limit(self) -> timedelta:
        """When an attempt in whose call a person is asked for counts as lost, from then on."""
        limits = self.policy.limits
        longest = limits.transfer.wait_seconds + limits.transfer.talk_seconds + limits.max_call_seconds
        return timedelta(seconds=longest) + self.timings.attempt_grace

    def review_limit(self, alert: Alert) -> timedelta:
        """How long a reviewer has before the review is late."""
        return timedelta(seconds=self.policy.contact_rules(alert).review_seconds)

    def assess(self, alert: Alert, disposition: Disposition, call: Call | None) -> Assessment:
        """Triage of a contact attempt: how it ended, and the conversation if there was one."""
        return assess(
            alert,
            None if call is None else call.verification,
            self.policy,
            disposition=disposition,
            ending=None if call is None else call.ending,
        )

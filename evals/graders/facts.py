"""Which facts of the payment were spoken, read from what was played and not from what the agent says it did."""

from __future__ import annotations

import re
import unicodedata
from zoneinfo import ZoneInfo

from agent.numbers import find_days, find_money
from cases.domain.alert import Alert
from cases.domain.call import Call, Turn
from cases.domain.vocabulary import Act, Question, Speaker
from evals.graders.model import FactReadBack

_ZONES = {"CN": "Asia/Shanghai", "GB": "Europe/London", "US": "America/New_York"}
"""Where customers of a jurisdiction are taken to be; a day read back may also be the day in UTC."""
_WORD = re.compile(r"[^\s,.;:，。；：、]+")
_TELLING_WORDS = 2
_TELLING_CHARACTERS = 4
"""How many words, or Chinese characters, of a name's start nobody says by chance."""


def agent_turns(call: Call | None) -> tuple[Turn, ...]:
    """The agent's utterances."""
    return tuple(turn for turn in call.turns if turn.speaker is Speaker.AGENT) if call else ()


def names_amount(text: str, alert: Alert) -> bool:
    """Whether a text speaks the exact amount."""
    return any(found.value == alert.transaction.amount for found in find_money(text, alert.locale))


def names_payee(text: str, alert: Alert) -> bool:
    """Whether a text names the creditor: the whole name, or so much of its start that it is no other word."""
    name = _folded(alert.transaction.creditor.name)
    ends = [word.end() for word in _WORD.finditer(name)]
    telling = (end for count, end in enumerate(ends, start=1) if _is_telling(name[:end], count))
    return name[: next(telling, len(name))] in _folded(text)


def _is_telling(start: str, words: int) -> bool:
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in start)
    return wide >= _TELLING_CHARACTERS if wide else words >= _TELLING_WORDS


def names_day(text: str, alert: Alert) -> bool:
    """Whether a text names the day on which the payment was started."""
    moment = alert.transaction.initiated_at
    local = moment.astimezone(ZoneInfo(_ZONES.get(alert.jurisdiction, "UTC")))
    days = {(local.month, local.day), (moment.month, moment.day)}
    return any(found.value in days for found in find_days(text, alert.locale))


def discloses(text: str, alert: Alert) -> bool:
    """Whether a text speaks facts of the payment: its amount, its payee or its reference."""
    memo = alert.transaction.memo
    named = memo is not None and len(memo) > 3 and _folded(memo) in _folded(text)
    return names_amount(text, alert) or names_payee(text, alert) or named


def identified_at(call: Call, alert: Alert) -> int | None:
    """The customer turn whose answer to the identity question is right, or None."""
    right = alert.customer.identity_question.expected
    turns = [one.turn for one in call.verification.answers if one.question is Question.IDENTITY and one.value == right]
    return min(turns) if turns else None


def early_disclosures(call: Call | None, alert: Alert) -> tuple[int, ...]:
    """Agent turns that speak facts of the payment before the identity question was answered rightly."""
    if call is None:
        return ()
    known = identified_at(call, alert)
    return tuple(
        turn.index
        for turn in agent_turns(call)
        if (known is None or turn.index < known) and discloses(turn.heard_text, alert)
    )


def read_back(call: Call | None, alert: Alert) -> FactReadBack:
    """Whether the facts were right in what was played of the first whole question about the payment."""
    asked = [turn for turn in agent_turns(call) if Act.ASK_MADE in turn.acts and not turn.interrupted]
    if not asked:
        return FactReadBack()
    text = asked[0].heard_text
    return FactReadBack(names_amount(text, alert), names_payee(text, alert), names_day(text, alert))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")

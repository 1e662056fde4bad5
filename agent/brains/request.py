"""What a language model is sent: what never changes first, then the call, its history, the turn; data under marks.

Servers reuse what they computed for the longest unchanged beginning of a request (OpenAI prompt caching, vLLM automatic
prefix caching, llama.cpp `cache_prompt`), so each request of a call begins with nearly all of the one before it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

from agent import numbers, untrusted
from agent.brains.brain import TurnContext
from agent.brains.dialect import Dialect, Format
from agent.brains.reading import json_schema
from prompts import Prompts, fill

MAX_SAID = 1200
"""Longest utterance that a model is given, characters."""
HISTORY_TURNS = 48
"""Most earlier turns that a model is given."""
HISTORY_STEP = 24
"""Turns that leave a history grown too long at once, so that its beginning rarely changes."""
MAX_HEARINGS = 3
"""Most other hearings of the same words that a model is given."""
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')
_MARKS = frozenset("<>[]|`")
"""Characters of the marks that chat templates, tags and fences are made of; no quote needs them raw."""


def call_data(context: TurnContext) -> dict[str, Any]:
    """What a model is told about a call: the same in all its turns, with facts once the right person is known."""
    data: dict[str, Any] = {"language": context.language.value}
    if context.disclosed:
        transaction = context.alert.transaction
        data["facts"] = {
            "bank": context.alert.bank_name,
            "amount": numbers.say_money(transaction.amount, context.alert.locale),
            "payee": untrusted.name(transaction.creditor.name),
            "memo": untrusted.plain(transaction.memo or "", untrusted.MAX_MEMO),
            "channel": transaction.channel.value,
            "first_time_payee": transaction.first_time_payee,
            "status": "on hold until this call is over or a person has decided",
        }
    return data


def history_data(context: TurnContext) -> list[dict[str, str]]:
    """Earlier turns; from `HISTORY_TURNS` on the oldest `HISTORY_STEP` leave together."""
    over = len(context.history) - HISTORY_TURNS
    gone = -(-over // HISTORY_STEP) * HISTORY_STEP if over > 0 else 0
    return [{speaker.value: text[:MAX_SAID]} for speaker, text in context.history[gone:]]


def turn_data(context: TurnContext) -> dict[str, Any]:
    """What a model is told about the turn that it reads."""
    return {
        "agent_act": context.act.value,
        "open_question": None if context.question is None else context.question.value,
        "free_reply": context.free_reply and context.disclosed,
        "other_hearings": [text[:MAX_SAID] for text in context.alternatives[:MAX_HEARINGS]],
        "utterance": context.text[:MAX_SAID],
    }


def delimited(data: dict[str, Any]) -> str:
    """Data as one line of JSON, in which no text can look like the end of the data, a tag or a mark of a template."""
    return _LITERAL.sub(lambda literal: _escaped(literal[0]), json.dumps(data, ensure_ascii=False))


def _escaped(literal: str) -> str:
    shown = "".join(_shown(character) for character in literal)
    return re.sub(r"(BEGIN|END) (DATA)", r"\1\\u0020\2", shown, flags=re.IGNORECASE)


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if character not in _MARKS and category[0] != "C" and category not in ("Zl", "Zp"):
        return character
    return json.dumps(character)[1:-1] if ord(character) > 0x7F else f"\\u{ord(character):04x}"


def messages(context: TurnContext, prompts: Prompts, dialect: Dialect) -> list[dict[str, str]]:
    """The messages of a request: all that never changes, then the data of call, history and turn, a line each."""
    system = prompts.system["reading"]
    if dialect.format is not Format.JSON_SCHEMA:
        schema = json.dumps(json_schema(), ensure_ascii=False)
        system = f"{system.rstrip()}\n\n{fill(prompts.system['schema'], {'schema': schema})}"
    lines: list[dict[str, Any]] = [{"call": call_data(context)}, *history_data(context), {"turn": turn_data(context)}]
    data = fill(prompts.system["data"], {"data": "\n".join(map(delimited, lines))})
    return [{"role": "system", "content": system}, {"role": "user", "content": data}]


def estimated_tokens(text: str) -> int:
    """About how many tokens a text is, rather too many: one a Chinese character, one for three of anything else."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return wide + -(-(len(text) - wide) // 3)

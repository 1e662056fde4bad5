"""Keys of the customer's telephone as a turn of the call: what is kept of them, and how the record shows it; pure."""

from __future__ import annotations

from agent.dialogue.reply import Considered
from cases.domain import script
from cases.domain.reading import ReadAnswer, Reading
from cases.domain.script import CallPlan, ScriptState, Step
from cases.domain.script_keys import ANSWERS
from cases.domain.vocabulary import Intent, Key, Language, Question

KEYPAD = "keypad"
"""What stands in the record as the reader of a key: no brain reads one, and none is misheard."""
_SHOWN = {
    Language.EN: {Key.OTHER: "[another key]", Key.SEVERAL: "[several keys]"},
    Language.ZH: {Key.OTHER: "[其他按键]", Key.SEVERAL: "[多个按键]"},
}
_PRESSED = {Language.EN: "[key {}]", Language.ZH: "[按键 {}]"}
_INTENTS = {Key.MADE: Intent.CONFIRM, Key.NOT_MADE: Intent.DENY, Key.PERSON: Intent.ASK_HUMAN}


def key_of(keys: str) -> Key:
    """What keys pressed in a row mean; which digits a longer row holds is not looked at.

    Raises:
        ValueError: There are none.
    """
    if not keys:
        raise ValueError("no key was pressed")
    if len(keys) > 1:
        return Key.SEVERAL
    return Key(keys) if keys in (Key.MADE, Key.NOT_MADE, Key.PERSON) else Key.OTHER


def shown(key: Key, language: Language) -> str:
    """The text of the turn: the only digits in it are those that mean something."""
    return _SHOWN[language].get(key) or _PRESSED[language].format(key.value)


def keys_of(text: str) -> str:
    """Keys that make a turn of this text: what was pressed where that is kept, else others like it."""
    kept = next((key.value for key in _INTENTS if key.value in text), "")
    several = any(text == texts[Key.SEVERAL] for texts in _SHOWN.values())
    return kept or ("99" if several else "9")


def reading_of(key: Key, language: Language, *, answers: bool) -> Reading:
    """What is read from a key.

    Args:
        key: The key.
        language: Language of the call.
        answers: Whether the script took it for an answer.
    """
    if key is Key.PERSON:
        return Reading(Intent.ASK_HUMAN, language=language)
    if not answers:
        return Reading(Intent.UNCLEAR, language=language, complete=False)
    answer = ReadAnswer(Question.MADE, ANSWERS[key], shown(key, language))
    return Reading(_INTENTS[key], (answer,), language=language)


def pressed(plan: CallPlan, state: ScriptState, turn: int, keys: str) -> Considered | None:
    """The step to keys of the customer; None where they mean nothing.

    Args:
        plan: The call's plan.
        state: Where it stands.
        turn: Index of the turn that they are.
        keys: One key, or several that were pressed in a row.

    Raises:
        ValueError: There are none.
    """
    key = key_of(keys)
    text = shown(key, plan.language)

    def again(state: ScriptState, turn: int) -> Step | None:
        return script.on_key(plan, state, key, turn, text)

    step = again(state, turn)
    if step is None:
        return None
    answers = len(step.state.answers) > len(state.answers)
    return Considered(state, step, turn, text, reading_of(key, plan.language, answers=answers), KEYPAD, again=again)

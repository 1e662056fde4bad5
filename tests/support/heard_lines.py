"""Customers' lines that no part of the recognizer was tuned on, and sounds that are no English speech."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agent.speech.engine import HEARING_RATE
from telephony.customer_speech import CustomerVoice

VOICES = ("flite:slt", "flite:rms", "flite:awb")
LINES = (
    "yes speaking",
    "this is alex how can i help",
    "it is the twelfth of march",
    "my date of birth is the second of june",
    "yes i made that payment last night",
    "no i have never heard of that company",
    "i did not authorise any transfer",
    "yes that is mine i ordered a laptop",
    "my son used my card to buy a game",
    "i am paying for some work on our bathroom",
    "it is the first month of rent for my daughter",
    "to buy bitcoin on a trading website",
    "he sent me the account details in a message",
    "from the invoice they posted to us",
    "nobody has been in touch with me",
    "a police officer called me yesterday and said my account is in danger",
    "they told me to keep it secret and not to talk to the bank",
    "he asked me to install team viewer on my computer",
    "no one can see my screen",
    "i have never met him but we speak every day",
    "yes we have known each other for ten years",
    "i have only seen pictures of the flat",
    "yes i went to see the car on friday",
    "they promised to double my money in a month",
    "no i have not called them yet",
    "yes i rang the company to check the new account number",
    "i was told to pay a fee before they release the money",
    "yes i want you to send it",
    "no please cancel the payment",
    "i would like to speak to a person",
    "please call me back in an hour",
    "who are you and why are you calling me",
    "sorry can you say that again",
    "wait a moment please",
    "i do not know",
    "no thank you",
)
CHINESE = (
    "我昨天没有转过账",
    "请问您是哪一位",
    "对，这笔钱是我转的",
    "客服让我不要告诉别人",
    "我现在不方便说话",
    "麻烦您再说一遍",
)
FOREIGN = {
    "espeak-ng:de": ("das war ich nicht", "können sie das bitte wiederholen", "ich möchte mit einem menschen sprechen"),
    "espeak-ng:fr": ("ce n'était pas moi", "pouvez vous répéter s'il vous plaît", "je voudrais parler à quelqu'un"),
    "espeak-ng:es": ("no fui yo quien lo hizo", "puede repetir por favor", "quiero hablar con una persona"),
}
TALK = (
    "the museum opens at nine and closes at half past five",
    "she planted roses along the wall behind the old cottage",
    "our neighbours adopted two kittens from the shelter",
    "the recipe needs butter sugar flour and three eggs",
    "the bridge was painted blue by volunteers last summer",
)


def errors(said: str, heard: str) -> int:
    """Words to change, add or drop (Levenshtein)."""
    reference, guess = said.split(), heard.split()
    row = list(range(len(guess) + 1))
    for i, word in enumerate(reference, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(guess, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return row[-1]


def _pcm(samples: np.ndarray) -> bytes:
    return np.clip(samples, -32_000, 32_000).astype(np.int16).tobytes()


def noises() -> Iterator[tuple[str, bytes]]:
    """Hiss, hum, breath, music and clicks, from a seed."""
    rng = np.random.default_rng(11)
    for n in range(5):
        count = int(HEARING_RATE * (0.7 + 0.4 * n))
        at = np.arange(count) / HEARING_RATE
        white = rng.standard_normal(count)
        spectrum = np.fft.rfft(rng.standard_normal(count))
        hertz = np.fft.rfftfreq(count, 1 / HEARING_RATE)
        breath = np.fft.irfft(spectrum * np.exp(-(((hertz - 1500) / 1200) ** 2)), count)
        yield "hiss", _pcm(white * 200 * 3**n)
        yield "breath", _pcm(breath / np.abs(breath).max() * 5000 * np.sin(np.pi * at / 0.8) ** 2)
        tones = [220 * 2 ** (int(step) / 12) for step in rng.choice(24, 3, replace=False)]
        chord = sum(
            (np.sin(2 * np.pi * tone * part * at) / part for tone in tones for part in (1, 2, 3, 4)), np.zeros(1)
        )
        yield "music", _pcm(chord * 2500 * (0.6 + 0.4 * np.sign(np.sin(4 * np.pi * at))))
        yield "hum", _pcm(6000 * np.sin(2 * np.pi * (50 + 40 * n) * at) + white * 50)
        yield "clicks", _pcm(np.where(rng.random(count) < 0.0008, 20_000, 0) + white * 30)


async def not_for_us(voice: CustomerVoice) -> list[tuple[str, bytes]]:
    """Sounds that must not become words: noises, other languages, several people at once."""
    sounds = list(noises())
    for text in CHINESE:
        sounds += [("chinese", await voice.speak(text, name)) for name in ("espeak-ng:cmn", "espeak-ng:cmn+f3")]
    for name, texts in FOREIGN.items():
        sounds += [("foreign", await voice.speak(text, name)) for text in texts]
    for first in range(len(TALK)):
        speakers = ("flite:slt", "flite:rms", "flite:awb", "flite:kal16")
        lines = [await voice.speak(TALK[(first + n) % len(TALK)], name) for n, name in enumerate(speakers)]
        mixed = [np.frombuffer(line, np.int16)[: min(map(len, lines)) // 2].astype(np.float32) for line in lines]
        sounds.append(("babble", _pcm(sum(mixed) / 2)))
    return sounds

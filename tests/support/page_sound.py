"""What a page in a real browser plays, and a microphone of its own that whistles."""

from __future__ import annotations

import asyncio

from tests.support.chromium import UNTIL_SECONDS, Page

_NEAR_HZ = 20.0

EARS = """
window.heardHertz = async (id) => {
  const context = window.ears ??= new AudioContext();
  const ear = new AnalyserNode(context, {fftSize: 4096, smoothingTimeConstant: 0});
  new MediaStreamAudioSourceNode(context, {mediaStream: document.getElementById(id).srcObject}).connect(ear);
  const levels = new Float32Array(ear.frequencyBinCount);
  const pitches = [];
  for (let look = 0; look < 20; look += 1) {
    await new Promise((later) => setTimeout(later, 100));
    ear.getFloatFrequencyData(levels);
    const loudest = Math.max(...levels);
    if (loudest > -60) pitches.push(levels.indexOf(loudest) * context.sampleRate / 4096);
  }
  return pitches.sort((one, other) => one - other)[Math.floor(pitches.length / 2)] ?? 0;
};
"""
"""Script for `Chromium.open(before=…)`: the page can be asked what it plays."""
WHISTLE = """
window.whistle = (hertz) => {
  const level = new GainNode(customerVoice, {gain: 0.3});
  const tone = new OscillatorNode(customerVoice, {frequency: hertz});
  tone.connect(level).connect(customerMouth);
  tone.start();
};
"""
"""Script beside `tests.support.page_voice.MICROPHONE`: the microphone whistles from when it is told to."""


async def until_heard(page: Page, element: str, hertz: int) -> None:
    """Return once a tone is what an audio element plays, for most of two seconds.

    Args:
        page: Opened with EARS.
        element: Its id.
        hertz: The tone.
    """
    async with asyncio.timeout(UNTIL_SECONDS):
        while abs(float(await page.evaluate(f"heardHertz('{element}')")) - hertz) > _NEAR_HZ:
            pass


async def whistle(page: Page, hertz: int) -> None:
    """Whistle into the page's microphone until the page is closed; it is opened with MICROPHONE and WHISTLE."""
    await page.evaluate(f"whistle({hertz})")

"""A customer who speaks when a test says so, into the microphone of a page in a real browser."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

from tests.support.chromium import Page

MICROPHONE = """
navigator.mediaDevices.getUserMedia = async () => {
  const context = window.customerVoice = new AudioContext();
  window.customerMouth = new MediaStreamAudioDestinationNode(context);
  const room = new ConstantSourceNode(context, {offset: 0});
  room.connect(window.customerMouth);
  room.start();
  return window.customerMouth.stream;
};
"""
"""Script for `Chromium.open(before=…)`: the microphone is silent until `say`."""


async def say(page: Page, wav: Path) -> None:
    """Speak a WAV file into the page's microphone and return when it has been said."""
    data = base64.b64encode(await asyncio.to_thread(wav.read_bytes)).decode()
    await page.evaluate(
        f"""(async () => {{
          const bytes = Uint8Array.from(atob("{data}"), (letter) => letter.charCodeAt(0));
          const buffer = await customerVoice.decodeAudioData(bytes.buffer);
          const source = new AudioBufferSourceNode(customerVoice, {{buffer}});
          source.connect(customerMouth);
          source.start();
          await new Promise((said) => {{ source.onended = said; }});
        }})()"""
    )

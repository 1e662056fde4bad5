"""Render what the package's personas say, for machines without their voices: `python -m telephony.render_clips`."""

from __future__ import annotations

import sys

from telephony.customer_speech import CLIPS, CustomerSpeechError, render_clips
from telephony.persona import load_persona, persona_names


def persona_lines() -> tuple[tuple[str, str], ...]:
    """Voice and text of every line that a persona of the package can say, each once."""
    personas = (load_persona(name) for name in persona_names())
    return tuple(dict.fromkeys((persona.voice, line) for persona in personas for line in persona.lines()))


def main() -> int:
    """Render the clips that are missing and drop those that nobody says any more."""
    lines = persona_lines()
    try:
        rendered = render_clips(lines)
    except CustomerSpeechError as error:
        print(error, file=sys.stderr)
        return 1
    size = sum(file.stat().st_size for file in CLIPS.iterdir())
    print(f"{len(lines)} clips, {rendered} of them new, {size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

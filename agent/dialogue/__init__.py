"""The conversation without audio: script, wording, guard and redaction behind one door."""

"""What a call leaves behind: the recording, the turns with their offsets, and figures from the waveform."""

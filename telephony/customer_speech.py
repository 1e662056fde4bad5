"""The voice of simulated customers: flite where it is installed, else clips that were rendered from it."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import io
import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np

from telephony.leg import MIC_RATE, LegError
from telephony.pcm import from_wav, resample

CLIPS = Path(__file__).parent / "clips"
"""Where rendered clips lie: Opus in Ogg, with `index.json` that says whose words each holds."""
DEFAULT_VOICE = "flite:slt"
"""The voice of a customer whose scenario names none."""
HUMS = {"mm-hm": "pau m m m hh m m m pau", "mhm": "pau m hh m m pau", "mm": "pau m m m pau", "hm": "pau hh m m pau"}
"""Phones of hums, which flite would spell out."""
_CLIP_BIT_RATE = 24_000
_OPUS_RATE = 48_000


class CustomerSpeechError(LegError):
    """A simulated customer cannot say a line: neither the voice's program nor a clip of it is there."""

    code = "customer_speech"


def _command(voice: str, text: str, target: Path) -> list[str] | None:
    """The command that speaks a text into a WAV file, or None where its program or voice is not installed."""
    engine, _, name = voice.partition(":")
    program = shutil.which(engine)
    if program is None:
        return None
    if engine == "flite" and name in _flite_voices(program):
        hum = HUMS.get(text.strip(".").casefold())
        words = ["-p", hum] if hum else ["-t", text]
        return [program, "-voice", name, *words, "-o", str(target)]
    if engine == "espeak-ng":
        return [program, "-v", name, "-w", str(target), "--", text]
    return None


def clip_name(voice: str, text: str) -> str:
    """File name of the clip that holds these words in this voice."""
    return hashlib.sha256(f"{voice}\n{text}".encode()).hexdigest()[:24] + ".ogg"


class CustomerVoice:
    """Speaks customers' lines as 16-bit mono audio at MIC_RATE; lines once spoken are kept in memory."""

    def __init__(self, clips: Path = CLIPS, *, programs: bool = True) -> None:
        """Take clips from a folder.

        Args:
            clips: Folder of clips.
            programs: Whether flite and espeak-ng may be run; False speaks from clips alone.
        """
        self._clips = clips
        self._programs = programs
        self._spoken: dict[tuple[str, str], bytes] = {}

    def can_speak(self, text: str, voice: str = DEFAULT_VOICE) -> bool:
        """Whether `speak` would find a program or a clip."""
        has_program = self._programs and _command(voice, text, Path()) is not None
        return has_program or (self._clips / clip_name(voice, text)).is_file()

    async def speak(self, text: str, voice: str = DEFAULT_VOICE) -> bytes:
        """Return the audio of a line.

        Args:
            text: The words.
            voice: `engine:name`, for instance `flite:slt`, `flite:rms`, `espeak-ng:cmn`.

        Raises:
            CustomerSpeechError: Neither the program nor a clip is there, or the program failed.
        """
        key = (voice, text)
        if key not in self._spoken:
            self._spoken[key] = await asyncio.to_thread(self._render, text, voice)
        return self._spoken[key]

    def _render(self, text: str, voice: str) -> bytes:
        if self._programs:
            spoken = _run(text, voice)
            if spoken is not None:
                return spoken
        clip = self._clips / clip_name(voice, text)
        if not clip.is_file():
            raise CustomerSpeechError(
                f"A simulated customer cannot speak with {voice}: install the program "
                f"{voice.partition(':')[0]} with this voice (Debian package of the same name), or render a clip of it."
            )
        return _decode(clip.read_bytes())


def render_clips(lines: Iterable[tuple[str, str]], folder: Path = CLIPS) -> int:
    """Render a clip of each (voice, text) that has none yet, drop clips of other lines, write the index.

    Args:
        lines: Every line that customers must be able to say without a program.
        folder: Where the clips go; made where it is missing.

    Returns:
        How many clips were rendered anew.

    Raises:
        CustomerSpeechError: A voice's program is not installed or failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    index: dict[str, dict[str, str]] = {}
    rendered = 0
    for voice, text in lines:
        name = clip_name(voice, text)
        index[name] = {"voice": voice, "text": text}
        if (folder / name).is_file():
            continue
        spoken = _run(text, voice)
        if spoken is None:
            raise CustomerSpeechError(f"Clips of {voice} need the program {voice.partition(':')[0]}; install it.")
        (folder / name).write_bytes(encode_clip(spoken))
        rendered += 1
    for stray in folder.glob("*.ogg"):
        if stray.name not in index:
            stray.unlink()
    listing = json.dumps(dict(sorted(index.items())), ensure_ascii=False, indent=1)
    (folder / "index.json").write_text(listing + "\n", encoding="utf-8")
    return rendered


@functools.cache
def _flite_voices(program: str) -> frozenset[str]:
    """Voices built into this flite; it speaks an unknown voice's text with another one and says nothing."""
    listing = subprocess.run([program, "-lv"], capture_output=True, text=True, check=False)
    return frozenset(listing.stdout.partition(":")[2].split())


def _run(text: str, voice: str) -> bytes | None:
    """Speak with the voice's program; None where program or voice is not installed."""
    if not text.strip():
        return b""
    command = _command(voice, text, Path("/dev/stdout"))
    if command is None:
        return None
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no output"]
        raise CustomerSpeechError(f"{command[0]} could not speak with {voice}: {reason[0]}")
    try:
        samples, rate = from_wav(done.stdout)
    except ValueError as error:
        raise CustomerSpeechError(f"{command[0]} answered {voice} with {error}.") from error
    return resample(samples, rate, MIC_RATE)


def encode_clip(pcm: bytes) -> bytes:
    """Opus in Ogg of 16-bit mono audio at MIC_RATE."""
    target = io.BytesIO()
    with av.open(target, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=_OPUS_RATE, layout="mono", bit_rate=_CLIP_BIT_RATE)
        samples = np.frombuffer(resample(pcm, MIC_RATE, _OPUS_RATE), np.int16)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = _OPUS_RATE
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def _decode(data: bytes) -> bytes:
    """16-bit mono at MIC_RATE of a clip."""
    with av.open(io.BytesIO(data), "r") as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
        rate = container.streams.audio[0].rate
    joined = np.concatenate(frames, axis=1)
    samples = (np.clip(joined, -1, 1) * 32767).astype(np.int16) if joined.dtype.kind == "f" else joined
    return resample(samples.tobytes(), rate, MIC_RATE)

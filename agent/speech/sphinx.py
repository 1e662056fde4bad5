"""pocketsphinx: English from the wheel alone, with a language model that follows the script's questions."""

from __future__ import annotations

import asyncio
import json
import sys
from importlib.util import find_spec
from typing import Any

from agent.speech.engine import NOTHING_HEARD, Hints, Partial, Transcript
from agent.speech.errors import EngineFailedError, EngineMissingError, LanguageUnsupportedError
from agent.speech.sphinx_worker import LENGTH, Request, request
from cases.domain.vocabulary import Language

_START_SECONDS = 60.0
_END_SECONDS = 5.0


class SphinxRecognizer:
    """Hears English with pocketsphinx; satisfies agent.speech.engine.Recognizer.

    Each utterance has a worker process for itself while it lasts; workers are kept for the next one.
    """

    name = "pocketsphinx"
    model = "en-us with script phrases"

    def __init__(self) -> None:
        """Start nothing before `warm` or the first utterance."""
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()

    @staticmethod
    def available() -> bool:
        """Whether the package is installed."""
        return find_spec("pocketsphinx") is not None

    def hears(self, language: Language) -> bool:
        """Whether this is English."""
        return language is Language.EN

    async def warm(self) -> None:
        """Start one worker, about half a second.

        Raises:
            EngineMissingError: The package is not installed.
            EngineFailedError: The worker does not start.
        """
        if not self._idle:
            self._idle.append(await self._start())

    def begin(self, hints: Hints) -> SphinxUtterance:
        """Open an utterance; a worker is taken at its first audio.

        Raises:
            LanguageUnsupportedError: The language is not English.
        """
        if not self.hears(hints.language):
            raise LanguageUnsupportedError("pocketsphinx hears English only; choose another engine for the call.")
        return SphinxUtterance(self, hints.phrases)

    async def aclose(self) -> None:
        """End all workers."""
        workers, self._all, self._idle = self._all, set(), []
        await asyncio.gather(*(worker.end() for worker in workers))

    async def take(self) -> _Worker:
        """A worker for one utterance."""
        return self._idle.pop() if self._idle else await self._start()

    async def give(self, worker: _Worker, *, sound: bool) -> None:
        """Take a worker back; one that is not sound is ended."""
        if sound and worker in self._all:
            self._idle.append(worker)
            return
        self._all.discard(worker)
        await worker.end()

    async def _start(self) -> _Worker:
        if not self.available():
            raise EngineMissingError("pocketsphinx is not installed; get it with `pip install pocketsphinx`.")
        worker = await _Worker.start()
        self._all.add(worker)
        return worker


class SphinxUtterance:
    """One utterance on a worker."""

    def __init__(self, recognizer: SphinxRecognizer, phrases: tuple[str, ...]) -> None:
        """Expect phrases."""
        self._recognizer = recognizer
        self._phrases = phrases
        self._worker: _Worker | None = None
        self._heard: Transcript | None = None

    async def feed(self, pcm: bytes) -> Partial | None:
        """Decode more audio; None where nothing new was heard.

        Raises:
            EngineMissingError: The package is not installed.
            EngineFailedError: The worker broke; the utterance is over.
        """
        if self._heard is not None or not pcm:
            return None
        if self._worker is None:
            self._worker = await self._recognizer.take()
            self._worker.send(Request.BEGIN, json.dumps(self._phrases).encode())
        answer = await self._ask(Request.AUDIO, pcm)
        return Partial(*answer) if answer else None

    async def finish(self) -> Transcript:
        """End the utterance and return what was heard.

        Raises:
            EngineFailedError: The worker broke; the utterance is over.
        """
        if self._heard is None:
            self._heard = NOTHING_HEARD
            if self._worker is not None:
                text, confidence, alternatives = await self._ask(Request.FINISH)
                self._heard = Transcript(text, confidence, tuple(alternatives))
                await self._release(sound=True)
        return self._heard

    async def discard(self) -> None:
        """End the utterance without a result."""
        if self._heard is None:
            self._heard = NOTHING_HEARD
            if self._worker is not None:
                self._worker.send(Request.DISCARD)
                await self._release(sound=True)

    async def _ask(self, kind: Request, payload: bytes = b"") -> Any:
        """Ask the worker; where it breaks or the caller gives up waiting, the worker is ended with the utterance."""
        assert self._worker is not None
        sound = False
        try:
            answer = await self._worker.ask(kind, payload)
            sound = True
            return answer
        finally:
            if not sound:
                self._heard = NOTHING_HEARD
                await self._release(sound=False)

    async def _release(self, *, sound: bool) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            await self._recognizer.give(worker, sound=sound)


class _Worker:
    """A process of agent.speech.sphinx_worker."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls) -> _Worker:
        """Start a process and wait until its decoder stands.

        Raises:
            EngineFailedError: It ended or took too long.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "agent.speech.sphinx_worker",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # an interrupt at the terminal is the server's to handle
        )  # fmt: skip
        worker = cls(process)
        ready = False
        try:
            async with asyncio.timeout(_START_SECONDS):
                await worker.ask(Request.READY)
            ready = True
        except TimeoutError as error:
            raise EngineFailedError("The decoder of pocketsphinx does not start; is the machine overloaded?") from error
        finally:
            if not ready:
                await worker.end()
        return worker

    def send(self, kind: Request, payload: bytes = b"") -> None:
        """Send a request that has no answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(request(kind, payload))

    async def ask(self, kind: Request, payload: bytes = b"") -> Any:
        """Send a request and return its answer.

        Raises:
            EngineFailedError: The process ended.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self.send(kind, payload)
            await self._process.stdin.drain()
            (size,) = LENGTH.unpack(await self._process.stdout.readexactly(LENGTH.size))
            return json.loads(await self._process.stdout.readexactly(size))
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            raise EngineFailedError("The decoder of pocketsphinx ended in the middle of its work.") from error

    async def end(self) -> None:
        """End the process: it goes by itself when its requests end, and is killed where it hangs."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

"""Decoder processes of pocketsphinx, kept warm and shared by all calls; there are never more than a set number."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Coroutine
from importlib.util import find_spec
from typing import Any

from agent.speech.errors import EngineBusyError, EngineFailedError, EngineMissingError, SpeechError
from agent.speech.sphinx_worker import LENGTH, Request, request
from telephony.leg import Band

WAIT_S = 2.0
"""How long an utterance waits for a decoder where all are at work."""
_START_SECONDS = 60.0
_SETTLE_SECONDS = 5.0
_END_SECONDS = 5.0
_log = logging.getLogger(__name__)


class DecoderPool:
    """Lends decoders, each to one utterance at a time.

    A decoder that was given up in the middle of an answer is lent again once it has answered; one that ended, or does
    not answer, is replaced. Where utterances have come at once, the next decoder is started before it is needed.
    """

    def __init__(self, most: int, band: Band = Band.WIDE) -> None:
        """Start nothing yet.

        Args:
            most: Decoders at once.
            band: What the lines carry on which they hear.
        """
        self._band = band
        self._most = most
        self._free = asyncio.Semaphore(most)
        self._idle: list[Decoder] = []
        self._all: set[Decoder] = set()
        self._settling: set[asyncio.Task[None]] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> int:
        """Decoders that there are."""
        return len(self._all)

    @property
    def lent(self) -> int:
        """Decoders that utterances have now, or that are not done with what an utterance left them."""
        return len(self._all) - len(self._idle)

    async def warm(self) -> None:
        """Start one decoder where there is none, about half a second.

        Raises:
            EngineMissingError: The package is not installed.
            EngineFailedError: It does not start.
        """
        if not self._all:
            self._idle.append(await self._start())

    async def take(self) -> Decoder:
        """A decoder for one utterance.

        Raises:
            EngineBusyError: All are at work, and none came free within WAIT_S.
            EngineMissingError: The package is not installed.
            EngineFailedError: A new one does not start.
        """
        try:
            async with asyncio.timeout(WAIT_S):
                await self._free.acquire()
        except TimeoutError as error:
            raise EngineBusyError(
                f"All {self._most} decoders of pocketsphinx are at work; allow as many as there are calls at once."
            ) from error
        decoder = None
        try:
            decoder = await self._sound()
        finally:
            if decoder is None:
                self._free.release()
        if not self._idle and not self._starting and 1 < self.lent < self._most:
            self._in_background(self._start_ahead(), self._starting)
        return decoder

    def give(self, decoder: Decoder) -> None:
        """Take a decoder back, as it is."""
        self._free.release()
        if decoder not in self._all:
            return
        if not decoder.sound:
            self._drop(decoder)
        elif decoder.answering:
            self._in_background(self._settle(decoder), self._settling)
        else:
            self._idle.append(decoder)

    async def aclose(self) -> None:
        """End all decoders."""
        for task in self._starting:
            task.cancel()
        decoders, self._all, self._idle = self._all, set(), []
        await asyncio.gather(*(decoder.end() for decoder in decoders))
        while waiting := self._starting | self._settling | self._ending:
            await asyncio.wait(waiting)

    async def _sound(self) -> Decoder:
        """A decoder that is kept, one that is about to be free, or else a new one."""
        while True:
            while self._idle:
                decoder = self._idle.pop()
                if decoder.sound:
                    return decoder
                self._drop(decoder)
            if not (coming := self._settling | self._starting):
                return await self._start()
            await asyncio.wait(coming, return_when=asyncio.FIRST_COMPLETED)

    async def _start(self) -> Decoder:
        decoder = await Decoder.start(self._band)
        self._all.add(decoder)
        return decoder

    async def _start_ahead(self) -> None:
        try:
            self._idle.append(await self._start())
        except SpeechError as error:
            _log.warning("no decoder could be started ahead: %s", error.code)

    async def _settle(self, decoder: Decoder) -> None:
        """Wait until a decoder has answered what nobody waits for any more."""
        if await decoder.settled() and decoder in self._all:
            self._idle.append(decoder)
        elif decoder in self._all:
            self._drop(decoder)

    def _drop(self, decoder: Decoder) -> None:
        """End a decoder that is of no use any more."""
        self._all.discard(decoder)
        self._in_background(decoder.end(), self._ending)

    def _in_background(self, work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]]) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)


class Decoder:
    """A process of agent.speech.sphinx_worker."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Talk to a process."""
        assert process.stdin is not None and process.stdout is not None
        self._process = process
        self._requests, self._answers = process.stdin, process.stdout
        self._owed = 0
        self._size: int | None = None
        self._broken = False

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def sound(self) -> bool:
        """Whether it runs and its answers can be read."""
        return self._process.returncode is None and not self._broken

    @property
    def answering(self) -> bool:
        """Whether it owes an answer."""
        return self._owed > 0

    @classmethod
    async def start(cls, band: Band = Band.WIDE) -> Decoder:
        """Start a process and wait until its decoder stands.

        Raises:
            EngineMissingError: The package is not installed.
            EngineFailedError: It ended or took too long.
        """
        if find_spec("pocketsphinx") is None:
            raise EngineMissingError("pocketsphinx is not installed; get it with `pip install pocketsphinx`.")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "agent.speech.sphinx_worker", band.value,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # an interrupt at the terminal is the server's to handle
        )  # fmt: skip
        decoder = cls(process)
        ready = False
        try:
            async with asyncio.timeout(_START_SECONDS):
                await decoder.ask(Request.READY)
            ready = True
        except TimeoutError as error:
            raise EngineFailedError("The decoder of pocketsphinx does not start; is the machine overloaded?") from error
        finally:
            if not ready:
                await decoder.end()
        return decoder

    def send(self, kind: Request, payload: bytes = b"") -> None:
        """Send a request that has no answer."""
        self._requests.write(request(kind, payload))

    async def ask(self, kind: Request, payload: bytes = b"") -> Any:
        """Send a request and return its answer; one that is not waited for is read by `settled`.

        Raises:
            EngineFailedError: The process ended.
        """
        self.send(kind, payload)
        self._owed += 1
        return await self._answer()

    async def settled(self) -> bool:
        """Whether it gives the answers that it owes."""
        try:
            async with asyncio.timeout(_SETTLE_SECONDS):
                while self._owed:
                    await self._answer()
        except (TimeoutError, EngineFailedError) as error:
            _log.warning("a decoder is replaced: %s", getattr(error, "code", "no answer"))
            return False
        return True

    async def end(self) -> None:
        """End the process: it goes by itself when its requests end, and is killed where it hangs."""
        self._requests.close()
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _answer(self) -> Any:
        """The next answer; where the caller gives up in the middle of it, the next call reads on from there."""
        try:
            await self._requests.drain()
            if self._size is None:
                (self._size,) = LENGTH.unpack(await self._answers.readexactly(LENGTH.size))
            data = await self._answers.readexactly(self._size)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            self._broken = True
            raise EngineFailedError("The decoder of pocketsphinx ended in the middle of its work.") from error
        self._size = None
        self._owed -= 1
        return json.loads(data)

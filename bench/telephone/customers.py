"""Simulated customers at one SIP phone, in a process of their own: `python -m bench.telephone.customers FOLDER LOSS`.

Commands come as JSON lines on standard input, answers go as JSON lines to standard output; the process ends with its
input. What the agent says and means reaches the customers beside the call, as captions, for they recognise no speech.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from bench.telephone.measures import measure
from cases.domain.vocabulary import Act, Language, Speaker
from telephony.customer_speech import CustomerVoice
from telephony.leg import Caption
from telephony.persona import Persona, load_persona, persona_from
from telephony.simulated import SimulatedLeg
from telephony.sip_phone import IncomingCall, SipPhone, customer
from telephony.voicemail import greetings

VOICEMAIL = "voicemail"
"""Name of the customer whose voicemail answers."""
_LONGEST_LINE = 1 << 20


class Customers:
    """Who is at the phone, by number.

    Attributes:
        phone: The phone.
    """

    def __init__(self, folder: Path, *, loss: float = 0.0) -> None:
        """Nobody is there yet.

        Args:
            folder: Where recordings go.
            loss: Share of packets lost in each direction.
        """
        self.phone = SipPhone(self._answer, loss=loss)
        self._folder = folder
        self._voice = CustomerVoice()
        self._legs: dict[str, SimulatedLeg] = {}

    async def obey(self, command: dict[str, Any]) -> None:
        """Do what a line says."""
        match command["do"]:
            case "expect":
                await self._expect(command["number"], command["persona"], command["seed"])
            case "caption":
                acts = tuple(Act(act) for act in command["acts"])
                caption = Caption(Speaker(command["speaker"]), command["text"], final=command["final"], acts=acts)
                self._legs[command["number"]].show(caption)
            case "hang_up":
                await self._legs[command["number"]].hang_up()

    async def _expect(self, number: str, name: str, seed: int) -> None:
        who = who_is(name)
        greeting = greetings(Language.EN)[0] if name == VOICEMAIL else ""
        for line in (greeting,) if greeting else who.lines():
            await self._voice.speak(line, who.voice)
        self._legs[number] = SimulatedLeg(who, voice=self._voice, seed=seed, greeting=greeting)
        tell({"told": "expected", "number": number})

    async def _answer(self, call: IncomingCall) -> None:
        leg = self._legs[call.called]
        tell({"told": "called", "number": call.called})
        await customer(lambda _: leg)(call)
        await call.over.wait()
        recording = call.recording
        path = self._folder / f"{call.called.lstrip('+')}.wav"
        recording.save(path)
        moments = call.moments
        late = np.array(recording.lateness_ms or [0.0])
        tell(
            {
                "told": "ended",
                "number": call.called,
                "invited_s": moments.invited,
                "rang_s": moments.rang,
                "answered_s": moments.answered,
                "began_s": recording.began,
                "ended_s": moments.ended,
                "ended_by": call.ended_by.value,
                "spoken": [asdict(line) for line in leg.spoken],
                "figures": asdict(measure(recording.heard, recording.rate, leg.spoken)),
                "late_p95_ms": float(np.quantile(late, 0.95)),
                "received": call.media.received if call.media else 0,
                "lost": call.media.lost if call.media else 0,
                "recording": str(path),
            }
        )


def who_is(name: str) -> Persona:
    """A persona by name, or the one whose voicemail answers."""
    return (
        persona_from({"answered_by": "voicemail"}, name=name, source=name) if name == VOICEMAIL else load_persona(name)
    )


def tell(line: dict[str, Any]) -> None:
    """Write an answer."""
    print(json.dumps(line), flush=True)


async def serve(folder: Path, loss: float) -> None:
    """Take calls and commands until the input ends."""
    customers = Customers(folder, loss=loss)
    reader = asyncio.StreamReader(limit=_LONGEST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with customers.phone as phone:
        tell({"told": "ready", "address": phone.uri})
        async for line in reader:
            await customers.obey(json.loads(line))


def main(arguments: Sequence[str]) -> None:
    """Serve: folder, loss."""
    asyncio.run(serve(Path(arguments[0]), float(arguments[1])))


if __name__ == "__main__":
    main(sys.argv[1:])

"""A riskcall process for tests that kill it: the real composition, a simulated customer in real audio."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from agent.dialer import Placement
from cases.domain.case import Case
from riskcall.compose import running
from riskcall.servers import listen, origin_of, serving
from riskcall.settings import load_settings
from riskcall.workshop import Workshop
from telephony.persona import load_persona
from telephony.simulated import KIND, SimulatedLeg


async def main(persona_name: str, port: int) -> None:
    persona = load_persona(persona_name)

    def placing(workshop: Workshop, page: Placement) -> Callable[[Case], Placement]:
        placement = workshop.voice(lambda case: SimulatedLeg(persona), KIND)

        def choose(case: Case) -> Placement:
            return placement

        return choose

    with listen("127.0.0.1", port) as sock:
        origin = origin_of(sock)
        async with running(load_settings(), origins=(origin,), placing=placing) as system:
            async with serving(system.app, sock):
                print(f"ready {origin}", flush=True)
                await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))

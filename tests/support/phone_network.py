"""A telephone network on the loopback address: Redis, a LiveKit server, LiveKit SIP and telephones, all real programs.

```python
async def test_rings(phone_network: PhoneNetwork) -> None:
    with phone_network.phone(says=pcm) as phone:
        ...  # dial phone.user at phone.address through phone_network.url
        heard = phone.heard()
```

`phone_network` is one network for the whole test session: leave it as it was. A test that kills a program takes a
network of its own with `running_network(folder)`.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from livekit import api

from bench.telephone.errors import ProgramMissingError
from bench.telephone.network import LiveKitNetwork, find_program
from telephony.livekit import INBOUND, LiveKitAccess, MediaEncryption, SipTransport, SipTrunk
from telephony.remote.livekit_dispatch import AGENT_NAME
from telephony.sip_phone.messages import Address
from tests.support.baresip import Baresip
from tests.support.needs import lacks, needs_program

TO_THE_RECEPTION: dict[str, Any] = {
    "rule": api.SIPDispatchRule(dispatch_rule_callee=api.SIPDispatchRuleCallee(room_prefix=INBOUND, randomize=True)),
    "room_config": api.RoomConfiguration(
        empty_timeout=60, departure_timeout=10, agents=[api.RoomAgentDispatch(agent_name=AGENT_NAME)]
    ),
}
"""Fields of a rule that has workers answer callers, as in deploy/livekit/trunks/inbound.yaml."""


class PhoneNetwork(LiveKitNetwork):
    """The network with telephones."""

    def __init__(self, folder: Path, *, certificate: Path | None = None) -> None:
        """Prepare a network; `start` runs it. The test ends where a program is missing.

        Args:
            folder: Empty folder for everything that the programs write.
            certificate: As for LiveKitNetwork; telephones that speak TLS show it too.
        """
        super().__init__(folder, livekit_program, certificate=certificate)

    @property
    def access(self) -> LiveKitAccess:
        """How the LiveKit server is reached."""
        return LiveKitAccess(self.url, self.api_key, self.api_secret)

    @staticmethod
    def trunk(address: str) -> SipTrunk:
        """A trunk straight to a telephone, without encryption.

        Args:
            address: `host:port` of the telephone.
        """
        return SipTrunk(
            address=address,
            transport=SipTransport.UDP,
            caller_id="+442079460000",
            media_encryption=MediaEncryption.OFF,
        )

    @contextlib.asynccontextmanager
    async def number(self, number: str, **rule: Any) -> AsyncIterator[Address]:
        """A number of the bank on which calls from this machine come in; yields where it is called.

        Args:
            number: The number.
            rule: Where the calls go: fields of LiveKit's dispatch rule.
        """
        host, _, port = self.sip_address.rpartition(":")
        async with self.access.client() as client:
            trunk = await client.sip.create_inbound_trunk(
                api.CreateSIPInboundTrunkRequest(
                    trunk=api.SIPInboundTrunkInfo(name=number, numbers=[number], allowed_addresses=[host])
                )
            )
            made = await client.sip.create_dispatch_rule(
                api.CreateSIPDispatchRuleRequest(
                    dispatch_rule=api.SIPDispatchRuleInfo(
                        name=number, trunk_ids=[trunk.sip_trunk_id], hide_phone_number=True, **rule
                    )
                )
            )
            try:
                yield host, int(port)
            finally:
                await client.sip.delete_dispatch_rule(
                    api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=made.sip_dispatch_rule_id)
                )
                await client.sip.delete_trunk(api.DeleteSIPTrunkRequest(sip_trunk_id=trunk.sip_trunk_id))

    @contextlib.contextmanager
    def phone(
        self, *, says: bytes = b"", answers: bool = True, user: str = "cust", encrypts: bool = False
    ) -> Iterator[Baresip]:
        """A telephone that rings when it is called, speaks and records what it hears.

        Args:
            says: What is said once answered: 16-bit mono at 8,000 Hz; silence follows.
            answers: Whether it answers by itself at once; otherwise it rings until `Baresip.answer`.
            user: Number or name by which it is called.
            encrypts: Whether it takes nothing but SRTP.
        """
        needs_program("baresip", "it is the customer's telephone")
        with tempfile.TemporaryDirectory(prefix="phone-", dir=self.folder) as name:
            phone = Baresip(
                Path(name),
                self.ports,
                says=says,
                answers=answers,
                user=user,
                certificate=self._certificate,
                encrypts=encrypts,
            )
            phone.start()
            try:
                yield phone
            finally:
                phone.stop()


@contextlib.contextmanager
def running_network(folder: Path, *, certificate: Path | None = None) -> Iterator[PhoneNetwork]:
    """A network of one's own, running.

    Args:
        folder: Empty folder for everything that the programs write.
        certificate: As for PhoneNetwork.
    """
    network = PhoneNetwork(folder, certificate=certificate)
    try:
        network.start()
        yield network
    finally:
        network.stop()


@pytest.fixture(scope="session")
def phone_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhoneNetwork]:
    """The network that the tests of a session share."""
    with running_network(tmp_path_factory.mktemp("phone-network")) as network:
        yield network


def livekit_program(name: str) -> Path:
    """Path of a program that calls run through: beside the checkout, or on the search path; or the end of the test."""
    try:
        return find_program(name)
    except ProgramMissingError as error:
        lacks(str(error))

"""A SIP peer that answers OPTIONS as told, over UDP, TCP or TLS."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.case_facts import NOON

HOST = "127.0.0.1"
OK = "200 OK"


def response(request: bytes, status: str) -> bytes:
    copied = re.findall(rb"^(?:Via|From|To|Call-ID|CSeq):[^\r\n]*", request, re.M)
    head = [f"SIP/2.0 {status}".encode(), *copied, b"Server: test peer", b"Content-Length: 0", b"", b""]
    return b"\r\n".join(head)


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, answers: list[bytes | str | None]) -> None:
        self.answers = answers
        self.requests: list[bytes] = []
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        self.requests.append(data)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            self.transport.sendto(answer if isinstance(answer, bytes) else response(data, answer), addr)


@asynccontextmanager
async def udp_peer(*answers: bytes | str | None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Answers the first requests in order, None with silence; yields the port and the requests that came."""
    transport, peer = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Udp(list(answers)), local_addr=(HOST, 0)
    )
    try:
        yield transport.get_extra_info("sockname")[1], peer.requests
    finally:
        transport.close()


@asynccontextmanager
async def stream_peer(*answers: bytes | str, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Gives every connection all answers to its first request, then closes it; yields the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        for answer in answers:
            writer.write(answer if isinstance(answer, bytes) else response(request, answer))
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def certificate(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate of an issuer of its own for `name`: the issuer's file, and what a server needs to show it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    named: x509.GeneralName = x509.DNSName(name)
    if name[0].isdigit():
        named = x509.IPAddress(ip_address(name))
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOON - timedelta(days=365))
        .not_valid_after(NOON + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([named]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    return certificate_file, context

"""Web servers inside this process: start on a port, know the address, stop cleanly."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx2
import uvicorn
from starlette.types import ASGIApp

from desk.page_socket import MAX_MESSAGE_CHARACTERS
from riskcall.errors import NotReadyError, SettingsInvalidError


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket, so that its port is known before anything is composed around it.

    Raises:
        SettingsInvalidError: The address cannot be listened on.
    """
    try:
        return socket.create_server((host, port), reuse_port=False)
    except OSError as error:
        message = f"{host}:{port} cannot be listened on ({error.strerror}); set RISKCALL_PORT or --port to a free one"
        raise SettingsInvalidError(message) from error


def origin_of(sock: socket.socket) -> str:
    """The plain HTTP origin of a listening socket."""
    host, port = sock.getsockname()[:2]
    return f"http://{host}:{port}"


def origins_of(sock: socket.socket) -> tuple[str, ...]:
    """Every name under which a browser on this machine reaches the socket, the address first."""
    host, port = sock.getsockname()[:2]
    local = (f"http://localhost:{port}",) if host in {"127.0.0.1", "0.0.0.0"} else ()
    return (origin_of(sock), *local)


async def confirm_ready(sock: socket.socket) -> None:
    """Ask the server on a socket, as its operator would, whether it is ready; the first request is the slowest.

    Raises:
        NotReadyError: It is not; the message holds the server's answer.
    """
    # Plain HTTP on this machine: no certificates need loading.
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        answer = await client.get(f"http://{_reached_at(sock)}/readyz")
    if not answer.is_success:
        raise NotReadyError(f"riskcall started and is not ready: {answer.text}")


def _reached_at(sock: socket.socket) -> str:
    """Host and port at which this process reaches its own socket."""
    host, port = sock.getsockname()[:2]
    return f"{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"


class _Server(uvicorn.Server):
    """A server whose signals belong to whoever runs the process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


@asynccontextmanager
async def serving(app: ASGIApp, sock: socket.socket) -> AsyncIterator[None]:
    """Serve an application on a socket for as long as the context is open."""
    # No access log: links to the customer's page carry their token in the path.
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=2,
        ws_max_size=4 * MAX_MESSAGE_CHARACTERS,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        up = asyncio.create_task(server.up.wait())
        await asyncio.wait({task, up}, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        if task.done():
            await task
        yield
    finally:
        server.should_exit = True
        await task

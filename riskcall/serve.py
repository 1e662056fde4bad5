"""`riskcall serve`: API, desk, effects and calls in one process, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal

import typer

from riskcall.compose import running
from riskcall.errors import SettingsInvalidError
from riskcall.servers import confirm_ready, listen, origins_of, serving
from riskcall.settings import Settings
from riskcall.starting import end_loading
from riskcall.workers import workers_of


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; running calls are ended and recorded first.

    Raises:
        SettingsInvalidError: Settings are missing, or the address cannot be listened on.
    """
    missing = settings.missing_for_serve()
    if missing:
        raise SettingsInvalidError(
            f"set {', '.join(missing)} in the environment or in .env (see .env.example); `riskcall demo` needs none"
        )
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with listen(settings.host, settings.port) as sock:
        public = settings.public_url.rstrip("/")
        origins = (public,) if public else origins_of(sock)
        async with (
            running(settings, origins=origins, workers=workers_of(settings)) as system,
            serving(system.app, sock),
        ):
            await confirm_ready(sock)
            end_loading()
            engines = system.workshop.engines
            typer.echo(f"riskcall serves {origins[0]} ({engines.summary()})")
            await stop.wait()
            typer.echo("stopping: running calls are ended and recorded")

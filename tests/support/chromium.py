"""A small driver for a headless Chromium over the Chrome DevTools Protocol, with one WebSocket and no extra tools.

```python
async with Chromium.launch(microphone=wav) as browser:
    page = await browser.open(url, width=390, height=844)
    await page.click("#answer")
    await page.until("document.body.dataset.screen === 'call'")
    await page.screenshot(path)
```
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.support.needs import needs_program

START_SECONDS = 60.0
"""How long a loaded machine may take to start the browser."""
UNTIL_SECONDS = 30.0
"""How long `Page.until` waits unless told otherwise."""

_SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-port=0",
)


class PageError(AssertionError):
    """Something on the page did not happen, or its script failed."""


class Chromium:
    """A running browser; use `launch`."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._replies: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._pages: dict[str, Page] = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    @contextlib.asynccontextmanager
    async def launch(
        cls,
        *,
        microphone: Path | None = None,
        ask: bool = False,
        switches: Sequence[str] = (),
    ) -> AsyncIterator[Chromium]:
        """Start a browser with a profile of its own and end it at the exit.

        Args:
            microphone: WAV file that the fake microphone plays in a loop; None plays Chromium's beeps.
            ask: True leaves permission prompts in place (set them with `permit`), False grants every device.
            switches: More command-line switches.
        """
        program = needs_program("chromium", "the tests of the pages run in a real browser")
        devices = ["--use-fake-device-for-media-stream"]
        if not ask:
            devices.append("--use-fake-ui-for-media-stream")
        if microphone is not None:
            devices.append(f"--use-file-for-fake-audio-capture={microphone}")
        with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
            process = await asyncio.create_subprocess_exec(
                str(program),
                *_SWITCHES,
                *devices,
                *switches,
                f"--user-data-dir={profile}",
                "about:blank",
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                address = await asyncio.wait_for(_devtools_address(process), START_SECONDS)
                drain = asyncio.create_task(_drain(process))
                async with connect(address, max_size=64 << 20, proxy=None, ping_interval=None) as socket:
                    browser = cls(socket)
                    try:
                        yield browser
                    finally:
                        browser._reader.cancel()
                        await asyncio.gather(browser._reader, return_exceptions=True)
                drain.cancel()
                await asyncio.gather(drain, return_exceptions=True)
            finally:
                if process.returncode is None:
                    process.terminate()
                await process.wait()

    async def open(
        self,
        url: str,
        *,
        width: int = 1280,
        height: int = 800,
        scale: float = 1.0,
        mobile: bool = False,
        dark: bool = False,
        reduced_motion: bool = False,
        before: str = "",
        cookies: Sequence[Mapping[str, Any]] = (),
    ) -> Page:
        """Open a tab of the given size (CSS pixels) on a URL and wait until it has loaded.

        Args:
            url: Address of the page.
            width: Width of the viewport.
            height: Height of the viewport.
            scale: Device pixels per CSS pixel.
            mobile: Whether the page is shown as on a phone.
            dark: Whether the reader prefers a dark page.
            reduced_motion: Whether the reader prefers less motion.
            before: Script that runs before the page's own.
            cookies: Parameters of `Network.setCookie` to set first.
        """
        target = (await self.send("Target.createTarget", {"url": "about:blank"}))["targetId"]
        session = (await self.send("Target.attachToTarget", {"targetId": target, "flatten": True}))["sessionId"]
        page = Page(self, target, session)
        self._pages[session] = page
        for domain in ("Page", "Runtime", "Log", "Network"):
            await page.send(f"{domain}.enable")
        await page.send(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile},
        )
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if reduced_motion else "no-preference"},
        ]
        await page.send("Emulation.setEmulatedMedia", {"features": features})
        if before:
            await page.send("Page.addScriptToEvaluateOnNewDocument", {"source": before})
        for cookie in cookies:
            await page.send("Network.setCookie", dict(cookie))
        await page.goto(url)
        return page

    async def permit(self, origin: str, device: str, setting: str) -> None:
        """Set a permission of an origin: device `microphone` or `camera`, setting `granted`, `denied` or `prompt`."""
        await self.send("Browser.setPermission", {"permission": {"name": device}, "setting": setting, "origin": origin})

    async def send(
        self, method: str, params: Mapping[str, Any] | None = None, session: str | None = None
    ) -> dict[str, Any]:
        """Send one command and return its result."""
        number = next(self._ids)
        message: dict[str, Any] = {"id": number, "method": method, "params": dict(params or {})}
        if session is not None:
            message["sessionId"] = session
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._replies[number] = reply
        await self._socket.send(json.dumps(message))
        return await reply

    async def _read(self) -> None:
        try:
            async for raw in self._socket:
                message = json.loads(raw)
                if "id" in message:
                    self._settle(message)
                elif message.get("sessionId") in self._pages:
                    self._pages[message["sessionId"]]._note(message["method"], message["params"])
        finally:
            for reply in self._replies.values():
                if not reply.done():
                    reply.set_exception(PageError("the browser went away"))
                    reply.exception()

    def _settle(self, message: dict[str, Any]) -> None:
        reply = self._replies.pop(message["id"], None)
        if reply is None or reply.done():
            return
        if "error" in message:
            reply.set_exception(PageError(message["error"].get("message", "command failed")))
        else:
            reply.set_result(message["result"])


class Page:
    """One tab.

    Attributes:
        console: What the page wrote to its console, one line an entry.
        errors: Uncaught exceptions and what the browser itself complained about (CSP, failed loads).
    """

    def __init__(self, browser: Chromium, target: str, session: str) -> None:
        self._browser = browser
        self._target = target
        self._session = session
        self._loaded = asyncio.Event()
        self.console: list[str] = []
        self.errors: list[str] = []

    async def send(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send one command to this tab."""
        return await self._browser.send(method, params, self._session)

    async def goto(self, url: str) -> None:
        """Go to an address and wait until it has loaded."""
        self._loaded.clear()
        result = await self.send("Page.navigate", {"url": url})
        if result.get("errorText"):
            raise PageError(f"{url}: {result['errorText']}")
        async with asyncio.timeout(UNTIL_SECONDS):
            await self._loaded.wait()

    async def evaluate(self, script: str) -> Any:
        """Value of an expression, awaited where it is a promise; counts as the user's own gesture."""
        result = await self.send(
            "Runtime.evaluate",
            {"expression": script, "awaitPromise": True, "returnByValue": True, "userGesture": True},
        )
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise PageError(details.get("exception", {}).get("description", details["text"]))
        return result["result"].get("value")

    async def until(self, condition: str, seconds: float = UNTIL_SECONDS) -> Any:
        """Wait until an expression is truthy and return it; an element comes back as True."""
        script = f"""new Promise((yes) => {{
          const end = performance.now() + {seconds * 1000};
          const look = () => {{
            const value = ({condition});
            if (value || performance.now() > end) yes(value instanceof Node ? true : value); else setTimeout(look, 25);
          }};
          look();
        }})"""
        value = await self.evaluate(script)
        if not value:
            raise PageError(f"not within {seconds} s: {condition}; console: {self.console[-5:]}; {self.errors[-5:]}")
        return value

    async def text(self, selector: str) -> str:
        """Visible text of an element."""
        return str(await self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText"))

    async def click(self, selector: str) -> None:
        """Click the middle of an element with the mouse, as a person does; it, or its label, must be visible."""
        point = await self.until(
            f"""(() => {{
              const element = document.querySelector({json.dumps(selector)});
              if (!element) return null;
              element.scrollIntoView({{block: 'center', behavior: 'instant'}});
              const box = element.getBoundingClientRect();
              const x = box.x + box.width / 2, y = box.y + box.height / 2;
              const top = document.elementFromPoint(x, y);
              const hits = [element, ...(element.labels ?? [])].some((part) => part.contains(top));
              return box.width && top && (hits || top.contains(element)) ? {{x, y}} : null;
            }})()"""
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.send("Input.dispatchMouseEvent", {"type": kind, "button": "left", "clickCount": 1, **point})

    async def follow(self, selector: str) -> None:
        """Click what leads to another page and wait until that has loaded."""
        self._loaded.clear()
        await self.click(selector)
        async with asyncio.timeout(UNTIL_SECONDS):
            await self._loaded.wait()

    async def press(self, key: str, code: str = "", text: str = "", virtual: int = 0) -> None:
        """Press and release a key: `press("Enter", text="\\r", virtual=13)`, `press("Tab", virtual=9)`."""
        common = {"key": key, "code": code or key, "windowsVirtualKeyCode": virtual}
        await self.send("Input.dispatchKeyEvent", {"type": "keyDown" if text else "rawKeyDown", "text": text, **common})
        await self.send("Input.dispatchKeyEvent", {"type": "keyUp", **common})

    async def fill(self, selector: str, value: str) -> None:
        """Put text into a field."""
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).select?.()")
        await self.send("Input.insertText", {"text": value})

    async def accessibility(self) -> list[tuple[str, str]]:
        """Role and name of everything a screen reader meets, in order."""
        nodes = (await self.send("Accessibility.getFullAXTree"))["nodes"]
        return [
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in nodes
            if not node.get("ignored") and "role" in node
        ]

    async def screenshot(self, path: Path, *, full: bool = False) -> Path:
        """Write a PNG of the viewport, or of the full page."""
        data = await self.send("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": full})
        await asyncio.to_thread(path.write_bytes, base64.b64decode(data["data"]))
        return path

    async def close(self) -> None:
        """Close the tab as a person does."""
        await self._browser.send("Target.closeTarget", {"targetId": self._target})

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self._loaded.set()
        elif method == "Runtime.consoleAPICalled":
            self.console.append(" ".join(str(arg.get("value", arg.get("description"))) for arg in params["args"]))
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(f"{params['entry']['text']} {params['entry'].get('url', '')}".strip())


async def _devtools_address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    said = b""
    while line := await process.stderr.readline():
        if line.startswith(b"DevTools listening on "):
            return line.split()[-1].decode()
        said += line
    raise PageError(f"the browser ended at its start: {said[-500:].decode(errors='replace')}")


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    while await process.stderr.readline():
        pass

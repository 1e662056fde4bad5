"""An OpenAI-compatible speech endpoint on this machine: it hears what a test says it hears, and hums what it reads."""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from telephony.pcm import from_wav

SPEECH_RATE = 24_000
LETTER_MS = 50


@dataclass
class SpeechEndpoint:
    """What the endpoint does and what it was asked.

    Attributes:
        hears: The transcript of any sound; silence is heard as nothing.
        status: Status of every answer.
        voiceless: Whether speech comes back empty.
        asked: The language and the seconds of audio, or the text, of each request.
        keys: Authorization header of each request.
    """

    hears: str = "no it was not me"
    status: int = 200
    voiceless: bool = False
    base_url: str = ""
    asked: list[Any] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def transcription(self, body: bytes) -> bytes:
        wav = body[body.index(b"RIFF") : body.index(b"\r\n--", body.index(b"RIFF"))]
        pcm, rate = from_wav(wav)
        language = re.search(rb'name="language"\r\n\r\n(\w+)', body)
        self.asked.append((language[1].decode() if language else "", len(pcm) / 2 / rate))
        return json.dumps({"text": self.hears if any(pcm) else ""}).encode()

    def speech(self, body: bytes) -> bytes:
        request = json.loads(body)
        self.asked.append(request["input"])
        samples = SPEECH_RATE * LETTER_MS * len(request["input"]) // 1000
        return b"" if self.voiceless else b"\x00\x10" * samples


@contextmanager
def speech_endpoint() -> Iterator[SpeechEndpoint]:
    """The endpoint while it runs."""
    endpoint = SpeechEndpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            endpoint.keys.append(self.headers["Authorization"])
            spoken = self.path.endswith("/audio/speech")
            data = endpoint.speech(body) if spoken else endpoint.transcription(body)
            self.send_response(endpoint.status)
            self.send_header("Content-Type", "application/octet-stream" if spoken else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            stream = io.BytesIO(data)
            while piece := stream.read(1001):
                self.wfile.write(piece)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    endpoint.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield endpoint
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

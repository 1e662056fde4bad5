"""A process that decodes for one utterance at a time: requests on standard input, answers on standard output.

pocketsphinx holds Python's interpreter lock while it decodes, which in the server's own process would stop the audio
of every call; hence a process. A request is a kind (one byte), a length (four bytes, big endian) and that many bytes;
an answer is a length and JSON.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from enum import Enum
from typing import IO, Any

from telephony.leg import Band

HEADER = struct.Struct(">cI")
LENGTH = struct.Struct(">I")


class Request(Enum):
    """What a worker is asked; AUDIO and FINISH are answered, and READY once after the start."""

    BEGIN = b"B"
    AUDIO = b"A"
    FINISH = b"F"
    DISCARD = b"D"
    READY = b"R"


def request(kind: Request, payload: bytes = b"") -> bytes:
    """A request as bytes."""
    return HEADER.pack(kind.value, len(payload)) + payload


def serve(requests: IO[bytes], answers: IO[bytes], band: Band) -> None:
    """Decode what lines of a band bring until the requests end."""
    from agent.speech.sphinx_decoder import SphinxDecoder

    decoder = SphinxDecoder(band)
    while len(header := requests.read(HEADER.size)) == HEADER.size:
        code, size = HEADER.unpack(header)
        payload = requests.read(size)
        kind = Request(code)
        if kind is Request.BEGIN:
            decoder.begin(**json.loads(payload))
        elif kind is Request.DISCARD:
            decoder.discard()
        elif kind is Request.READY:
            _answer(answers, True)
        elif kind is Request.AUDIO:
            partial = decoder.feed(payload)
            _answer(answers, partial and [partial.text, partial.stable, partial.confidence])
        elif kind is Request.FINISH:
            heard = decoder.finish()
            _answer(answers, [heard.text, heard.confidence, heard.alternatives])


def _answer(answers: IO[bytes], value: Any) -> None:
    data = json.dumps(value).encode()
    answers.write(LENGTH.pack(len(data)) + data)
    answers.flush()


def main() -> None:
    """Serve a band, named on the command line, on standard input and output; libraries print to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with answers:
        serve(sys.stdin.buffer, answers, Band(sys.argv[1]))


if __name__ == "__main__":
    main()

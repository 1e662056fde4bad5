"""The bank behind a signed, idempotent webhook (Standard Webhooks)."""

from __future__ import annotations

import ipaddress
import json
import re
from urllib.parse import urlsplit

import httpx2
from standardwebhooks.webhooks import Webhook

from cases.domain.errors import InvalidValueError
from cases.ports import BankInstruction, BankRefusedError, BankUnavailableError, Clock

AGAIN = frozenset({408, 425, 429})
"""4xx answers that mean: later."""
MAX_ANSWER = 16_384
"""How much of an answer is read, bytes."""
_REFERENCE = re.compile(r"[\x21-\x7e]{1,128}")


class WebhookBank:
    """Posts each instruction as JSON, signed, with its idempotency key as `webhook-id` and `Idempotency-Key`.

    The bank answers 2xx, with `{"reference": "…"}` where it has one. The same key is sent again until an answer
    arrives, so the bank must carry it out once.
    """

    def __init__(
        self, url: str, secret: str, *, clock: Clock, client: httpx2.AsyncClient | None = None, timeout_s: float = 10.0
    ) -> None:
        """Speak to one address.

        Args:
            url: Where to post; https, or http on this machine only.
            secret: Standard Webhooks secret, `whsec_…`.
            clock: Stamps the signature.
            client: An HTTP client to use instead of an own one; it stays its owner's to close.
            timeout_s: Longest wait for connection, writing and answer each, seconds.

        Raises:
            InvalidValueError: The address is not https.
        """
        _check_address(url)
        self._url = url
        self._webhook = Webhook(secret)
        self._clock = clock
        self._timeout = httpx2.Timeout(timeout_s)
        self._own = client is None
        self._client = client or httpx2.AsyncClient(follow_redirects=False, trust_env=False)

    async def aclose(self) -> None:
        """Close the connections; nothing is sent after it."""
        if self._own:
            await self._client.aclose()

    async def instruct(self, instruction: BankInstruction) -> str:
        """Carry out an instruction once per key and return the bank's reference, or the key where it gives none.

        Raises:
            BankUnavailableError: No answer, a server error or a plea to come later.
            BankRefusedError: The bank understood and refused, or answered with a redirect.
        """
        body = instruction_json(instruction)
        now = self._clock.now()
        headers = {
            "content-type": "application/json",
            "webhook-id": instruction.key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(instruction.key, now, body),
            "idempotency-key": instruction.key,
        }
        try:
            async with self._client.stream(
                "POST", self._url, content=body, headers=headers, timeout=self._timeout, follow_redirects=False
            ) as answer:
                status = answer.status_code
                content = await _limited(answer)
        except httpx2.HTTPError as error:
            raise BankUnavailableError(f"the bank's webhook did not answer: {type(error).__name__}") from error
        if status >= 500 or status in AGAIN:
            raise BankUnavailableError(f"the bank's webhook answered {status}")
        if not 200 <= status < 300:
            raise BankRefusedError(f"the bank's webhook answered {status}")
        return _reference(content) or instruction.key


def instruction_json(instruction: BankInstruction) -> str:
    """The body of the webhook."""
    return json.dumps(
        {
            "type": f"payment.{instruction.action.value}",
            "key": instruction.key,
            "case_id": instruction.case_id,
            "alert_id": instruction.alert_id,
            "action": instruction.action.value,
            "outcome": instruction.outcome,
            "reasons": list(instruction.reasons),
            "decided_by": instruction.decided_by,
            "at": instruction.at.isoformat().replace("+00:00", "Z"),
        },
        separators=(",", ":"),
    )


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    local = host == "localhost"
    try:
        local = local or ipaddress.ip_address(host).is_loopback
    except ValueError:
        pass
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise InvalidValueError("the bank's webhook address must be https; http is taken on this machine only")


async def _limited(answer: httpx2.Response) -> bytes:
    content = b""
    async for chunk in answer.aiter_bytes():
        content += chunk
        if len(content) > MAX_ANSWER:
            # The rest of an over-long answer is not worth waiting for; the status has said all that counts.
            return b""
    return content


def _reference(content: bytes) -> str | None:
    """The bank's reference, where the answer carries a plain one."""
    try:
        answer = json.loads(content)
    except ValueError:
        return None
    reference = answer.get("reference") if isinstance(answer, dict) else None
    if isinstance(reference, str) and _REFERENCE.fullmatch(reference):
        return reference
    return None

"""What stands between the network and the application.

There are limits on what one request may send and take, the key, and the counts of all requests.
"""

import asyncio
import dataclasses
import hmac
import ipaddress
import math
import re
import time
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from uvicorn.protocols.http.h11_impl import H11Protocol

KEY_VARIABLE = "STANCE_API_KEY"
OPEN_PATHS = ("/health", "/ready")
PATHS = ("/predict", "/read", "/model", "/health", "/ready", "/metrics", "/openapi.json")
# An address of IPv6 in brackets or a name, then perhaps a port.
_HOST = re.compile(r"(?:\[([^\]]+)\]|([^:]+))(?::\d+)?")
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What one request may bring and take, and what all of them together may.

    Parameters
    ----------
    explained_rows
        Quotes of one request with ``explain``: each costs as much as 65 without.
    threads, waiting
        Requests that are worked on at the same time, and further ones that wait their turn.
    held_bytes
        Of all bodies that are in memory.
    """

    body_bytes: int = 2_000_000
    batch_rows: int = 1000
    explained_rows: int = 16
    text_chars: int = 200_000
    body_s: float = 10.0
    answer_s: float = 60.0
    threads: int = 2
    waiting: int = 200
    held_bytes: int = 100_000_000
    connections: int = 1000

    @property
    def longest_s(self) -> int:
        """Seconds that a request may take from its head to the end of its answer."""
        return math.ceil(self.body_s + self.answer_s) + 1


class Metrics:
    """What Prometheus reads at ``/metrics``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "stance_requests", "Requests answered", ["path", "code"], registry=self.registry
        )
        self.seconds = Histogram(
            "stance_request_seconds", "Time to answer", ["path"], registry=self.registry
        )
        self.predictions = Counter(
            "stance_predictions", "Quotes predicted", ["stance"], registry=self.registry
        )
        self.reloads = Counter(
            "stance_reloads", "Times the model was loaded anew", ["outcome"], registry=self.registry
        )
        self.model = Gauge(
            "stance_model_info",
            "The model that answers",
            ["name", "version"],
            registry=self.registry,
        )


class Gate:
    """The outermost layer of the application.

    It checks the host's name and the key, limits the size and pace of bodies and the time of
    answers, and counts both.
    """

    def __init__(
        self,
        app: Any,
        limits: Limits,
        key: str | None,
        metrics: Metrics,
        hosts: Collection[str] = (),
    ) -> None:
        self._app = app
        self._limits = limits
        self._hosts = {"localhost", *map(str.lower, hosts)}
        self._held = 0
        self._key = key.encode() if key else None
        self._metrics = metrics

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request, or say why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        path = scope["path"] if scope["path"] in PATHS else "other"
        code = 0
        held: list[int] = []

        async def counted(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = message["status"]
            await send(message)

        try:
            fault = self._refused(scope)
            body = b"" if fault else await self._body(receive, held)
            if isinstance(body, tuple):
                fault = body
            if fault:
                await problem(*fault)(scope, receive, counted)
            else:
                await self._answer(scope, _replay(body, receive), counted, lambda: code)
        except _GoneError:
            code = 499  # the usual code for a client that did not wait
        finally:
            self._held -= sum(held)
            self._metrics.requests.labels(path, str(code)).inc()
            self._metrics.seconds.labels(path).observe(time.perf_counter() - began)

    def _refused(self, scope: Any) -> tuple[int, str] | None:
        headers = dict(scope["headers"])
        if not self._is_ours(headers.get(b"host", b"").decode("latin-1")):
            return 421, (
                "the header Host names another server; this one answers to addresses and to "
                f"{', '.join(sorted(self._hosts))}; stance serve --allow-host NAME adds a name"
            )
        if self._key is None or scope["path"] in OPEN_PATHS:
            return None
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        given = headers.get(b"x-api-key") or (token.strip() if scheme.lower() == b"bearer" else b"")
        return (
            None
            if hmac.compare_digest(given, self._key)
            else (
                401,
                "no or wrong API key; send it as Authorization: Bearer …, its value is "
                f"{KEY_VARIABLE}",
            )
        )

    def _is_ours(self, host: str) -> bool:
        """Tell whether a request was meant for this server.

        A web page may have its own name resolved to 127.0.0.1 and then ask this server as if it
        were the page's own (DNS rebinding). It cannot do that with an address in place of a name.
        """
        if not host:
            return True  # HTTP/1.0; no browser sends it
        matched = _HOST.fullmatch(host)
        name = (matched[1] or matched[2]).removesuffix(".").lower() if matched else ""
        if name in self._hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    async def _body(self, receive: Receive, held: list[int]) -> Any:
        """Return the body, or its fault; ``held`` takes the size of each piece that is kept.

        Of a body that is too long, some more is read and thrown away, so that the client gets the
        answer.
        """
        most = self._limits.body_bytes
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._limits.body_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _GoneError
                    piece = message.get("body", b"")
                    size += len(piece)
                    if size <= most:
                        if self._held + len(piece) > self._limits.held_bytes:
                            return 503, "too many large requests at once; send this one again later"
                        pieces.append(piece)
                        held.append(len(piece))
                        self._held += len(piece)
                    if not message.get("more_body") or size > 10 * most:
                        break
        except TimeoutError:
            return 408, f"the body did not come within {self._limits.body_s:g} s"
        return (
            (413, f"body over {most} bytes; send fewer rows at a time")
            if size > most
            else b"".join(pieces)
        )

    async def _answer(
        self, scope: Any, receive: Receive, send: Send, code: Callable[[], int]
    ) -> None:
        try:
            async with asyncio.timeout(self._limits.answer_s):
                await self._app(scope, receive, send)
        except TimeoutError:
            if code():
                raise
            await problem(
                503, f"no answer within {self._limits.answer_s:g} s; send fewer rows at a time"
            )(scope, receive, send)


class _GoneError(Exception):
    """The client has closed the connection."""


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand the body that was read to the application, then listen on."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def problem(code: int, detail: str) -> JSONResponse:
    """Return the answer that says what was wrong; lone surrogates in it are escaped."""
    headers = (
        {"connection": "close"}
        if code in (408, 413, 421)
        else {"www-authenticate": "Bearer"}
        if code == 401
        else {}
    )
    return JSONResponse(
        {"detail": detail.encode("utf-8", "backslashreplace").decode()}, code, headers
    )


class Impatient(H11Protocol):
    """Closes a connection on which no whole request head came in time, and one too many.

    Uvicorn itself would wait for ever, and keeps any number of connections open.
    """

    HEAD_S = 10.0

    def connection_made(self, transport: Any) -> None:
        """Start the clock."""
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(self.HEAD_S, self._give_up)
        if self.limit_concurrency and len(self.connections) > self.limit_concurrency:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Stop the clock where a request began.

        Start it again where only part of the next head has come.
        """
        idle = self.cycle is None or self.cycle.response_complete
        super().data_received(data)
        if (
            idle
            and (self.cycle is None or self.cycle.response_complete)
            and self._head_timer.cancelled()
        ):
            self._head_timer = self.loop.call_later(self.HEAD_S, self._give_up)
        elif self.cycle is not None and not self.cycle.response_complete:
            self._head_timer.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock for good."""
        self._head_timer.cancel()
        super().connection_lost(exc)

    def _give_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()

"""The server; it listens until a signal ends it."""

import contextlib
import ipaddress
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import uvicorn

from stance.core.errors import ConfigError
from stance.interfaces.http.app import build_app
from stance.interfaces.http.middleware import KEY_VARIABLE, Impatient, Limits, Metrics
from stance.interfaces.http.served_model import ServedModel


class _Server(uvicorn.Server):
    """Says where it listens as soon as it does."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def serve(
    source: str | None,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    limits: Limits | None = None,
    hosts: Sequence[str] = (),
    say: Callable[[str], None],
) -> None:
    """Answer requests until SIGTERM or Ctrl-C; those that run are answered first.

    Parameters
    ----------
    source
        What `stance.load` takes; None or ``champion`` follows the champion when it changes.
    port
        0 takes any free one.
    hosts
        Further names under which others ask for this server.
    say
        Is told where the server listens and what is unsafe about it.

    Raises
    ------
    ConfigError
        If the address cannot be listened on.
    """
    limits = limits or Limits()
    key = os.environ.get(KEY_VARIABLE) or None
    metrics = Metrics()
    holder = ServedModel(source, metrics)
    with _listening(host, port) as sock:
        if not _is_loopback(host):
            say(
                f"warning: {host} is reachable by "
                f"others{'' if key else ' and no API key is set: anybody may ask'}; texts travel "
                "unencrypted, put TLS in front"
            )
            if not key:
                say(
                    f"warning: set {KEY_VARIABLE} to a long random word to let in only who knows it"
                )
        at = sock.getsockname()
        address = f"http://[{at[0]}]:{at[1]}" if ":" in at[0] else f"http://{at[0]}:{at[1]}"
        names = [host, *hosts] if _is_loopback(host) else [host, socket.gethostname(), *hosts]
        app = build_app(holder, metrics, limits, key=key, hosts=names)
        _Server(
            configured(app, limits),
            lambda: say(f"{address}  ({holder.model}; /openapi.json describes it, Ctrl-C ends it)"),
        ).run(sockets=[sock])


def configured(app: Any, limits: Limits) -> uvicorn.Config:
    """Return how the server runs; a stop waits as long as an answer may take."""
    return uvicorn.Config(
        app,
        http=Impatient,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=limits.longest_s,
        limit_concurrency=limits.connections,
        h11_max_incomplete_event_size=32_768,
    )


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only where the protocol is named does asyncio switch off the waiting for full packets: 40 ms
    # an answer.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError as fault:
            raise ConfigError(
                f"{host}:{port}: {fault.strerror}; give another --port or --host"
            ) from fault
        yield sock


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

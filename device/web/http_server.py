"""HTTP on one socket, in the loop of the devices.

It is uvicorn's protocol on a server of our own: uvicorn's own server takes the signals of the
process, which belong to the devices here, and wakes up ten times a second. What strangers can do to
a connection has bounds: how many there are, how long one may take to say what it wants, and how
long not to read what it is answered. Beyond that asyncio pauses whoever sends faster than it is
read. When all connections are taken, one gives way on which nobody has asked yet what he may ask:
so strangers keep no owner out by connections that they only hold.
"""

import asyncio
import ipaddress
import logging
import secrets
import socket
from pathlib import Path
from typing import Any, Final

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from onboardee.device.net.interfaces import ALL_HOSTS, reachable
from onboardee.device.web.guard import PASSED, Guard
from onboardee.wire.path import Endpoint

CONNECTIONS: Final = 96
"""That are open at a time."""
PATIENCE: Final = 10.0
"""Seconds in which a connection has to ask for something."""
READING: Final = 30.0
"""Seconds in which a client has to read some of what waits for it."""
GOODBYE: Final = 1.0
"""Seconds in which answers under way may end when the program does."""


class HttpServer:
    """Serves an application at an address, behind a `Guard`."""

    def __init__(self, host: str, port: int) -> None:
        """Name the address; one that others reach gets a token."""
        self.token: Final = None if is_loopback(host) else secrets.token_urlsafe(24)
        self.port = port
        """Another one than was named if that was 0, once it serves."""
        self._host = host
        self._state = ServerState()
        self._strangers: dict[Connection, None] = {}
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The address to open, with the token in the part that browsers keep to themselves."""
        host = _named(self._host)
        host = f"[{host}]" if ":" in host else host
        ending = "" if self.token is None else f"#token={self.token}"
        return f"http://{host}:{self.port}/{ending}"

    async def serve(self, app: ASGIApp) -> None:
        """Answer from now on. Raises OSError where nobody can listen at the address."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._connection, self._host, self.port, backlog=CONNECTIONS
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._prepare(Guard(app, port=self.port, token=self.token))

    async def serve_at(self, place: Path, app: ASGIApp) -> None:
        """Answer at a Unix socket, whose directory says who may ask. Raises OSError.

        Whoever asks there has counted the requests of strangers already.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(self._connection, place, backlog=CONNECTIONS)
        self._prepare(Guard(app, port=self.port, token=None, counts=False))

    def _prepare(self, app: ASGIApp) -> None:
        # what it says of broken requests would fill the log at the wish of strangers
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL + 1)
        self._config = Config(
            app,
            http=Connection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            # who asks is who is connected: what a request says of it is no proof
            proxy_headers=False,
            h11_max_incomplete_event_size=16 << 10,
        )
        self._config.load()

    def close(self) -> None:
        """Take no further connections."""
        if self._server is not None:
            self._server.close()

    async def stop(self) -> None:
        """Hang up on everybody; answers under way have a moment to end."""
        self.close()
        connections: list[Any] = [*self._state.connections]
        for connection in connections:
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(tuple(self._state.tasks), timeout=GOODBYE)
        for task in tuple(self._state.tasks):
            task.cancel()
        for connection in connections:
            connection.transport.abort()

    def _connection(self) -> H11Protocol:
        """Return what talks to one client."""
        return Connection(self._config, self._state, self._strangers)


class Connection(H11Protocol):
    """One connection, which has to say in time what it wants, and to read what it gets."""

    _alarm: asyncio.TimerHandle | None = None
    """Ends it if nothing is asked."""
    _limit: asyncio.TimerHandle | None = None
    """Ends it if nothing is read."""

    def __init__(
        self, config: Config, state: ServerState, strangers: "dict[Connection, None]"
    ) -> None:
        """Be one of `strangers`, the oldest first, until a guard has let a request pass."""
        super().__init__(config, state, {PASSED: self._pass})
        self._strangers = strangers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; of too many a stranger goes, this one if all others are known."""
        super().connection_made(transport)  # type: ignore[arg-type] # as asyncio calls it
        self._strangers[self] = None
        if len(self.connections) > CONNECTIONS:
            next(iter(self._strangers)).drop()
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came; whoever has not asked for anything yet has to hurry."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._watch()

    def timeout_keep_alive_handler(self) -> None:
        """End it, as there was no further request."""
        super().timeout_keep_alive_handler()
        self._watch()

    def pause_writing(self) -> None:
        """Wait for the client to read, and not for ever."""
        super().pause_writing()
        self._limit = self._limit or self.loop.call_later(READING, self.drop)

    def resume_writing(self) -> None:
        """Know that it has read."""
        super().resume_writing()
        if self._limit is not None and not self.transport.is_closing():
            self._limit.cancel()
            self._limit = None

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        self._strangers.pop(self, None)
        for each in (self._alarm, self._limit):
            if each is not None:
                each.cancel()

    def _pass(self) -> None:
        """Be no stranger from now on."""
        self._strangers.pop(self, None)

    def drop(self) -> None:
        """End at once, whatever waits to be read."""
        self._strangers.pop(self, None)
        # it is counted no more, though asyncio tells of the end only later
        self.connections.discard(self)
        self.transport.abort()

    @property
    def _is_asked(self) -> bool:
        """Whether a request is being answered."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _watch(self) -> None:
        if self.transport.is_closing():
            # what waits is sent before the end, to who reads it in time
            self._limit = self._limit or self.loop.call_later(READING, self.drop)
        elif self._is_asked:
            if self._alarm is not None:
                self._alarm.cancel()
                self._alarm = None
        elif self._alarm is None:
            self._alarm = self.loop.call_later(PATIENCE, self._expire)

    def _expire(self) -> None:
        self._alarm = None
        if not self._is_asked:
            self.transport.close()
            self._watch()


def _named(host: str) -> str:
    """Return an address of this machine in the place of all of them, one of a network first."""
    if host not in ALL_HOSTS:
        return host
    reached = [each.host for each in reachable([Endpoint("coap", host, 1)])]
    return reached[0] if reached else socket.gethostname()


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

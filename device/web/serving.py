"""HTTP for the dashboard, on one socket in the loop of the devices.

It is uvicorn's protocol on a server of our own: uvicorn's own server takes the signals of the
process, which belong to the devices here, and wakes up ten times a second. What strangers can do to
a connection has bounds: how many there are, and how long one may take to say what it wants. Beyond
that asyncio pauses whoever sends faster than it is read.
"""

import asyncio
import ipaddress
import logging
import secrets
import socket
from collections.abc import Callable
from typing import Any, Final

from starlette.routing import Router
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from onboardee.device.events import Bus
from onboardee.device.faults.building import Maker
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.net.interfaces import ALL_HOSTS, reachable
from onboardee.device.net.performer import Performer
from onboardee.device.trace.tracing import Tracer
from onboardee.device.web import assets
from onboardee.device.web.api import Api
from onboardee.device.web.changes import STORED, Change, Changes, Remembering
from onboardee.device.web.devices import Devices, Kept, tracer_of
from onboardee.device.web.feed import Feed
from onboardee.device.web.guard import Guard
from onboardee.wire.path import Endpoint

CONNECTIONS: Final = 96
"""That are open at a time; further ones are closed at once."""
PATIENCE: Final = 10.0
"""Seconds in which a connection has to ask for something."""
GOODBYE: Final = 1.0
"""Seconds in which answers under way may end when the program does."""


class Dashboard:
    """The devices of this process in a browser."""

    def __init__(self, host: str, port: int, *, read_only: bool = False) -> None:
        """Name the address; one that others reach gets a token."""
        self.devices: Final = Devices()
        self.token: Final = None if is_loopback(host) else secrets.token_urlsafe(24)
        self.port = port
        """Another one than was named if that was 0, once it serves."""
        self._host = host
        self._read_only = read_only
        self._state = ServerState()
        self._server: asyncio.Server | None = None
        self._feed: Feed | None = None
        self._changes: Final = Changes(self._tell_change)

    @property
    def url(self) -> str:
        """The address to open, with the token in the part that browsers keep to themselves."""
        host = _named(self._host)
        host = f"[{host}]" if ":" in host else host
        ending = "" if self.token is None else f"#token={self.token}"
        return f"http://{host}:{self.port}/{ending}"

    def add(self, bus: Bus, store: Kept | None = None) -> None:
        """Know of a device that is to run; before `serve`."""
        self.devices.add(bus, store)

    def around(self, device: AnyDevice, maker: Maker) -> AnyDevice:
        """Return a device whose conversation is told as long as somebody looks at it.

        What it stores is remembered for a while.
        """
        remembering = Remembering(device, self._changes.note)
        if tracer_of(device) is not None:
            return remembering
        return Tracer(remembering, maker.secrets, _soon)

    def runs(self, name: str, performer: Performer) -> None:
        """Know what carries out commands upon a device, as long as it runs."""
        known = self.devices.get(name)
        assert known is not None
        known.performer = performer

    def gone(self, name: str) -> None:
        """Know that a device does not run now."""
        known = self.devices.get(name)
        if known is not None:
            known.performer = None

    def _tell_change(self, change: Change) -> None:
        if self._feed is not None:
            self._feed.note(change.device, STORED, {"cause": change.cause})

    async def serve(self) -> None:
        """Answer from now on. Raises OSError where nobody can listen at the address."""
        # what it says of broken requests would fill the log at the wish of strangers
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL + 1)
        loop = asyncio.get_running_loop()
        self._feed = Feed(self.devices)
        self._server = await loop.create_server(
            self._connection, self._host, self.port, backlog=CONNECTIONS
        )
        self.port = self._server.sockets[0].getsockname()[1]
        api = Api(self.devices, self._feed, self._changes, read_only=self._read_only)
        router = Router([*api.routes(), *assets.routes()], redirect_slashes=False)
        guard = Guard(router, port=self.port, token=self.token)
        self.config = Config(
            guard,
            http=Connection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            h11_max_incomplete_event_size=16 << 10,
        )
        self.config.load()

    async def stop(self) -> None:
        """Hang up on everybody; answers under way have a moment to end."""
        if self._server is None or self._feed is None:
            return
        self._server.close()
        self._feed.close_all()
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
        return Connection(self.config, self._state, {})


def _soon(work: Callable[[], None]) -> None:
    """Tell of a step when its answers have left."""
    asyncio.get_running_loop().call_soon(work)


class Connection(H11Protocol):
    """One connection, which has to say in time what it wants."""

    _alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; one too many ends here."""
        super().connection_made(transport)  # type: ignore[arg-type] # as asyncio calls it
        if len(self.connections) > CONNECTIONS:
            self.transport.abort()
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came; whoever has not asked for anything yet has to hurry."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        if self._alarm is not None:
            self._alarm.cancel()

    @property
    def _is_asked(self) -> bool:
        """Whether a request is being answered."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _watch(self) -> None:
        if self._is_asked:
            if self._alarm is not None:
                self._alarm.cancel()
                self._alarm = None
        elif self._alarm is None:
            self._alarm = self.loop.call_later(PATIENCE, self._expire)

    def _expire(self) -> None:
        self._alarm = None
        if not self._is_asked:
            self.transport.close()


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

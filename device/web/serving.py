"""The dashboard of the devices of one process: alone, or as one of the workers of a fleet."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from onboardee.device.events import Bus
from onboardee.device.faults.building import Maker
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.net.performer import Performer
from onboardee.device.trace.tracing import Tracer
from onboardee.device.web import assets
from onboardee.device.web.api import ROOT, Api
from onboardee.device.web.changes import STORED, Change, Changes, Remembering
from onboardee.device.web.devices import Devices, Kept, tracer_of
from onboardee.device.web.feed import Feed
from onboardee.device.web.http_server import HttpServer

NAMES: Final = f"{ROOT}/names"
"""Where a worker tells which devices it has."""


class Dashboard:
    """The devices of this process in a browser."""

    def __init__(self, host: str = "localhost", port: int = 0, *, read_only: bool = False) -> None:
        """Name the address; one that others reach gets a token."""
        self.devices: Final = Devices()
        self._server: Final = HttpServer(host, port)
        self._read_only = read_only
        self._feed: Feed | None = None
        self._changes: Final = Changes(self._tell_change)

    @property
    def url(self) -> str:
        """The address to open, with the token in the part that browsers keep to themselves."""
        return self._server.url

    @property
    def port(self) -> int:
        """Another one than was named if that was 0, once it serves."""
        return self._server.port

    @property
    def token(self) -> str | None:
        """What whoever asks has to know; None on loopback."""
        return self._server.token

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
        """Answer browsers from now on. Raises OSError where nobody can listen at the address."""
        routes = [*self._api().routes(), *assets.routes()]
        await self._server.serve(Router(routes, redirect_slashes=False))

    async def serve_at(self, place: Path) -> None:
        """Answer at a Unix socket, for the process that shows all workers. Raises OSError."""
        routes = [Route(NAMES, self._names), *self._api().routes()]
        await self._server.serve_at(place, Router(routes, redirect_slashes=False))

    def _api(self) -> Api:
        self._feed = Feed(self.devices)
        return Api(self.devices, self._feed, self._changes, read_only=self._read_only)

    async def _names(self, _request: Request) -> Response:
        return JSONResponse([each.name for each in self.devices])

    async def stop(self) -> None:
        """Hang up on everybody; answers under way have a moment to end."""
        if self._feed is None:
            return
        self._server.close()
        self._feed.close_all()
        await self._server.stop()


def _soon(work: Callable[[], None]) -> None:
    """Tell of a step when its answers have left."""
    asyncio.get_running_loop().call_soon(work)

"""A dashboard in memory: requests as a browser sends them, without a socket."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

from starlette.routing import Router
from starlette.types import ASGIApp, Message

from onboardee.device.events import Bus
from onboardee.device.faults.building import Maker
from onboardee.device.machine.boot import Surroundings
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.machine.step import Keeper
from onboardee.device.net.binding import Ports
from onboardee.device.net.hosted import HostedDevice
from onboardee.device.net.hub import Hub
from onboardee.device.net.performer import Performer
from onboardee.device.simulation.profile import Profile
from onboardee.device.testing import MemoryNetwork, memory_device
from onboardee.device.trace.tracing import Tracer
from onboardee.device.web import assets
from onboardee.device.web.api import Api
from onboardee.device.web.changes import STORED, Changes, Remembering
from onboardee.device.web.devices import Devices, Kept
from onboardee.device.web.feed import Feed
from onboardee.device.web.guard import Guard

PORT = 8080
HOST = f"127.0.0.1:{PORT}"


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


class Shown(NamedTuple):
    """A device on a dashboard."""

    app: ASGIApp
    hosted: HostedDevice
    feed: Feed
    devices: Devices


def app_of(
    devices: Devices,
    feed: Feed,
    changes: Changes,
    *,
    token: str | None = None,
    read_only: bool = False,
) -> ASGIApp:
    """Return what `Dashboard` serves."""
    router = Router(
        [*Api(devices, feed, changes, read_only=read_only).routes(), *assets.routes()],
        redirect_slashes=False,
    )
    return Guard(router, port=PORT, token=token, clock=lambda: 0.0)


@asynccontextmanager
async def shown(
    profile: str = "light",
    *,
    token: str | None = None,
    read_only: bool = False,
    store: Kept | None = None,
    secrets: Any = None,
    clients: Mapping[UUID, bytes] | None = None,
    gets_faults: bool = False,
) -> AsyncIterator[Shown]:
    """Run a device called `one`, and show it."""
    hub, bus, devices = Hub(), Bus("one"), Devices()
    try:
        around = None if secrets is None else (lambda device: Tracer(device, secrets))
        makers: list[Maker] = []
        changes = Changes(lambda change: feed.note(change.device, STORED, {"cause": change.cause}))

        def make(profile: Profile, store: Keeper, surroundings: Surroundings) -> AnyDevice:
            makers.append(Maker(profile, store, surroundings))
            return Remembering(makers[0].device(), changes.note)

        made = memory_device(
            MemoryNetwork(), profile, bus=bus, around=around, clients=clients, make=make
        ).device
        hosted = hub.add(made, Ports(hosts=("127.0.0.1",)))
        devices.add(bus, store).performer = Performer(hosted, makers[0] if gets_faults else None)
        feed = Feed(devices)
        app = app_of(devices, feed, changes, token=token, read_only=read_only)
        yield Shown(app, hosted, feed, devices)
    finally:
        hub.stop()


async def ask(  # noqa: PLR0917 - as a request has them
    app: ASGIApp,
    path: str,
    body: Any = None,
    method: str | None = None,
    headers: dict[str, str] | None = None,
    chunks: list[bytes] | None = None,
) -> Answer:
    """Send a request; `body` is sent as JSON, `chunks` as they are."""
    parts = [b"" if body is None else json.dumps(body).encode()] if chunks is None else chunks
    given = {"host": HOST, **({} if body is None else {"content-type": "application/json"})}
    given |= headers or {}
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method or ("GET" if body is None and chunks is None else "POST"),
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(k.encode(), v.encode()) for k, v in given.items() if v],
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", PORT),
    }
    left = list(parts)
    sent: list[Message] = []

    async def receive() -> Message:
        if not left:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    found = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return Answer(sent[0]["status"], found, b"".join(each.get("body", b"") for each in sent[1:]))

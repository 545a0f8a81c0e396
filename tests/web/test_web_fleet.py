"""One dashboard for the devices of several processes, which are in this one here."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from onboardee.device.events import Bus, InputPressed
from onboardee.device.net.binding import Ports
from onboardee.device.net.hub import Hub
from onboardee.device.net.performer import Performer
from onboardee.device.testing import MemoryNetwork, memory_device
from onboardee.device.web import fleet as fleet_module
from onboardee.device.web.fleet import FleetDashboard
from onboardee.device.web.serving import Dashboard

HERE = "127.0.0.1"


class Fleet(NamedTuple):
    """A dashboard with two workers, of which each has a device."""

    dashboard: FleetDashboard
    workers: list[Dashboard]
    buses: list[Bus]
    kept: list[asyncio.StreamWriter]
    """Connections that are open until the end."""

    async def begin(self, number: int) -> None:
        """Let a worker begin, or begin again."""
        await self.workers[number - 1].serve_at(self.dashboard.place(number))
        self.dashboard.begins(number)
        await self.dashboard.workers[number - 1].is_up.wait()

    async def end(self, number: int) -> None:
        """Let a worker end."""
        self.dashboard.gone(number)
        await self.workers[number - 1].stop()

    @property
    def port(self) -> int:
        """Where browsers ask."""
        return int(self.dashboard.url.rpartition(":")[2].strip("/"))

    async def sent(self, path: str, body: Any = None, more: str = "") -> asyncio.StreamReader:
        """Ask, and return what gives the answer."""
        reader, writer = await asyncio.open_connection(HERE, self.port)
        self.kept.append(writer)
        text = "" if body is None else json.dumps(body)
        head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n"
        if "Host:" not in more:
            head += f"Host: {HERE}:{self.port}\r\n"
        writer.write(f"{head}{more}Connection: close\r\n\r\n{text}".encode())
        return reader

    async def ask(self, path: str, body: Any = None, more: str = "") -> tuple[int, Any]:
        """Ask, and return status and answer."""
        reader = await self.sent(path, body, more)
        head, _, found = (await reader.read()).partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(found) if found.startswith(b"{") else found

    async def cards(self) -> dict[str, bool]:
        """Return which devices there are, and whether they run."""
        status, answer = await self.ask("/api/v1/devices")
        assert status == 200
        return {each["device"]: each["running"] for each in answer["ok"]}


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    """Run two lights, `one` and `two`, each as if in a process of its own."""
    workers, buses, hub = [Dashboard(), Dashboard()], [Bus("one"), Bus("two")], Hub()
    async with AsyncExitStack() as ending:
        ending.callback(hub.stop)
        for dashboard, bus in zip(workers, buses, strict=True):
            device = memory_device(MemoryNetwork(), bus=bus).device
            dashboard.add(bus)
            hosted = hub.add(device, Ports(hosts=(HERE,)))
            dashboard.runs(bus.device, Performer(hosted))
            ending.push_async_callback(dashboard.stop)
        front = FleetDashboard(HERE, 0, tmp_path, 2)
        await front.serve(read_only=False)
        ending.push_async_callback(front.stop)
        found = Fleet(front, workers, buses, [])
        for number in (1, 2):
            await found.begin(number)
        yield found
        for writer in found.kept:
            writer.close()


class Told:
    """A stream of events, as a browser reads it."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._text = ""

    async def until(self, *wanted: str) -> str:
        """Read on until each of these was told, in this order; return all that was."""
        found = ""
        async with asyncio.timeout(10):
            for each in wanted:
                while each not in self._text:
                    chunk = await self._reader.read(1 << 16)
                    assert chunk
                    self._text += chunk.decode()
                before, _, self._text = self._text.partition(each)
                found += before + each
        return found


BEGAN = "feed.began"


async def test_all_devices_are_there(fleet: Fleet) -> None:
    """In the order of the workers, and their number is told."""
    assert await fleet.cards() == {"one": True, "two": True}
    assert (await fleet.ask("/api/v1/server"))[1]["ok"]["devices"] == 2


async def test_a_request_reaches_the_worker_that_has_the_device(fleet: Fleet) -> None:
    """Commands and refusals are passed on as they are."""
    path = "/api/v1/devices/two"
    values = {"do": "set", "href": "/light/switch", "values": {"value": True}}
    assert await fleet.ask(f"{path}/commands", values) == (200, {"ok": {"value": True}})
    status, told = await fleet.ask(path)
    assert (status, told["ok"]["values"]["/light/switch"]["value"]) == (200, True)
    assert (await fleet.ask("/api/v1/devices/one"))[1]["ok"]["device"] == "one"
    assert (await fleet.ask(f"{path}/commands", {"do": "fly"}))[0] == 400
    assert (await fleet.ask(f"{path}/snapshots"))[0] == 409
    assert (await fleet.ask("/api/v1/devices/three"))[0] == 404


@pytest.mark.parametrize("path", ["/../../names", "%2f..%2f..%2fnames", "?x=%0d%0aHost:%20x"])
async def test_nothing_else_of_a_worker_is_reached(fleet: Fleet, path: str) -> None:
    """However the path is written, it is one below a device."""
    status, answer = await fleet.ask(f"/api/v1/devices/one{path}")
    assert status == 404 or answer["ok"]["device"] == "one"


async def test_events_of_all_workers_are_one_stream(fleet: Fleet) -> None:
    """And those of one device are the stream of its worker."""
    everything = Told(await fleet.sent("/api/v1/events"))
    one = Told(await fleet.sent("/api/v1/events?device=one"))
    await everything.until(BEGAN, BEGAN)
    await one.until(BEGAN)
    fleet.buses[1].publish(InputPressed(input="of two"))
    await everything.until("of two")
    fleet.buses[0].publish(InputPressed(input="of one"))
    await everything.until("of one")
    assert "of two" not in await one.until("of one")


async def test_a_worker_that_is_away_and_comes_back(fleet: Fleet) -> None:
    """Its devices do not run meanwhile; the page is told to ask anew both times."""
    stream = Told(await fleet.sent("/api/v1/events"))
    await stream.until(BEGAN, BEGAN)
    await fleet.end(2)
    await stream.until(BEGAN)
    assert await fleet.cards() == {"one": True, "two": False}
    assert await fleet.ask("/api/v1/devices/two") == (
        200,
        {"ok": {"device": "two", "running": False}},
    )
    assert (await fleet.ask("/api/v1/devices/two/commands", {"do": "state"}))[0] == 409
    assert (await fleet.ask("/api/v1/events?device=two"))[0] == 409
    await fleet.begin(2)
    await stream.until(BEGAN)
    assert await fleet.cards() == {"one": True, "two": True}
    fleet.buses[1].publish(InputPressed(input="again"))
    await stream.until("again")


async def test_strangers_get_no_further_than_the_first_process(fleet: Fleet) -> None:
    """Another origin, another name of this server, a body that is too long."""
    origin = "Origin: http://evil.example\r\n"
    assert (await fleet.ask("/api/v1/devices", more=origin))[0] == 403
    rebound = f"Host: evil.example:{fleet.port}\r\n"
    assert (await fleet.ask("/api/v1/devices/one", more=rebound))[0] == 421
    body = {"do": "x" * (65 << 10)}
    assert (await fleet.ask("/api/v1/devices/one/commands", body))[0] == 413


async def test_as_many_follow_as_can(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is told so; who goes away makes room."""
    monkeypatch.setattr(fleet_module, "STREAMS", 1)
    await Told(await fleet.sent("/api/v1/events")).until(BEGAN)
    assert (await fleet.ask("/api/v1/events"))[0] == 503
    assert (await fleet.ask("/api/v1/events?device=one"))[0] == 503

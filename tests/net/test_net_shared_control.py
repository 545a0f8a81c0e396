"""The control socket that all devices of a process with one state file share."""

import asyncio
import json
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from onboardee.device.net.binding import Ports
from onboardee.device.net.control_socket import SHARED, shared_sockets
from onboardee.device.net.hub import Hub
from onboardee.device.net.performer import Performer
from onboardee.device.net.shared_control import MAX_CONNECTIONS, SharedControlServer
from onboardee.device.simulation.profile import load
from onboardee.device.testing import MemoryNetwork, memory_device

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def served(file: Path) -> AsyncIterator[SharedControlServer]:
    """Run two lights, light-1 and light-2, whose state is in a file."""
    hub, server, network = Hub(), SharedControlServer(file), MemoryNetwork(seed=0)
    try:
        for number in (1, 2):
            host = f"10.0.0.{number}"
            device = memory_device(network, load("light"), host=host).device
            hosted = hub.add(device, Ports(hosts=("127.0.0.1",)))
            await server.seat(f"light-{number}").serve(Performer(hosted))
        yield server
    finally:
        await server.stop()
        hub.stop()


async def connect(file: Path) -> Streams:
    """Open a conversation."""
    (path,) = shared_sockets(file)
    return await asyncio.open_unix_connection(str(path))


async def say(streams: Streams, request: Any) -> Any:
    """Send a line and read the answer; `None` if the other side has hung up."""
    reader, writer = streams
    writer.write(json.dumps(request).encode() + b"\n")
    line = await asyncio.wait_for(reader.readline(), 30)
    return json.loads(line) if line else None


async def test_a_device_is_named_first_and_then_asked_as_any_other(tmp_path: Path) -> None:
    """Without a name those that run are listed; a wrong one is answered, and another one heard."""
    async with served(tmp_path / "lamps.db"):
        streams = await connect(tmp_path / "lamps.db")
        assert await say(streams, {}) == {"ok": ["light-1", "light-2"]}
        assert (await say(streams, {"device": "lihgt"})).keys() == {"error"}
        assert (await say(streams, {"do": "state"})).keys() == {"error"}
        assert await say(streams, {"device": "light-2"}) == {"ok": None}
        assert (await say(streams, {"do": "state"}))["ok"]["state"] == "RFOTM"
        streams[1].close()


async def test_a_device_that_goes_hangs_up_on_those_who_ask_it(tmp_path: Path) -> None:
    """And nobody reaches it until it is back; the other one goes on."""
    async with served(tmp_path / "lamps.db") as server:
        one, two = await connect(tmp_path / "lamps.db"), await connect(tmp_path / "lamps.db")
        await say(one, {"device": "light-1"})
        await say(two, {"device": "light-2"})
        await server.seat("light-1").stop()
        assert await one[0].read() == b""
        assert "ok" in await say(two, {"do": "state"})
        three = await connect(tmp_path / "lamps.db")
        assert await say(three, {"device": "light-1"}) == {"error": "no device light-1 runs here"}
        for each in (one, two, three):
            each[1].close()


async def test_the_socket_is_for_its_owner_and_goes_with_the_process(tmp_path: Path) -> None:
    """What a killed process left is removed, what another one serves is not."""
    file = tmp_path / "lamps.db"
    left, other = tmp_path / f"lamps.db{SHARED}1", tmp_path / f"lamps.db{SHARED}2"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(left))
    with socket.socket(socket.AF_UNIX) as living:
        living.bind(str(other))
        living.listen()
        async with served(file):
            (own,) = set(shared_sockets(file)) - {other}
            assert stat.S_IMODE(own.stat().st_mode) == 0o600
            assert not left.exists()
        assert shared_sockets(file) == [other]


async def test_connections_are_bounded(tmp_path: Path) -> None:
    """One too many is closed at once; when one ends, its place is free."""
    async with served(tmp_path / "lamps.db"):
        held = [await connect(tmp_path / "lamps.db") for _ in range(MAX_CONNECTIONS)]
        for each in held:
            await say(each, {})
        extra = await connect(tmp_path / "lamps.db")
        assert await extra[0].read() == b""
        for each in (*held, extra):
            each[1].close()

"""The control socket with clients that are broken or hostile, as far as its owner's can be."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from onboardee.device.machine.step import Step
from onboardee.device.net.binding import Ports
from onboardee.device.net.control import ControlServer
from onboardee.device.net.control_socket import SOCKET_NAME
from onboardee.device.net.conversation import MAX_BACKLOG, MAX_LINE
from onboardee.device.net.hosted import HostedDevice
from onboardee.device.net.hub import Hub
from onboardee.device.net.performer import Performer
from onboardee.device.simulation.profile import load
from onboardee.device.testing import MemoryNetwork, memory_device

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def served(directory: Path, profile: str = "dishwasher") -> AsyncIterator[HostedDevice]:
    """Run a device with a control socket in a directory."""
    hub, control = Hub(), ControlServer(directory)
    try:
        device = memory_device(MemoryNetwork(seed=0), load(profile)).device
        hosted = hub.add(device, Ports(hosts=("127.0.0.1",)))
        await control.serve(Performer(hosted))
        yield hosted
    finally:
        await control.stop()
        hub.stop()


async def connect(directory: Path) -> Streams:
    """Open a conversation."""
    return await asyncio.open_unix_connection(str(directory / SOCKET_NAME))


async def say(streams: Streams, line: bytes) -> Any:
    """Send a line and read the answer."""
    reader, writer = streams
    writer.write(line + b"\n")
    return json.loads(await asyncio.wait_for(reader.readline(), 30))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b'{"do": "fly"}',
        b'{"do": "get", "href": 1}',
        b'{"do": "list", "more": 1}',
        b'\xff{"do": "list"}',
        b"[" * 100_000,
        b'{"do": "set", "href": "/x", "values": ' + b'{"a":' * 100_000,
        b'{"do": "set", "href": "/x", "values": {"a": 1' + b"0" * 100_000 + b"}}",
        b'{"do": "replace", "before": "", "after": "{}"}',
    ],
    ids=range(10),
)
async def test_nonsense_is_answered(tmp_path: Path, line: bytes) -> None:
    """Whatever a line is, its answer is an error, and the conversation goes on."""
    async with served(tmp_path):
        streams = await connect(tmp_path)
        assert (await say(streams, line)).keys() == {"error"}
        assert (await say(streams, b'{"do": "state"}'))["ok"]["state"] == "RFOTM"
        streams[1].close()


@pytest.mark.parametrize("value", ["1" + "0" * 30, "1" + "0" * 400, "1e308", "[]", "{}", "null"])
async def test_values_that_cannot_be_are_refused(tmp_path: Path, value: str) -> None:
    """Enormous numbers, arrays and objects in the place of a number."""
    async with served(tmp_path) as hosted:
        streams = await connect(tmp_path)
        href, name = next(
            (href, name)
            for href, each in hosted.device.appliances.items()
            for name, present in each.values.current.items()
            if type(present) in (int, float)
        )
        request = f'{{"do": "set", "href": "{href}", "values": {{"{name}": {value}}}}}'
        assert (await say(streams, request.encode())).keys() == {"error"}
        streams[1].close()


async def test_a_fault_of_ours_is_answered_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client learns that it failed, the log where, and the device goes on."""
    async with served(tmp_path) as hosted:
        reported: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: reported.append(context)
        )
        monkeypatch.setattr(hosted.device, "press_reset", lambda _now: 1 / 0)
        streams = await connect(tmp_path)
        assert "ZeroDivisionError" in (await say(streams, b'{"do": "reset"}'))["error"]
        assert isinstance(reported[0]["exception"], ZeroDivisionError)
        assert "ok" in await say(streams, b'{"do": "list"}')
        streams[1].close()


async def test_a_line_without_end_is_answered_and_hung_up(tmp_path: Path) -> None:
    """The client learns how long a request may be."""
    async with served(tmp_path):
        reader, writer = await connect(tmp_path)
        writer.write(b"x" * (2 * MAX_LINE + 1))
        answer = json.loads(await asyncio.wait_for(reader.readline(), 30))
        assert str(MAX_LINE) in answer["error"]
        writer.close()


async def test_what_a_watcher_says_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watcher that talks without end costs no memory."""
    longest = 0
    original = asyncio.StreamReader.read

    async def measured(self: asyncio.StreamReader, n: int = -1) -> bytes:
        nonlocal longest
        octets = await original(self, n)
        longest = max(longest, len(octets))
        return octets

    monkeypatch.setattr(asyncio.StreamReader, "read", measured)
    async with served(tmp_path):
        streams = await connect(tmp_path)
        assert await say(streams, b'{"do": "watch"}') == {"ok": None}
        for _ in range(8):
            streams[1].write(b"x" * MAX_BACKLOG)
            await streams[1].drain()
        streams[1].close()
        await streams[1].wait_closed()
        await asyncio.sleep(0.1)
    assert 0 < longest <= MAX_BACKLOG


async def test_stopping_forgets_what_still_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that waits for the disk when the device stops is dropped without a trace."""
    failures: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    async with served(tmp_path) as hosted:
        streams = await connect(tmp_path)
        await say(streams, b'{"do": "state"}')  # what a device does when it begins is done
        held: asyncio.Queue[Any] = asyncio.Queue()
        monkeypatch.setattr(hosted, "do", held.put_nowait)  # a disk that never finishes
        streams[1].write(b'{"do": "state"}\n')
        step = await asyncio.wait_for(held.get(), 30)
        assert step.__qualname__.startswith("Performer.")
    streams[1].close()
    assert step(0.0) == Step()
    assert failures == []


async def test_time_is_asked_for_and_told(tmp_path: Path) -> None:
    """A program lets time go faster, stand still and skip, and the state says how it goes."""
    async with served(tmp_path, "washer") as hosted:
        streams = await connect(tmp_path)
        state = (await say(streams, b'{"do": "state"}'))["ok"]
        assert (state["speed"], state["paused"]) == (1, False)
        began = datetime.fromisoformat(state["world_time"])
        told = (await say(streams, b'{"do": "speed", "speed": 60}'))["ok"]
        assert told["speed"] == 60
        assert (await say(streams, b'{"do": "pause"}'))["ok"]["paused"] is True
        hosted.do(lambda now: hosted.device.press("start", now))
        told = (await say(streams, b'{"do": "advance", "seconds": 14400}'))["ok"]
        assert datetime.fromisoformat(told["world_time"]) > began + timedelta(hours=3, minutes=59)
        assert not hosted.device.is_skipping
        program = (await say(streams, b'{"do": "get", "href": "/state"}'))["ok"]
        assert program["currentMachineState"] == "idle"
        assert (await say(streams, b'{"do": "resume"}'))["ok"]["paused"] is False
        for refused in (
            b'"speed", "speed": 0',
            b'"speed", "speed": -1',
            b'"advance", "seconds": 0',
        ):
            assert (await say(streams, b'{"do": ' + refused + b"}")).keys() == {"error"}
        streams[1].close()


async def test_others_are_served_while_time_is_skipped(tmp_path: Path) -> None:
    """Hours of a washer are much work, and the loop is free for others in between."""
    turns: list[bool] = []

    def look(hosted: HostedDevice) -> None:
        turns.append(hosted.device.is_skipping)
        asyncio.get_running_loop().call_soon(look, hosted)

    async with served(tmp_path, "washer") as hosted:
        streams = await connect(tmp_path)
        hosted.do(lambda now: hosted.device.press("start", now))
        look(hosted)
        assert "ok" in await say(streams, b'{"do": "advance", "seconds": 3000}')
        assert turns.count(True) >= 2
        assert not hosted.device.is_skipping
        streams[1].close()

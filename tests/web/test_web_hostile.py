"""Connections and requests that are meant to harm: over real sockets, and in a fleet's way."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, get_args

import msgspec
import pytest
from test_web_fleet import BEGAN, Fleet, Told, fleet
from test_web_serving import dashboard, get, sent
from web_support import Shown, ask, shown

from onboardee.device.control import Request
from onboardee.device.events import InputPressed
from onboardee.device.web import fleet as fleet_module
from onboardee.device.web import guard, http_server
from onboardee.device.web.api import ONLY_ASKING
from onboardee.device.web.serving import Dashboard

__all__ = ["dashboard", "fleet"]
DEVICES = "/api/v1/devices"


async def is_cut(reader: asyncio.StreamReader) -> bool:
    """Wait until a connection has ended."""
    with suppress(ConnectionError):
        while await asyncio.wait_for(reader.read(1 << 16), 5):
            pass
    return True


async def test_who_only_holds_connections_keeps_nobody_out(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest on which nothing was asked gives way; those stay on which something was."""
    monkeypatch.setattr(http_server, "CONNECTIONS", 4)
    known, writer = await sent(dashboard, get(dashboard, "/api/v1/events"))
    await known.readuntil(b"feed.began")
    held = [await sent(dashboard, "GET /") for _ in range(7)]
    assert [await is_cut(reader) for reader, _ in held[:4]] == [True] * 4
    reader, asking = await sent(dashboard, get(dashboard, DEVICES, "Connection: close\r\n"))
    assert b"200" in await reader.readline()
    assert len(dashboard._server._state.connections) <= 4
    next(iter(dashboard.devices)).bus.publish(InputPressed(input="still here"))
    await known.readuntil(b"still here")
    for each in (writer, asking, *(each for _, each in held)):
        each.close()


async def test_strangers_without_the_token_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """At an address that others reach pages are for all; who looks at them is a stranger still."""
    monkeypatch.setattr(http_server, "is_loopback", lambda _host: False)
    monkeypatch.setattr(http_server, "CONNECTIONS", 2)
    made = Dashboard("127.0.0.1", 0)
    await made.serve()
    token = f"Authorization: Bearer {made.token}\r\n"
    owner, writer = await sent(made, get(made, "/api/v1/events", token))
    await owner.readuntil(b"feed.began")
    strangers = [await sent(made, get(made, "/icon.svg")) for _ in range(3)]
    assert await is_cut(strangers[0][0])
    assert await is_cut(strangers[1][0])
    assert not owner.at_eof()
    for each in (writer, *(each for _, each in strangers)):
        each.close()
    await made.stop()


async def test_who_does_not_read_its_answers_is_cut_off(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever waits for it: nobody holds a connection by asking and not reading."""
    monkeypatch.setattr(http_server, "READING", 0.05)
    still = socket.socket()
    still.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    still.connect(("127.0.0.1", dashboard.port))
    still.setblocking(False)
    asked = get(dashboard, "/style.css").encode()
    connections: set[Any] = dashboard._server._state.connections
    async with asyncio.timeout(5):
        for _ in range(int(guard.BURST) - 1):
            await asyncio.get_running_loop().sock_sendall(still, asked)
        await asyncio.sleep(0.05)
        while connections:  # noqa: ASYNC110 - asyncio tells nobody of the end
            await asyncio.sleep(0.01)
    still.close()


@pytest.mark.parametrize(
    ("name", "said", "status"),
    [
        ("PATIENCE", "GET / HTTP/1.1\r\nX: ", b""),
        ("BODY_TIME", "POST /api/v1/devices/light/commands HTTP/1.1\r\nHost: 127.0.0.1:", b"408"),
    ],
)
async def test_who_sends_an_octet_at_a_time_is_cut_off(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch, name: str, said: str, status: bytes
) -> None:
    """Each further octet of a head or a body gives no further time."""
    monkeypatch.setattr(http_server if name == "PATIENCE" else guard, name, 0.1)
    rest = f"{dashboard.port}\r\nContent-Length: 60000\r\n\r\n" if status else ""
    reader, writer = await sent(dashboard, said + rest)
    reading = asyncio.create_task(reader.read())
    async with asyncio.timeout(5):
        while not reading.done():
            writer.write(b"x")
            await asyncio.sleep(0.01)
    with suppress(ConnectionError):
        assert reading.result().split()[1:2] == ([status] if status else [])
    writer.close()


async def test_a_request_does_not_say_from_where_it_comes(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks too often does so under whatever address he names."""
    monkeypatch.setattr(guard, "RATE", 0)  # however long the requests take
    codes = []
    reader, writer = await sent(dashboard, "")
    for number in range(int(guard.BURST) + 5):
        other = f"X-Forwarded-For: 192.0.2.{number}\r\n"
        writer.write(get(dashboard, "/icon.svg", f"{other}If-None-Match: x\r\n").encode())
        head = await reader.readuntil(b"\r\n\r\n")
        codes.append(int(head.split()[1]))
        length = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
        await reader.readexactly(int(length))
    writer.close()
    assert codes[0] == 200
    assert codes[-1] == 429


async def test_refusals_are_counted_like_answers() -> None:
    """Who asks in a wrong name has as few tries as anybody."""
    async with shown() as light:
        for _ in range(int(guard.BURST)):
            assert (await ask(light.app, DEVICES, headers={"host": "evil.example"})).status == 421
        assert (await ask(light.app, DEVICES)).status == 429


@pytest.mark.parametrize(
    ("path", "mode", "place", "status"),
    [
        ("/", "navigate", "document", 200),
        ("/", "navigate", "iframe", 403),
        ("/app.js", "no-cors", "script", 403),
        (DEVICES, "navigate", "document", 403),
        (f"{DEVICES}/one", "cors", "empty", 403),
    ],
)
async def test_a_link_elsewhere_leads_to_the_page_and_no_further(
    path: str, mode: str, place: str, status: int
) -> None:
    """A person may follow it; another page neither embeds ours nor reaches what is behind it."""
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": mode, "sec-fetch-dest": place}
    async with shown() as light:
        assert (await ask(light.app, path, headers=headers)).status == status


SAMPLES = {
    "set": {"href": "/light/switch", "values": {"value": True}},
    "press": {"name": "toggle"},
    "fault": {"name": "jammed", "is_on": True},
    "add-fault": {"fault": {"do": "drop", "at": "owner"}},
    "remove-fault": {"number": 1},
    "speed": {"speed": 60},
    "advance": {"seconds": 60},
    "replace": {"before": "", "after": ""},
}
"""What the commands have that have something."""


async def test_read_only_refuses_whatever_changes_something() -> None:
    """Each path that takes more than a question, and each command that is not one."""
    async with shown(read_only=True, gets_faults=True) as light:
        found = 0
        for route in _routes(light):
            if route.methods <= {"GET", "HEAD"}:
                continue
            assert route.methods == {"POST"}
            path = route.path.format(device="one", snapshot="x")
            if path.endswith("/commands"):
                continue
            answer = await ask(light.app, path, {"name": "x", "text": "drop at=owner"})
            assert (answer.status, "--web-read-only" in answer.json["error"]) == (403, True), path
            found += 1
        assert found == 3
        for kind in get_args(Request):
            if kind in get_args(ONLY_ASKING):
                continue
            tag = kind.__struct_config__.tag
            body = {"do": tag, **SAMPLES.get(tag, {})}
            msgspec.json.decode(msgspec.json.encode(body), type=kind)
            answer = await ask(light.app, f"{DEVICES}/one/commands", body)
            assert answer.status in ({400, 403} if tag == "watch" else {403}), tag


def _routes(light: Shown) -> list[Any]:
    """Return the paths below /api that a dashboard of one process has."""
    router: Any = light.app
    return [each for each in router._app.routes if each.path.startswith("/api/")]


@asynccontextmanager
async def still_worker(
    fleet: Fleet, number: int
) -> AsyncIterator["asyncio.Queue[asyncio.StreamReader]"]:
    """Let a worker stand still: it takes connections, and answers nothing."""
    await fleet.workers[number - 1].stop()
    place = fleet.dashboard.place(number)
    place.unlink(missing_ok=True)
    asked: asyncio.Queue[asyncio.StreamReader] = asyncio.Queue()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fleet.kept.append(writer)
        await asked.put(reader)

    server = await asyncio.start_unix_server(take, place)
    try:
        yield asked
    finally:
        server.close()  # from Python 3.12 on `async with` would wait for what was left open


async def test_a_worker_that_stands_still_hides_no_other(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its devices count as away, and the page comes."""
    monkeypatch.setattr(fleet_module, "LISTING", 0.05)
    async with still_worker(fleet, 2), asyncio.timeout(5):
        assert await fleet.cards() == {"one": True, "two": False}


async def test_who_leaves_before_a_worker_answers_leaves_nothing(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a place among those who follow, nor a connection to the worker."""
    monkeypatch.setattr(fleet_module, "STREAMS", 1)
    async with still_worker(fleet, 2) as asked:
        await fleet.sent("/api/v1/events?device=two")
        leaving = fleet.kept[-1]
        reader = await asyncio.wait_for(asked.get(), 5)
        leaving.close()
        assert b"device=two" in await asyncio.wait_for(reader.read(), 5)
        await Told(await fleet.sent("/api/v1/events?device=one")).until(BEGAN)


@pytest.mark.parametrize(
    "kind",
    ["application/json\t", "application/json; x=\x80", "a" * 9000, "application/json;\x01", ""],
)
async def test_what_a_browser_says_of_its_body_is_passed_on_harmlessly(
    fleet: Fleet, kind: str
) -> None:
    """The worker judges it, or the connection ends; no header of its own comes of it."""
    path = f"{DEVICES}/two/commands"
    reader, writer = await asyncio.open_connection("127.0.0.1", fleet.port)
    body = '{"do": "state"}'
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{fleet.port}\r\nContent-Type: {kind}\r\n"
    head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write((head + body).encode("latin-1"))
    status = int((await reader.read()).split()[1])
    assert status in {200, 400, 415}
    writer.close()


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"])
async def test_other_methods_get_no_further(fleet: Fleet, method: str) -> None:
    """Only what the interface has is passed on to a worker."""
    reader, writer = await asyncio.open_connection("127.0.0.1", fleet.port)
    head = f"{method} {DEVICES}/two HTTP/1.1\r\nHost: 127.0.0.1:{fleet.port}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode())
    said = await reader.read()
    writer.close()
    assert int(said.split()[1]) == (200 if method == "HEAD" else 405)

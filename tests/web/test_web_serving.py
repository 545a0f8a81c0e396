"""The dashboard over real sockets, and connections that are broken or hostile."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from onboardee.device.events import Bus, InputPressed
from onboardee.device.web import http_server
from onboardee.device.web.http_server import CONNECTIONS, is_loopback
from onboardee.device.web.serving import Dashboard

HERE = "127.0.0.1"


@pytest.fixture
async def dashboard() -> AsyncIterator[Dashboard]:
    """Serve a dashboard with one device that does not run."""
    made = Dashboard(HERE, 0)
    made.add(Bus("light"))
    await made.serve()
    try:
        yield made
    finally:
        await made.stop()


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def sent(dashboard: Dashboard, text: str) -> Streams:
    """Open a connection and say something."""
    reader, writer = await asyncio.open_connection(HERE, dashboard.port)
    writer.write(text.encode())
    return reader, writer


def get(dashboard: Dashboard, path: str, more: str = "") -> str:
    """Return a request as a browser writes it."""
    return f"GET {path} HTTP/1.1\r\nHost: {HERE}:{dashboard.port}\r\n{more}\r\n"


async def test_a_browser_is_answered(dashboard: Dashboard) -> None:
    """At the address that is printed."""
    assert dashboard.url == f"http://{HERE}:{dashboard.port}/"
    reader, writer = await sent(
        dashboard, get(dashboard, "/api/v1/devices", "Connection: close\r\n")
    )
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 200")
    assert b"server:" not in head.lower()
    assert json.loads(body) == {"ok": [{"device": "light", "running": False}]}


@pytest.mark.parametrize("host", ["192.0.2.7", "0.0.0.0", "::", "example.com"])
def test_an_address_that_others_reach_has_a_token(host: str) -> None:
    """Another one each time, behind the sign that browsers do not send."""
    first, second = Dashboard(host, 80), Dashboard(host, 80)
    assert first.token
    assert first.token != second.token
    assert first.url.endswith(f"#token={first.token}")
    assert not is_loopback(host)


def test_of_all_addresses_one_that_leads_here_is_printed() -> None:
    """What a person can open, where this machine has such an address."""
    host = Dashboard("0.0.0.0", 80).url.removeprefix("http://").partition(":")[0]
    assert host != "0.0.0.0"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_on_this_machine_alone_there_is_none(host: str) -> None:
    """The address is enough."""
    assert Dashboard(host, 80).token is None


async def test_a_port_that_is_taken_is_an_error(dashboard: Dashboard) -> None:
    """Nothing is served then."""
    with pytest.raises(OSError, match="in use"):
        await Dashboard(HERE, dashboard.port).serve()


async def test_only_so_many_connections(dashboard: Dashboard) -> None:
    """While on all of them somebody has asked, further ones are closed at once.

    When one has gone the next one is served.
    """
    kept = [await sent(dashboard, get(dashboard, "/icon.svg")) for _ in range(CONNECTIONS)]
    for reader, _ in kept:
        await reader.readline()
    reader, writer = await sent(dashboard, "")
    with suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()
    for _, each in kept:
        each.close()
    await asyncio.sleep(0.05)
    reader, writer = await sent(dashboard, get(dashboard, "/", "Connection: close\r\n"))
    assert b"200" in await reader.readline()
    writer.close()


@pytest.mark.parametrize("said", ["", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n"])
async def test_who_does_not_ask_in_time_is_cut_off(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """A connection that says nothing, or not all of it."""
    monkeypatch.setattr(http_server, "PATIENCE", 0.05)
    reader, writer = await sent(dashboard, said)
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()


@pytest.mark.parametrize(
    "said", ["\x00\x01\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nHost: " + "x" * 70_000]
)
async def test_what_is_no_http_ends_quietly(
    dashboard: Dashboard, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The connection ends, and strangers write nothing into the log."""
    reader, writer = await sent(dashboard, said)
    assert b"200" not in await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert not caplog.records


async def test_who_does_not_read_delays_nobody(dashboard: Dashboard) -> None:
    """A browser that stands still has a bounded part waiting; another one gets everything."""
    (known,) = dashboard.devices
    still, writer = await sent(dashboard, get(dashboard, "/api/v1/events"))
    reader, other = await sent(dashboard, get(dashboard, "/api/v1/events"))
    await reader.readuntil(b"feed.began")
    await still.readuntil(b"feed.began")
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    for number in range(4):
        for _ in range(5000):
            known.bus.publish(InputPressed(input="x" * 1000))
        known.bus.publish(InputPressed(input=f"last-{number}"))
        await reader.readuntil(b"feed.summary")
    for connection in dashboard._server._state.connections:
        assert connection.transport.get_write_buffer_size() < 1 << 20
    for each in (writer, other):
        each.close()


async def test_the_end_of_the_program_ends_streams() -> None:
    """Nobody waits for a browser that follows."""
    made = Dashboard(HERE, 0)
    made.add(Bus("light"))
    await made.serve()
    reader, writer = await sent(made, get(made, "/api/v1/events"))
    await reader.readuntil(b"feed.began")
    async with asyncio.timeout(5):
        await made.stop()
        said = await reader.read()
    # the last chunk (RFC 9112 7.1): the stream was ended, and not its connection alone
    assert said.endswith(b"0\r\n\r\n")
    writer.close()

"""Hosting devices: sockets, the start-up line, the alarm clock, many devices in one process."""

import asyncio
import socket

import cbor2
import pytest
from aiocoap import GET, Context, Message

from onboardee.device.events import Bus, DeviceReady, Event, PortShared
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.machine.device import Device
from onboardee.device.net.binding import BindError, Ports
from onboardee.device.net.hub import Hub
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.device.testing import MemoryKeeper
from onboardee.wire.entropy import SystemEntropy

LOOPBACK = Ports(hosts=("127.0.0.1",))


def light(events: list[Event] | None = None) -> Device:
    """Make a light that nobody owns."""
    profile, bus = load("light"), Bus()
    if events is not None:
        bus.subscribe(events.append)
    keeper = MemoryKeeper(new_database(profile, SystemEntropy()))
    return boot(profile, keeper, Surroundings(entropy=SystemEntropy(), bus=bus))


async def described(host: str, port: int) -> dict[str, object]:
    """Ask a device who it is, with aiocoap's client."""
    context = await Context.create_client_context()
    try:
        uri = f"coap://{host}:{port}/oic/d"
        answer = await asyncio.wait_for(context.request(Message(code=GET, uri=uri)).response, 30)
        return dict(cbor2.loads(answer.payload))
    finally:
        await context.shutdown()


async def test_ready_names_the_bound_endpoints() -> None:
    """The event device.ready lists the endpoints with their real ports, and they answer."""
    events: list[Event] = []
    hub = Hub()
    hosted = hub.add(light(events), LOOPBACK)
    try:
        (ready,) = [event for event in events if isinstance(event, DeviceReady)]
        plain, secure = hosted.endpoints
        assert ready.endpoints == (
            f"coap://127.0.0.1:{plain.port}",
            f"coaps://127.0.0.1:{secure.port}",
        )
        assert ready.state == "RFOTM"
        assert (await described("127.0.0.1", plain.port))["di"] == str(ready.device_uuid)
    finally:
        hub.stop()


async def test_two_devices_share_a_process() -> None:
    """Each of several hosted devices answers at its own ports, under its own UUID."""
    hub = Hub()
    try:
        ports = [hub.add(light(), LOOPBACK).endpoints[0].port for _ in range(3)]
        descriptions = [await described("127.0.0.1", port) for port in ports]
        assert len({description["di"] for description in descriptions}) == 3
    finally:
        hub.stop()


async def test_wildcard_listens_on_every_family() -> None:
    """Without a host the device answers over IPv4 and, where there is one, IPv6."""
    hub = Hub()
    try:
        for endpoint in hub.add(light(), Ports()).endpoints:
            if endpoint.scheme == "coap":
                host = "[::1]" if endpoint.is_ipv6 else "127.0.0.1"
                assert (await described(host, endpoint.port))["n"] == "Light"
    finally:
        hub.stop()


async def test_taken_port_is_explained() -> None:
    """A port that is taken gives one sentence with the address, and nothing stays bound."""
    hub = Hub()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(BindError, match=rf"127\.0\.0\.1:{port}.*in use"):
            hub.add(light(), Ports(hosts=("127.0.0.1",), plain=port))
    hub.stop()


async def test_stopped_device_gives_its_ports_back() -> None:
    """After the hub stopped, another device can have the same ports."""
    hub = Hub()
    plain, secure = hub.add(light(), LOOPBACK).endpoints
    hub.stop()
    again = Hub()
    ports = Ports(hosts=("127.0.0.1",), plain=plain.port, secure=secure.port)
    assert again.add(light(), ports).endpoints == (plain, secure)
    again.stop()


@pytest.mark.parametrize("hosts", [("127.0.0.1",), ()])
async def test_a_shared_multicast_port_is_told(
    hosts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two devices at port 5683 of one address are allowed, but the second one says so."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("0.0.0.0", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr("onboardee.device.net.binding.COAP_PORT", port)  # 5683 may be in use here
    first: list[Event] = []
    second: list[Event] = []
    hub = Hub()
    try:
        hub.add(light(first), Ports(hosts=hosts, plain=port))
        hub.add(light(second), Ports(hosts=hosts, plain=port))
    finally:
        hub.stop()
    told = {event.endpoint for event in second if isinstance(event, PortShared)}
    assert f"coap://127.0.0.1:{port}" in told
    assert not any("0.0.0.0" in endpoint for endpoint in told)
    assert not any(isinstance(event, PortShared) for event in first)

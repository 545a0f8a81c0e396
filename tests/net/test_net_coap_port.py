"""Port 5683 of a machine, at which tools ask that know nothing but its address."""

import asyncio
import socket

import cbor2
import pytest

from onboardee.device.events import Bus
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.machine.device import Device
from onboardee.device.net.binding import Ports
from onboardee.device.net.hub import Hub
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.device.testing import MemoryKeeper
from onboardee.wire.coap import message
from onboardee.wire.entropy import SystemEntropy

GET_D = bytes.fromhex("40010001b36f69630164")
"""A CON GET of /oic/d."""
PLACE = Ports(takes_coap_port=True)


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """Put a free port in the place of 5683, which may be in use here."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("0.0.0.0", 0))
        number: int = free.getsockname()[1]
    monkeypatch.setattr("onboardee.device.net.binding.COAP_PORT", number)
    return number


def light() -> Device:
    """Make a light that nobody owns."""
    profile = load("light")
    keeper = MemoryKeeper(new_database(profile, SystemEntropy()))
    return boot(profile, keeper, Surroundings(entropy=SystemEntropy(), bus=Bus()))


async def asked_at(host: str, port: int, seconds: float = 10) -> str | None:
    """Ask who is there; return its UUID, or None if nobody answers from that very place."""
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.setblocking(False)
        asking.connect((host, port))  # an answer from another port is none
        await loop.sock_sendall(asking, GET_D)
        try:
            answer = await asyncio.wait_for(loop.sock_recv(asking, 2000), seconds)
        except (TimeoutError, ConnectionRefusedError):
            return None
    # an entity tag may have the octet that begins a payload
    return str(cbor2.loads(message.parse(answer).payload)["di"])


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_the_first_device_answers_there(host: str, port: int) -> None:
    """The first of two devices answers, from the port that was asked; both do at their own."""
    hub = Hub()
    try:
        first, second = hub.add(light(), PLACE), hub.add(light(), PLACE)
        uuids = [str(each.device.database.doxm.device_uuid) for each in (first, second)]
        assert await asked_at(host, port) == uuids[0]
        assert await asked_at(host, second.plain_port) == uuids[1]
        assert all(place.port != port for each in (first, second) for place in each.endpoints)
        hub.remove(first)
        assert await asked_at(host, port, 0.2) is None
    finally:
        hub.stop()


async def test_only_where_it_is_wanted(port: int) -> None:
    """Without the setting a device has its own ports, and no other."""
    hub = Hub()
    try:
        hub.add(light(), Ports())
        assert await asked_at("127.0.0.1", port, 0.2) is None
    finally:
        hub.stop()


async def test_who_has_the_port_keeps_it(port: int) -> None:
    """A program, or a device, that has the port as its own goes on to get what comes there."""
    hub = Hub()
    try:
        owner = hub.add(light(), Ports(plain=port))
        hub.add(light(), PLACE)
        uuid = str(owner.device.database.doxm.device_uuid)
        assert await asked_at("127.0.0.1", port) == uuid
    finally:
        hub.stop()

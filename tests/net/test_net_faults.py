"""Faults of ours that a datagram meets: the peer is given up, it is told once, the rest goes on."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from onboardee.device.events import Bus, DeviceFault, Event, SessionEnded
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.machine.step import Step
from onboardee.device.net.binding import Ports
from onboardee.device.net.fault_reporter import QUIET_SECONDS, FaultReporter
from onboardee.device.net.hosted import HostedDevice
from onboardee.device.net.hub import Hub
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.device.testing import MemoryKeeper
from onboardee.obt import (
    Address,
    AsyncioTransport,
    OnboardingError,
    find_unowned_at,
    take_ownership,
)
from onboardee.svrdb.model import Database
from onboardee.wire.entropy import SystemEntropy
from onboardee.wire.path import Path

OWNER = UUID("11111111-2222-4333-8444-555555555555")
POISON = b"\x40\x01\xde\xad"
QUESTION = b"\x40\x01\x00\x01\xb3oic\x01d"
PING, PONG = b"\x40\x00\x12\x34", b"\x70\x00\x12\x34"


class BrokenKeeper(MemoryKeeper):
    """A disk with a fault of ours, as long as it is broken."""

    is_broken = False

    def commit(self, new: Database) -> None:
        """Fail as nothing should."""
        if self.is_broken:
            raise RuntimeError("a fault of ours")
        super().commit(new)


class Lab:
    """A hosted light, what happened to it, and a way to break it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.hub, bus = Hub(), Bus()
        bus.subscribe(self.events.append)
        light = load("light")
        self.keeper = BrokenKeeper(new_database(light, SystemEntropy()))
        self.device = boot(light, self.keeper, Surroundings(entropy=SystemEntropy(), bus=bus))
        self.hosted: HostedDevice = self.hub.add(self.device, Ports(hosts=("127.0.0.1",)))
        self.plain = self.hosted.endpoints[0].port

    def poison(self, condition: Any = lambda message: message == POISON) -> None:
        """Let the device raise at some messages."""
        receive = self.device.parts.coap.receive

        def poisoned(message: bytes, *args: Any, **kwargs: Any) -> Any:
            if condition(message):
                raise RuntimeError("a fault of ours")
            return receive(message, *args, **kwargs)

        self.device.parts.coap.receive = poisoned  # type: ignore[method-assign]

    @property
    def faults(self) -> list[DeviceFault]:
        """What was told of faults."""
        return [event for event in self.events if isinstance(event, DeviceFault)]


@pytest.fixture
async def lab() -> Any:
    """Host a light until the test ends; nothing may reach the loop's handler of exceptions."""
    unhandled: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
    made = Lab()
    yield made
    made.hub.stop()
    assert unhandled == []


@pytest.fixture
def client() -> Iterator[socket.socket]:
    """Open a socket that does not block."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.setblocking(False)
        yield opened


async def said(client: socket.socket, port: int, datagram: bytes) -> bytes:
    """Send a datagram, and return what comes back."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendto(client, datagram, ("127.0.0.1", port))
    return await asyncio.wait_for(loop.sock_recv(client, 2048), 30)


async def test_a_fault_is_told_once_and_others_are_served(lab: Lab, client: socket.socket) -> None:
    """A thousand datagrams that meet a fault make one line, and everybody else gets answers."""
    lab.poison()
    victim = Path("127.0.0.1", lab.plain, "127.0.0.1", 9)
    for _ in range(1000):
        lab.hosted.receive(POISON, victim)
    (fault,) = lab.faults
    assert fault.reason == "RuntimeError: a fault of ours"
    assert fault.peer == "127.0.0.1:9"
    assert fault.where[-1].startswith("test_net_faults.py:")
    assert await said(client, lab.plain, PING) == PONG
    assert (await said(client, lab.plain, QUESTION))[1] == 0x45


async def test_the_peer_is_given_up(lab: Lab) -> None:
    """The session over which the fault was met is closed; a new one can be opened."""
    async with AsyncioTransport() as transport:
        found = await find_unowned_at(transport, Address("127.0.0.1", lab.plain))
        owner = await take_ownership(transport, found, OWNER)
        assert (await owner.doxm()).owned
        before = len([event for event in lab.events if isinstance(event, SessionEnded)])
        lab.poison(lambda message: b"switch" in message)
        with pytest.raises(OnboardingError):
            async with asyncio.timeout(5):
                await owner.read("/light/switch")
        ended = [event for event in lab.events if isinstance(event, SessionEnded)]
        assert [event.reason for event in ended[before:]] == ["local"]
        assert len(lab.faults) == 1
        assert (await owner.doxm()).owned


async def test_a_fault_of_a_resource_is_answered(lab: Lab, client: socket.socket) -> None:
    """Whoever asks a resource that fails gets 5.00, and the next one is served."""
    resource = lab.device.parts.dispatcher.resources["/oic/d"]

    def fail(_call: object) -> None:
        raise RuntimeError("a fault of ours")

    resource.retrieve = fail  # type: ignore[method-assign,assignment]
    assert (await said(client, lab.plain, QUESTION))[1] == 0xA0
    assert await said(client, lab.plain, PING) == PONG
    assert len(lab.faults) == 1


async def test_a_fault_during_a_write_is_answered(lab: Lab, client: socket.socket) -> None:
    """A change that meets a fault of ours in the thread that writes gets 5.00, the next 2.04."""
    select = b"\xb3oic\x03sec\x04doxm\x12\x27\x10\xff\xa1\x66oxmsel\x00"
    lab.keeper.is_broken = True
    assert (await said(client, lab.plain, b"\x40\x02\x00\x02" + select))[1] == 0xA0
    lab.keeper.is_broken = False
    assert (await said(client, lab.plain, b"\x40\x02\x00\x03" + select))[1] == 0x44
    assert [fault.reason for fault in lab.faults] == ["RuntimeError: a fault of ours"]


async def test_a_fault_in_what_is_due_does_not_turn_the_loop(lab: Lab) -> None:
    """A device that cannot do what is due tries again after a second, not a thousand times."""
    tries: list[float] = []

    def fail(now: float) -> None:
        tries.append(now)
        raise RuntimeError("a fault of ours")

    lab.device.parts.coap.tick = fail  # type: ignore[method-assign]
    lab.device.parts.coap.next_deadline = lambda: 0.0  # type: ignore[method-assign]
    lab.hosted.do(lambda _now: Step())
    await asyncio.sleep(0.2)
    assert len(tries) == 1
    assert len(lab.faults) == 1


async def test_a_broken_subscriber_stops_no_answer(lab: Lab, client: socket.socket) -> None:
    """A log that cannot be written keeps the device from nothing."""

    def fail(_event: Event) -> None:
        raise RuntimeError("a fault of ours")

    lab.device.bus.subscribe(fail)
    lab.poison()
    lab.hosted.receive(POISON, Path("127.0.0.1", lab.plain, "127.0.0.1", 9))
    assert await said(client, lab.plain, PING) == PONG


def test_a_fault_is_told_again_after_a_while() -> None:
    """What goes on for long is told once a minute, with how often it happened; others at once."""
    reporter = FaultReporter()
    events: list[DeviceFault] = []
    for now in (0.0, 1.0, QUIET_SECONDS - 1, QUIET_SECONDS):
        events += reporter.events(ValueError("ours"), None, now)
    events += reporter.events(KeyError("ours"), None, QUIET_SECONDS)
    told = [(event.reason, event.left_out_before) for event in events]
    assert told == [("ValueError: ours", 0), ("ValueError: ours", 2), ("KeyError: 'ours'", 0)]

"""The same procedures with real sockets, on this machine's own addresses."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from obt_support import OWNER

from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.net.binding import Ports
from onboardee.device.net.hosted import HostedDevice
from onboardee.device.net.hub import Hub
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.device.testing import MemoryKeeper
from onboardee.obt import (
    ORDERS,
    PLGD,
    Address,
    AsyncioTransport,
    LinkError,
    NoAnswerError,
    OnboardingError,
    Order,
    find_unowned,
    find_unowned_at,
    take_ownership,
)
from onboardee.obt.link import Ask
from onboardee.obt.mailbox import Mailbox
from onboardee.svrdb.model import State
from onboardee.wire.coap import Method
from onboardee.wire.entropy import SystemEntropy


@contextmanager
def hosted_light(*hosts: str) -> Iterator[HostedDevice]:
    """Host a light on free ports."""
    profile = load("light")
    keeper = MemoryKeeper(new_database(profile, SystemEntropy()))
    hub = Hub()
    try:
        yield hub.add(
            boot(profile, keeper, Surroundings(entropy=SystemEntropy())), Ports(hosts=hosts)
        )
    finally:
        hub.stop()


def plain(hosted: HostedDevice) -> Address:
    """Return where the device takes plain requests."""
    endpoint = next(each for each in hosted.endpoints if each.scheme == "coap")
    return Address(endpoint.host, endpoint.port)


def has_ipv6() -> bool:
    """Tell whether ::1 can be bound."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


@pytest.mark.parametrize("order", ORDERS.values(), ids=lambda order: order.name)
async def test_every_order(order: Order) -> None:
    """Each order of messages works through sockets."""
    with hosted_light("127.0.0.1") as hosted:
        async with AsyncioTransport() as transport:
            found = await find_unowned_at(transport, plain(hosted))
            owned = await take_ownership(transport, found, OWNER, order=order)
            database = hosted.device.database
            assert database.state is State.RFNOP
            assert database.cred.credentials[0].private is not None
            assert database.cred.credentials[0].private.data == owned.ownership.key


@ipv6
async def test_ipv6_and_use() -> None:
    """A light is owned, switched, watched and reset over IPv6."""
    with hosted_light("::1") as hosted:
        async with AsyncioTransport() as transport:
            found = await find_unowned_at(transport, plain(hosted))
            async with await take_ownership(transport, found, OWNER, order=PLGD) as light:
                watching = await light.observe("/light/switch")
                assert await watching.next(within=5) == {"value": False}
                await light.update("/light/switch", {"value": True})
                assert await watching.next(within=5) == {"value": True}
                watching.stop()
                await light.reset()
            assert hosted.device.database.state is State.RESET


def group_interfaces() -> list[str]:
    """Return the interfaces on which IPv4 multicast can be sent, loopback apart."""
    names = []
    for index, name in socket.if_nameindex():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                request = socket.inet_aton("224.0.1.187") + bytes(4) + index.to_bytes(4, "little")
                probe.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
                probe.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, bytes(8) + request[8:])
                probe.sendto(b"", ("224.0.1.187", 9))
            except OSError:
                continue
            if name != "lo":
                names.append(name)
    return names


@pytest.mark.skipif(not group_interfaces(), reason="no interface for multicast")
async def test_multicast_discovery() -> None:
    """A device on all addresses is found through the groups, and owned where it was found."""
    with hosted_light() as hosted:
        uuid = hosted.device.database.doxm.device_uuid
        async with AsyncioTransport(interfaces=group_interfaces()) as transport:
            found = {device.uuid: device for device in await find_unowned(transport, rounds=1)}
            assert uuid in found
            owned = await take_ownership(transport, found[uuid], OWNER)
            assert owned.ownership.owner == hosted.device.database.doxm.owner_uuid


async def test_deadline() -> None:
    """A mute peer is given up at the deadline, and not later."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        async with AsyncioTransport() as transport:
            link = transport.open_plain(Address(*mute.getsockname()))
            started = time.monotonic()
            with pytest.raises(NoAnswerError):
                await transport.request(link, Ask(1, "/"), deadline=transport.now + 0.2)
            assert 0.1 < time.monotonic() - started < 2.0


async def test_each_waits_as_long_as_he_wants() -> None:
    """Whoever begins to wait later, and not as long as the others, is let go before them."""
    ended: list[float] = []
    async with AsyncioTransport() as transport:
        began = transport.now

        async def wait(seconds: float) -> None:
            with pytest.raises(NoAnswerError):
                await transport.receive(Mailbox[int](), deadline=began + seconds)
            ended.append(seconds)
            assert transport.now >= began + seconds

        async with asyncio.timeout(10):
            await asyncio.gather(wait(0.06), wait(0.02), wait(0.04))
    assert ended == [0.02, 0.04, 0.06]


async def test_no_route() -> None:
    """What the operating system refuses to send fails at once, with its reason."""
    async with AsyncioTransport() as transport:
        link = transport.open_plain(Address("255.255.255.255", 5683))
        with pytest.raises(LinkError, match="cannot be reached: Permission denied"):
            await transport.request(link, Ask(1, "/"), deadline=transport.now + 5)
        with pytest.raises(OnboardingError, match="read who owns the device"):
            await find_unowned_at(transport, Address("255.255.255.255", 5683))


async def test_sockets_are_given_back() -> None:
    """Closing a link frees its port at once, shutting down frees all."""
    transport = AsyncioTransport()
    link = transport.open_secured(Address("127.0.0.1", 9))
    port = link.path.local_port
    transport.close(link)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(("0.0.0.0", port))
    transport.open_plain(Address("127.0.0.1", 9))
    transport.shut_down()
    assert not transport._ports


async def test_cancelled() -> None:
    """A cancelled transfer says goodbye, and the device goes back to waiting for an owner."""
    with hosted_light("127.0.0.1") as hosted:
        async with AsyncioTransport() as transport:
            found = await find_unowned_at(transport, plain(hosted))
            reached = asyncio.Event()
            blocked = asyncio.create_task(
                take_ownership(
                    transport,
                    found,
                    OWNER,
                    on_step=lambda step: reached.set() if step.method == "DTLS" else None,
                )
            )
            await reached.wait()
            blocked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await blocked
            await asyncio.sleep(0.1)
            assert not hosted.device.sessions
            assert not hosted.device.database.doxm.owned


@pytest.mark.asyncio
async def test_a_ping_is_answered_from_the_address_that_it_came_to() -> None:
    """A machine has many addresses, and a device takes a proof only from the one that it pinged."""
    async with AsyncioTransport() as transport:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
            device.bind(("127.0.0.5", 0))
            device.settimeout(5)
            link = transport.open_plain(Address(*device.getsockname()))
            ask = Ask(Method.GET, "/oic/res")
            asking = asyncio.create_task(transport.request(link, ask, deadline=transport.now + 5))
            _, (_, port) = await asyncio.to_thread(device.recvfrom, 1500)
            device.sendto(b"\x40\x00\x12\x34", ("127.0.0.9", port))
            reset, came_from = await asyncio.to_thread(device.recvfrom, 1500)
            asking.cancel()
    assert (reset, came_from) == (b"\x70\x00\x12\x34", ("127.0.0.9", port))

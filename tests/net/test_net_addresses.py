"""Devices with an address each: one pair of sockets for all, and each answers for itself."""

import os
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
from test_net_hub import described, light

from onboardee.device.net.addresses import Addresses, parsed_prefix
from onboardee.device.net.binding import BindError
from onboardee.device.net.hub import Hub
from onboardee.wire.path import Path

LOOPBACK = parsed_prefix("127.9.0.0/28")
"""All of 127.0.0.0/8 is this machine's: here such a prefix needs no route."""
NOWHERE = parsed_prefix("192.0.2.0/28")


def free_ports() -> tuple[int, int]:
    """Return two ports that nobody has on any address."""
    with ExitStack() as stack:
        found = []
        for _ in range(2):
            probe = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            probe.bind(("0.0.0.0", 0))
            found.append(probe.getsockname()[1])
    return found[0], found[1]


@contextmanager
def _opened() -> Iterator[Addresses]:
    addresses = Addresses([LOOPBACK], *free_ports())
    addresses.open()
    with closing(addresses):
        yield addresses


async def test_each_device_answers_at_its_own_address() -> None:
    """At the same port; and no socket is added for it."""
    hub = Hub()
    with _opened() as addresses:
        try:
            first = hub.add(light(), addresses.place(0))
            second = hub.add(light(), addresses.place(1))
            answers = [await described(f"127.9.0.{n}", addresses.plain) for n in (1, 2)]
            uuids = [each.device.database.doxm.device_uuid for each in (first, second)]
            assert [each["di"] for each in answers] == list(map(str, uuids))
            assert [str(each) for each in first.endpoints] == [
                f"coap://127.9.0.1:{addresses.plain}",
                f"coaps://127.9.0.1:{addresses.secure}",
            ]
        finally:
            hub.stop()


async def test_a_device_that_is_gone_is_silent_and_comes_back_to_its_address() -> None:
    """The others go on; what is sent to an address without a device is dropped."""
    hub = Hub()
    with _opened() as addresses, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        try:
            hub.remove(hub.add(light(), addresses.place(0)))
            hub.add(light(), addresses.place(1))
            client.bind((LOOPBACK[9].compressed, 0))
            client.setblocking(False)
            client.sendto(b"\x40\x00\x00\x01", ("127.9.0.1", addresses.plain))
            assert (await described("127.9.0.2", addresses.plain))["di"]
            with pytest.raises(BlockingIOError):  # a ping is answered by those who are there
                client.recv(64)
            hub.add(light(), addresses.place(0))
            assert (await described("127.9.0.1", addresses.plain))["di"]
        finally:
            hub.stop()


async def test_a_search_is_answered_from_the_own_address() -> None:
    """Of the version of IP in which it came; where a device has none of that, not at all."""
    with _opened() as addresses:
        place = addresses.place(4).open()
        search = Path("224.0.1.187", 5683, "127.0.0.1", 40000, interface=1, multicast=True)
        answered = place.answering(search, "127.0.0.1")
        assert answered is not None
        assert (answered.local_host, answered.local_port) == ("127.9.0.5", addresses.plain)
        assert answered.interface == 1
        assert place.answering(Path("ff02::158", 5683, "fe80::1", 40000), "fe80::2") is None


def test_a_prefix_that_is_not_routed_here_is_told_with_the_command() -> None:
    """And no socket stays open."""
    ports = free_ports()
    with pytest.raises(BindError, match=r"ip route add local 192\.0\.2\.0/28 dev lo"):
        Addresses([NOWHERE], *ports).open()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(("0.0.0.0", ports[1]))


def test_a_port_that_another_program_has_is_an_error() -> None:
    """With which one it is."""
    plain, secure = free_ports()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", secure))
        with pytest.raises(BindError, match=f"UDP port {secure} of 127.9.0.0/28"):
            Addresses([LOOPBACK], plain, secure).open()


def test_a_prefix_has_room_for_so_many_devices() -> None:
    """The first address and the last one are nobody's."""
    addresses = Addresses([LOOPBACK])
    assert str(addresses.place(13).endpoints[0]).startswith("coap://127.9.0.14:")
    with pytest.raises(BindError, match="too few addresses for 15 devices"):
        addresses.place(14)


@pytest.mark.parametrize(
    "text", ["fd00:db8::/128", "10.0.0.0", "ff05::/64", "10.9.0.1/16", "lamps", "224.0.0.0/24", ""]
)
def test_what_is_no_prefix_for_devices_is_refused(text: str) -> None:
    """Single addresses, groups, and addresses with bits behind the prefix."""
    with pytest.raises(ValueError, match=r"prefix|no addresses"):
        parsed_prefix(text)


def test_a_prefix_is_tried_with_thousands_of_files_open() -> None:
    """A large fleet has its stores open before its sockets."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    with ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        for _ in range(1100):
            descriptor = os.open("/dev/null", os.O_RDONLY)
            stack.callback(os.close, descriptor)
        with _opened() as addresses:
            assert addresses.place(0).endpoints

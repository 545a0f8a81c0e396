"""Which peers are on the same link, so that their addresses need no proof at once."""

import socket
from types import SimpleNamespace
from typing import Any

import ifaddr
import pytest

from onboardee.device.net.on_link import REFRESH_SECONDS, Links
from onboardee.device.net.udp import UdpSocket
from onboardee.wire.path import Path


def links(clock: Any = lambda: 0.0, extra: Any = ()) -> Links:
    """Make the view of a machine with a wired and a wireless interface."""
    adapters = [
        SimpleNamespace(index=2, ips=[ifaddr.IP("192.0.2.1", 24, "eth0"),
                                      ifaddr.IP(("2001:db8:0:1::1", 0, 0), 64, "eth0")]),
        SimpleNamespace(index=3, ips=[ifaddr.IP("10.1.0.5", 16, "wlan0")]),
    ]  # fmt: skip
    return Links(lambda: [*adapters, *extra], clock)  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("host", "interface", "expected"),
    [
        ("192.0.2.200", 2, True),
        ("192.0.2.200", 3, False),
        ("192.0.2.200", 0, True),
        ("192.0.3.1", 2, False),
        ("10.1.200.1", 3, True),
        ("198.51.100.1", 0, False),
        ("2001:db8:0:1::99", 2, True),
        ("2001:db8:0:2::99", 2, False),
        ("fe80::1%eth0", 2, True),
        ("192.0.2.1", 1, True),
        ("nonsense", 2, False),
    ],
)
def test_who_is_on_the_link(host: str, interface: int, expected: bool) -> None:
    """A peer belongs to the network of the interface that heard it; our own address always does."""
    assert links().has(host, interface) is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("192.0.2.1", True),
        ("2001:db8:0:1::1", True),
        ("127.0.0.9", True),
        ("192.0.2.2", False),
        ("fe80::1", False),
        ("nonsense", False),
    ],
)
def test_who_is_on_this_machine(host: str, expected: bool) -> None:
    """Our own addresses are known, from those of neighbours on the same link, too."""
    assert links().is_ours(host) is expected


def test_changes_are_noticed() -> None:
    """An interface that appears counts after a few seconds."""
    now, extra = [0.0], list[Any]()
    seen = links(lambda: now[0], extra=extra)
    seen._adapters = lambda: extra
    assert not seen.has("172.16.0.9", 0)
    extra.append(SimpleNamespace(index=4, ips=[ifaddr.IP("172.16.0.1", 24, "tun0")]))
    assert not seen.has("172.16.0.9", 0)
    now[0] = REFRESH_SECONDS
    assert seen.has("172.16.0.9", 0)


def test_a_socket_tells_it_apart() -> None:
    """The path of a datagram says whether its sender is on the link."""
    opened = UdpSocket("127.0.0.1", 0)
    got: list[Path] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"x", ("127.0.0.1", opened.port))
        while not got:
            opened.drain(lambda _, path: got.append(path))
    opened.close()
    assert got[0].on_link

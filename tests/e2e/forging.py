"""Forged requests: what a device sends in the names of others, which bench/amplification.py shows.

Octets on the network include the headers of IPv4 and UDP.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from aiocoap import GET
from device_scene import HOST, PLAIN
from stranger import request

from onboardee.device.machine.budget import HEADERS
from onboardee.device.testing.client import is_ping
from onboardee.device.testing.local import LocalDevice
from onboardee.wire.path import Outgoing, Path

KINDS = ("one address", "a thousand addresses", "a /64 of IPv6")


@dataclass
class Figures:
    """Octets that arrived and left."""

    asked: int = 0
    sent: int = 0
    pings: int = 0
    """Of what left, that of pings."""
    first: int = 0
    """Of what left, that of the first second."""
    last: int = 0
    """Of what left, that of the last third."""


def octets(datagrams: Iterable[bytes]) -> int:
    """Count what datagrams are on the network."""
    return sum(len(each) + HEADERS for each in datagrams)


def sources(kind: str) -> Iterator[str]:
    """Return addresses that an attacker forges."""
    for number in count():
        one_of = {
            "one address": "198.51.100.7",
            "a thousand addresses": f"198.51.{number // 250 % 4}.{number % 250 + 1}",
            "a /64 of IPv6": f"2001:db8:0:7::{number % 65535 + 1:x}",
        }
        yield one_of[kind]


def attack(
    devices: Sequence[LocalDevice],
    kind: str,
    href: str,
    *,
    seconds: int,
    rate: int,
    on_link: bool = False,
    answers_pings: bool = False,
) -> Figures:
    """Ask devices in turn, in the names of others, so often in a second of simulated time.

    Nobody answers their pings, or everybody does as any CoAP endpoint would.
    """
    figures, forged = Figures(), sources(kind)
    for number in range(seconds * rate):
        now, device = number / rate, devices[number % len(devices)]
        path = Path(HOST, PLAIN, next(forged), 6666, on_link=on_link)
        question = request(GET, href, number % 65536)
        outgoing = device.receive(question, path, now)
        if answers_pings:
            outgoing += _answered(device, outgoing, now + 0.5 / rate)
        outgoing += device.tick(now + 0.9 / rate)
        sent = octets(each.datagram for each in outgoing)
        figures.asked += octets([question])
        figures.sent += sent
        figures.pings += octets(each.datagram for each in outgoing if is_ping(each.datagram))
        figures.first += sent if now < 1 else 0
        figures.last += sent if now >= seconds * 2 / 3 else 0
    return figures


def _answered(device: LocalDevice, sent: list[Outgoing], now: float) -> list[Outgoing]:
    """Answer the pings among what was sent with a reset; return what the device sends then."""
    return [
        answer
        for ping in sent
        if is_ping(ping.datagram)
        for answer in device.receive(b"\x70\x00" + ping.datagram[2:], ping.path, now)
    ]

"""What a device sends in the names of others, and what an honest client gets from it.

Forged requests of each kind arrive without pause for a simulated time; nobody answers the pings, or
everybody does as any CoAP endpoint would. Octets include 28 of IPv4 and UDP headers. The honest
client reads all resources ten times in parallel. Run: `python bench/amplification.py`
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from load import get

from onboardee.device.testing import MemoryNetwork, memory_device
from onboardee.device.testing.local import LocalDevice
from onboardee.wire.coap import Method, ResponseReceived
from onboardee.wire.coap.client import CoapClient
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Outgoing
from onboardee.wire.path import Path as Way

HEADERS, DEVICE = 28, "10.0.0.10"


@dataclass
class Figures:
    """Octets that arrived and left, with their headers."""

    asked: int = 0
    sent: int = 0
    first: int = 0
    """Of what left, that of the first second."""
    last: int = 0
    """Of what left, that of the last third."""


def forged(kind: str, number: int) -> str:
    """Return the source of a forged request."""
    if kind == "a thousand addresses":
        return f"198.51.{number // 250 % 4}.{number % 250 + 1}"
    return f"2001:db8:0:7::{number % 65535 + 1:x}" if kind == "a /64 of IPv6" else "198.51.100.7"


def is_ping(datagram: bytes) -> bool:
    """Tell whether a datagram is a CoAP ping."""
    return len(datagram) == 4 and datagram[:2] == b"\x40\x00"


def attack(kind: str, *, on_link: bool, answers_pings: bool, seconds: int, rate: int) -> Figures:
    """Ask for all links in the names of others."""
    device = memory_device(MemoryNetwork(), "light")
    figures = Figures()
    for number in range(seconds * rate):
        now = number / rate
        way = Way(DEVICE, 5683, forged(kind, number), 5683, on_link=on_link)
        question = get("/oic/res", number % 65536)
        figures.asked += len(question) + HEADERS
        outgoing = device.receive(question, way, now)
        replies = [each for each in outgoing if answers_pings and is_ping(each.datagram)]
        for ping in replies:
            reset = b"\x70\x00" + ping.datagram[2:]
            outgoing += device.receive(reset, ping.path, now + 0.5 / rate)
        outgoing += device.tick(now + 0.9 / rate)
        sent = sum(len(each.datagram) + HEADERS for each in outgoing)
        figures.sent += sent
        figures.first += sent if now < 1 else 0
        figures.last += sent if now >= seconds * 2 / 3 else 0
    return figures


class Honest:
    """A client that reads everything ten times in parallel."""

    def __init__(self, network: MemoryNetwork, device: LocalDevice) -> None:
        self._network = network
        self._client = CoapClient(entropy=SeededEntropy("honest"))
        self._hrefs = ["/oic/res", "/oic/d", "/oic/p", *device.appliances] * 10
        self.octets = self.answered = self.pings = 0
        self.ended_at = 0.0
        network.attach(self, "10.0.0.50", 5555)

    @property
    def is_served(self) -> bool:
        """Whether every request was answered with content."""
        return self.answered == len(self._hrefs)

    def begin(self) -> None:
        """Send all requests."""
        for href in self._hrefs:
            self._client.request(Method.GET, href, accept=10000, now=0.0)
        self._network.send(self._outgoing())

    def receive(self, datagram: bytes, path: Way, now: float) -> list[Outgoing]:
        """Take a datagram."""
        self.pings += is_ping(datagram)
        self._client.receive(datagram, now)
        for event in self._client.take_events():
            if isinstance(event, ResponseReceived) and str(event.response.code) == "2.05":
                self.answered += 1
                self.octets += len(event.response.payload)
                self.ended_at = now
        return self._outgoing()

    def tick(self, now: float) -> list[Outgoing]:
        """Repeat what was lost."""
        self._client.tick(now)
        return self._outgoing()

    def next_deadline(self) -> float | None:
        """Return when `tick` wants to be called."""
        return self._client.next_deadline()

    def _outgoing(self) -> list[Outgoing]:
        way = Way("10.0.0.50", 5555, DEVICE, 5683)
        return [Outgoing(message, way) for message in self._client.take_outgoing()]


def read_all(profile: str, *, is_routed: bool) -> Honest:
    """Let an honest client read everything of a device."""
    network = MemoryNetwork(is_routed=is_routed)
    honest = Honest(network, memory_device(network, profile, open_to_all=True))
    honest.begin()
    network.run_until(lambda: honest.is_served, timeout=120)
    return honest


def main(show: Callable[[str], None] = print) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="of the attack, simulated")
    parser.add_argument("--rate", type=int, default=500, help="forged requests a second")
    parser.add_argument("--profile", default="refrigerator", help="which the honest client reads")
    arguments = parser.parse_args()
    show("| forged sources | pings | factor | KiB in the first second | KiB/s in the last third |")
    show("| --- | --- | --- | --- | --- |")
    for on_link in (False, True):
        for kind in ("one address", "a thousand addresses", "a /64 of IPv6"):
            for answers_pings in (False, True):
                got = attack(
                    kind,
                    on_link=on_link,
                    answers_pings=answers_pings,
                    seconds=arguments.seconds,
                    rate=arguments.rate,
                )
                place = "on the link" if on_link else "elsewhere"
                pings = "answered" if answers_pings else "not answered"
                later = got.last / (arguments.seconds / 3) / 1024
                show(
                    f"| {kind} {place} | {pings} | {got.sent / got.asked:.2f} | "
                    f"{got.first / 1024:.0f} | {later:.0f} |"
                )
    show("")
    for is_routed in (True, False):
        honest = read_all(arguments.profile, is_routed=is_routed)
        place = "elsewhere" if is_routed else "on the link"
        show(
            f"An honest client {place}: {honest.answered} answers, "
            f"{'all' if honest.is_served else 'not all'}, {honest.octets / 1024:.0f} KiB, "
            f"after {honest.ended_at:.2f} s, {honest.pings} pings."
        )


if __name__ == "__main__":
    main()

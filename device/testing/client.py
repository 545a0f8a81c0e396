"""A client on a network in memory, without DTLS: it reads and observes, and notes what it hears.

Tests of behaviour ask what an observer sees and when, since that is all of a simulated world that
is visible from outside; those of amplification ask what a peer gets that proves its address, or
does not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from onboardee.device.testing.network import MemoryNetwork
from onboardee.wire.coap import Code, ContentFormat, Method, ResponseReceived
from onboardee.wire.coap.client import CoapClient
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Outgoing, Path


def is_ping(datagram: bytes) -> bool:
    """Tell whether a datagram is a CoAP ping: confirmable and empty (RFC 7252 4.3)."""
    return len(datagram) == 4 and datagram[:2] == b"\x40\x00"


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer or notification: when it came, of which resource, its code and payload (CBOR)."""

    at: float
    """Seconds of the network's time."""
    href: str
    code: Code
    payload: bytes
    """As it came, CBOR for resources of OCF."""


@dataclass(slots=True)
class PlainClient:
    """A node that talks with the device at `host`, port 5683, as RFC 7252 asks of a client."""

    network: MemoryNetwork
    host: str = "10.0.0.10"
    """Of the device; its port is 5683."""
    own_host: str = "10.0.0.99"
    """Where the client is."""
    own_port: int = 5683
    answers_pings: bool = True
    heard: list[Heard] = field(default_factory=list)
    """In the order of arrival."""
    pings: int = 0
    """How many the device has sent."""
    _client: CoapClient = field(init=False)
    _hrefs: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Join the network."""
        self._client = CoapClient(entropy=SeededEntropy(f"{self.own_host} {self.own_port}"))
        self.network.attach(self, self.own_host, self.own_port)

    def read(self, hrefs: Iterable[str]) -> None:
        """Ask for resources, all at once; the answers come as time passes."""
        self._ask(hrefs, observe=False)

    def observe(self, hrefs: Iterable[str]) -> None:
        """Begin to observe; the answers come as time passes."""
        self._ask(hrefs, observe=True)

    def receive(self, datagram: bytes, path: Path, now: float) -> list[Outgoing]:
        """Note what the device says, and acknowledge it."""
        self.pings += is_ping(datagram)
        if self.answers_pings or not is_ping(datagram):
            self._client.receive(datagram, now)
        for event in self._client.take_events():
            if isinstance(event, ResponseReceived):
                href, response = self._hrefs[event.exchange], event.response
                self.heard.append(Heard(now, href, response.code, response.payload))
        return self._outgoing()

    def tick(self, now: float) -> list[Outgoing]:
        """Repeat what was lost."""
        self._client.tick(now)
        return self._outgoing()

    def next_deadline(self) -> float | None:
        """Return when `tick` wants to be called."""
        return self._client.next_deadline()

    def _ask(self, hrefs: Iterable[str], *, observe: bool) -> None:
        for href in hrefs:
            number = self._client.request(
                Method.GET, href, accept=ContentFormat.OCF_CBOR, observe=observe,
                now=self.network.now,
            )  # fmt: skip
            self._hrefs[number] = href
        self.network.send(self._outgoing())

    def _outgoing(self) -> list[Outgoing]:
        path = Path(self.own_host, self.own_port, self.host, 5683)
        return [Outgoing(message, path) for message in self._client.take_outgoing()]

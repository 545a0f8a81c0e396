"""Somebody on a network in memory who observes a device without DTLS, and notes what it says."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from onboardee.device.testing.network import MemoryNetwork
from onboardee.wire.coap import Method, ResponseReceived
from onboardee.wire.coap.client import CoapClient
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Outgoing, Path


@dataclass(frozen=True, slots=True)
class Notification:
    """One answer or notification: when it came, of which resource, its payload (CBOR)."""

    at: float
    href: str
    payload: bytes


@dataclass(slots=True)
class Watcher:
    """A node that observes resources of the device at `host`, port 5683."""

    network: MemoryNetwork
    host: str = "10.0.0.10"
    own_host: str = "10.0.0.99"
    own_port: int = 5683
    heard: list[Notification] = field(default_factory=list)
    _client: CoapClient = field(init=False)
    _hrefs: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Join the network."""
        self._client = CoapClient(entropy=SeededEntropy(self.own_port))
        self.network.attach(self, self.own_host, self.own_port)

    def observe(self, hrefs: Iterable[str]) -> None:
        """Begin to observe; the answers come as time passes."""
        for href in hrefs:
            number = self._client.request(Method.GET, href, observe=True, now=self.network.now)
            self._hrefs[number] = href
        self.network.send(self._outgoing())

    def receive(self, datagram: bytes, path: Path, now: float) -> list[Outgoing]:
        """Note what the device says, and acknowledge it."""
        self._client.receive(datagram, now)
        for event in self._client.take_events():
            if isinstance(event, ResponseReceived):
                href = self._hrefs[event.exchange]
                self.heard.append(Notification(now, href, event.response.payload))
        return self._outgoing()

    def tick(self, now: float) -> list[Outgoing]:
        """Repeat what was lost."""
        self._client.tick(now)
        return self._outgoing()

    def next_deadline(self) -> float | None:
        """Return when `tick` wants to be called."""
        return self._client.next_deadline()

    def _outgoing(self) -> list[Outgoing]:
        path = Path(self.own_host, self.own_port, self.host, 5683)
        return [Outgoing(message, path) for message in self._client.take_outgoing()]

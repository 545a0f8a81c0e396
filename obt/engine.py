"""The onboarding tool's end of all conversations, without sockets and clock.

Datagrams go in with the path that they came along and the time, datagrams come out with the path
that they are to take; who drives this (`AsyncioTransport`, `MemoryTransport`) has the sockets and
the clock. So whole onboardings run in a test in milliseconds, with lost, doubled and reordered
datagrams, and the same octets run on a network.

All plain requests leave from one port, as its answers are told apart by the peer. Each secured link
gets a local port of its own: to a server, peer address and port are the session, so two sessions
with one device (plgd's tool opens a second one during the transfer) need two ports.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from onboardee.obt.address import Address, place_of_peer
from onboardee.obt.errors import LinkError
from onboardee.obt.link import Ask, Link
from onboardee.obt.mailbox import Mailbox
from onboardee.wire.coap import ClientResponse
from onboardee.wire.coap.discovery import (
    acknowledgement,
    decode_response,
    encode_multicast_request,
    pong,
)
from onboardee.wire.dtls import ClientConfig, Session
from onboardee.wire.entropy import Entropy
from onboardee.wire.path import Outgoing, Path

MAX_ANSWERS = 16_384
"""Answers kept for one discovery, of a large fleet on two families of addresses, too; 18 MB."""

_Key = tuple[int, str, int, int]
"""Our port, and host, port and interface of the peer's address: what makes a link."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One device's answer to a multicast request.

    The address is where it came from, which is where further questions go, whatever the answer
    says.
    """

    address: Address
    response: ClientResponse


@dataclass(slots=True, eq=False)
class Discovery:
    """A multicast request that still takes answers, one from each address.

    Devices that answer on two addresses are heard twice; that they are one is seen from their UUID
    only. There is a bound on answers, as anybody may send them.
    """

    token: bytes
    """By which answers are known (RFC 7252 5.3.1)."""
    answers: Mailbox[Answer] = field(default_factory=Mailbox)
    heard: set[Address] = field(default_factory=set)
    """Addresses that have answered: a second answer from one is dropped."""


class ObtEngine:
    """Links and discoveries; what they send comes out of `take_outgoing`.

    Whatever a datagram holds, `receive` raises nothing on its account.
    """

    def __init__(self, *, entropy: Entropy) -> None:
        self.entropy = entropy
        self._links: dict[_Key, Link] = {}
        self._due: dict[Link, float] = {}
        """When each link that waits for something wants to be called; of a fleet most do not."""
        self._soonest: float | None = None
        """The first of these, None where it has to be looked for."""
        self._discoveries: dict[bytes, Discovery] = {}
        self._outbox: list[Outgoing] = []

    def open(self, path: Path, *, is_secured: bool) -> Link:
        """Return the link along `path`; a plain one is made once and shared.

        Two calls for the same plain path return the same link: its port is shared by all, and so is
        what waits on it.
        """
        key = _key(path)
        link = self._links.get(key)
        if link is None:
            link = Link(path, is_secured=is_secured, entropy=self.entropy)
            self._links[key] = link
        return link

    def close(self, link: Link, now: float) -> None:
        """End a link for good."""
        link.is_closed = True
        link.close(now)
        self._collect(link)
        self._due.pop(link, None)
        self._soonest = None
        self._links.pop(_key(link.path), None)

    def close_all(self, now: float) -> None:
        """End all links."""
        for link in list(self._links.values()):
            self.close(link, now)

    def start_handshake(
        self, link: Link, config: ClientConfig, now: float, *, signs: Mailbox[Link] | None = None
    ) -> Mailbox[Session]:
        """Begin a handshake on a secured link, see `Link.start_handshake`."""
        mailbox = link.start_handshake(config, now, signs=signs)
        self._collect(link)
        return mailbox

    def request(self, link: Link, ask: Ask, now: float) -> Mailbox[ClientResponse]:
        """Send a request on a link."""
        mailbox = link.request(ask, now)
        self._collect(link)
        return mailbox

    def stop_observing(self, link: Link, mailbox: Mailbox[ClientResponse], now: float) -> None:
        """End the observation whose notifications `mailbox` gets."""
        link.stop_observing(mailbox, now)
        self._collect(link)

    def start_discovery(self, paths: Iterable[Path], ask: Ask) -> Discovery:
        """Send one request to several groups; its answers gather until `end_discovery`.

        All groups get the same token, so a device in several of them is heard once for each
        address.
        """
        token, datagram = encode_multicast_request(
            ask.path,
            query=ask.query,
            accept=ask.accept,
            accept_version=ask.accept_version,
            entropy=self.entropy,
        )
        discovery = Discovery(token)
        self._discoveries[token] = discovery
        self._outbox += [Outgoing(datagram, path) for path in paths]
        return discovery

    def end_discovery(self, discovery: Discovery) -> None:
        """Take no more answers."""
        self._discoveries.pop(discovery.token, None)

    def unreachable(self, path: Path, reason: str, now: float) -> None:
        """Take the operating system's word that nothing can be sent along `path`."""
        link = self._links.get(_key(path))
        if link is not None:
            link.fail(LinkError(f"{link.address} cannot be reached: {reason}"), now)
            self._note_due(link)

    def receive(self, datagram: bytes, path: Path, now: float) -> list[Outgoing]:
        """Take a datagram, return those to be sent.

        A datagram from nobody that was asked is dropped. A ping is answered, from the address of
        ours that it came to, while somebody searches or has asked that peer (RFC 7252 4.3).
        """
        link = self._links.get(_key(path))
        is_plain = link is None or not link.is_secured
        if is_plain and self._take_answer(datagram, path):
            return self.take_outgoing()
        reply = pong(datagram) if is_plain else None
        if reply is not None:
            if link is not None or self._discoveries:
                self._outbox.append(Outgoing(reply, path))
        elif link is not None:
            link.receive(datagram, now)
            self._collect(link)
        return self.take_outgoing()

    def tick(self, now: float) -> list[Outgoing]:
        """Do what is due, return the datagrams to be sent."""
        for link in [link for link, deadline in self._due.items() if deadline <= now]:
            link.tick(now)
            self._collect(link)
        return self.take_outgoing()

    def next_deadline(self) -> float | None:
        """Return when `tick` wants to be called, None if nothing is waiting.

        A driver calls `tick` then, or later; never is it needed earlier.
        """
        if self._soonest is None:
            self._soonest = min(self._due.values(), default=None)
        return self._soonest

    def take_outgoing(self) -> list[Outgoing]:
        """Return and forget what is to be sent."""
        outgoing, self._outbox = self._outbox, []
        return outgoing

    def _take_answer(self, datagram: bytes, path: Path) -> bool:
        """Give an answer to its discovery; tell whether it belongs to one."""
        response = decode_response(datagram)
        discovery = None if response is None else self._discoveries.get(response.token)
        if response is None or discovery is None:
            return False
        receipt = acknowledgement(datagram)
        if receipt is not None:
            self._outbox.append(Outgoing(receipt, path))
        address = Address.of_peer(path)
        if address not in discovery.heard and len(discovery.heard) < MAX_ANSWERS:
            discovery.heard.add(address)
            discovery.answers.put(Answer(address, response))
        return True

    def _collect(self, link: Link) -> None:
        """Take what a link wants to send along its path."""
        self._outbox += [Outgoing(datagram, link.path) for datagram in link.take_datagrams()]
        self._note_due(link)

    def _note_due(self, link: Link) -> None:
        """Keep when a link that something has happened to wants to be called."""
        before, deadline = self._due.pop(link, None), link.next_deadline()
        if deadline is not None:
            self._due[link] = deadline
        # with many links mostly another one is the next: not all are looked at each time
        if before is not None and before == self._soonest:
            self._soonest = None
        elif deadline is not None and self._soonest is not None:
            self._soonest = min(self._soonest, deadline)


def _key(path: Path) -> _Key:
    """Tell links apart by our port and the peer; our host may be any of the machine's."""
    return path.local_port, *place_of_peer(path)

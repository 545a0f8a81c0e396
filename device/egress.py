"""What leaves a device: answers, notifications, and how much of it strangers may cause."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Final

from onboardee.device import events
from onboardee.device.access.peer import Peer
from onboardee.device.challenges import Challenges
from onboardee.device.events import Bus
from onboardee.wire.coap import CoapServer
from onboardee.wire.coap.patching import in_small_blocks
from onboardee.wire.dtls import ServerEndpoint
from onboardee.wire.path import Outgoing, Path


class Egress:
    """Collects what the protocols have to send, after telling the observers of what changed."""

    def __init__(
        self,
        coap: CoapServer,
        dtls: ServerEndpoint,
        bus: Bus,
        batches: Mapping[str, Iterable[Hashable]],
        challenges: Challenges,
    ) -> None:
        self.challenges: Final = challenges
        self._coap = coap
        self._dtls = dtls
        self._bus = bus
        self._batches = batches
        self._changed: dict[Hashable, None] = {}
        """A set with an order that does not depend on hashes."""
        self._drops_observers = False

    def notify(self, hrefs: Iterable[str]) -> None:
        """Let the observers of these resources know, with the next datagrams.

        So do those of the batches that show one of the resources.
        """
        for href in hrefs:
            self._changed[href] = None
            self._changed.update(dict.fromkeys(self._batches.get(href, ())))

    def drop_observers(self) -> None:
        """End all observations before anything else is sent."""
        self._drops_observers = True

    def collect(self, now: float) -> list[Outgoing]:
        """Return all datagrams that wait."""
        if self._drops_observers:
            self._drops_observers = False
            self._changed.clear()
            self._coap.drop_observers(now)
        while self._changed:
            href = next(iter(self._changed))
            del self._changed[href]
            self._coap.notify(href, now)
        outgoing = self._taken(now) + self.challenges.take_ready()
        self.challenges.forget_requests()
        for path, request in self.challenges.take_refused():
            outgoing += self._answered_small(path, request, now)
        for datagram, address in self._dtls.take_datagrams():
            assert isinstance(address, Path)
            outgoing.append(Outgoing(datagram, address))
        return outgoing

    def tick(self, now: float) -> None:
        """Give up proofs that did not come."""
        self.challenges.tick(now)

    def _taken(self, now: float) -> list[Outgoing]:
        """Return the CoAP messages that may leave now; those in sessions go through DTLS."""
        outgoing: list[Outgoing] = []
        for remote, message in self._coap.take_outgoing():
            assert isinstance(remote, Peer)
            if remote.session is None:
                item = self.challenges.pass_on(message, remote.address, now)
                outgoing += [] if item is None else [item]
            elif remote.session.alive:
                self._dtls.send(remote.session, message, now)
        return outgoing

    def _answered_small(self, path: Path, request: bytes | None, now: float) -> list[Outgoing]:
        """Answer a request again, in blocks so small that they need no proof."""
        bound = self.challenges.budget.bound(len(request or b""))
        small = None if request is None else in_small_blocks(request, bound)
        sent: list[Outgoing] = []
        if small is not None and request is not None:
            peer = Peer(path)
            self._coap.receive(small, peer, now)
            for remote, message in self._coap.take_outgoing():
                if remote == peer:
                    allowed = self.challenges.pass_on_small(message, path, len(request), now)
                    sent += [] if allowed is None else [Outgoing(allowed, path)]
        if not sent and self.challenges.budget.is_first_refusal(path, now):
            self._bus.publish(events.AnswersWithheld(peer=path.peer_host))
        return sent

"""What leaves a device: answers, notifications, and how much of it strangers may cause."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Final

from onboardee.device import events
from onboardee.device.access.peer import Peer
from onboardee.device.budget import AnswerBudget
from onboardee.device.events import Bus
from onboardee.wire.coap import CoapServer
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
    ) -> None:
        self.budget: Final = AnswerBudget()
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
        outgoing: list[Outgoing] = []
        for remote, message in self._coap.take_outgoing():
            assert isinstance(remote, Peer)
            if remote.session is not None:
                if remote.session.alive:
                    self._dtls.send(remote.session, message, now)
            elif self._may_send(remote.address, len(message), now):
                outgoing.append(Outgoing(message, remote.address))
        for datagram, address in self._dtls.take_datagrams():
            assert isinstance(address, Path)
            outgoing.append(Outgoing(datagram, address))
        return outgoing

    def _may_send(self, path: Path, size: int, now: float) -> bool:
        if self.budget.spend(path.peer_host, size, now):
            return True
        if self.budget.is_first_refusal(path.peer_host, now):
            self._bus.publish(events.AnswersWithheld(peer=path.peer_host))
        return False

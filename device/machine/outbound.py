"""What leaves a device: answers, notifications, and how much of it strangers may cause."""

from typing import Final

from onboardee.device import events
from onboardee.device.access.peer import Peer
from onboardee.device.machine.announcements import Announcements
from onboardee.device.machine.challenges import Challenges
from onboardee.device.machine.service import Service
from onboardee.device.machine.state import DeviceState, Report
from onboardee.wire.coap import CoapServer
from onboardee.wire.coap.patching import in_small_blocks
from onboardee.wire.dtls import ServerEndpoint
from onboardee.wire.path import Outgoing, Path


class Outbound:
    """Collects what the protocols have to send, after the observers were told of what changed."""

    def __init__(  # noqa: PLR0913 - the parts that something leaves from, by keyword
        self,
        *,
        state: DeviceState,
        report: Report,
        coap: CoapServer,
        dtls: ServerEndpoint,
        service: Service,
        announcements: Announcements,
        challenges: Challenges,
    ) -> None:
        self.challenges: Final = challenges
        self._state = state
        self._report = report
        self._coap = coap
        self._dtls = dtls
        self._service = service
        self._announcements = announcements

    def collect(self, *, is_all_answered: bool) -> list[Outgoing]:
        """Return all datagrams that wait; say whether all requests are answered now."""
        self._tell_observers()
        outgoing = self._taken() + self.challenges.take_ready()
        if is_all_answered:
            self.challenges.forget_requests()
        for path, request in self.challenges.take_refused():
            outgoing += self._answered_small(path, request)
        for datagram, address in self._dtls.take_datagrams():
            assert isinstance(address, Path)
            outgoing.append(Outgoing(datagram, address))
        return outgoing

    def _tell_observers(self) -> None:
        coap, now = self._coap, self._state.now
        if self._announcements.take_end():
            coap.drop_observers(now)
        while (key := self._announcements.take()) is not None:
            coap.notify(key)
        while (observer := coap.take_stale()) is not None:
            assert isinstance(observer.remote, Peer)
            response = self._service.answer_at_once(observer.request, observer.remote)
            coap.tell(observer, response, now)

    def _taken(self) -> list[Outgoing]:
        """Return the CoAP messages that may leave now; those in sessions go through DTLS."""
        outgoing: list[Outgoing] = []
        now = self._state.now
        for remote, message in self._coap.take_outgoing():
            assert isinstance(remote, Peer)
            if remote.session is None:
                item = self.challenges.pass_on(message, remote.address, now)
                outgoing += [] if item is None else [item]
            elif remote.session.alive:
                self._dtls.send(remote.session, message, now)
        return outgoing

    def _answered_small(self, path: Path, request: bytes | None) -> list[Outgoing]:
        """Answer a request again, in blocks so small that they need no proof."""
        budget, now = self.challenges.budget, self._state.now
        small = None if request is None else in_small_blocks(request, budget.bound(len(request)))
        sent: list[Outgoing] = []
        if small is not None and request is not None:
            for message in self._answers(small, Peer(path)):
                allowed = self.challenges.pass_on_small(message, path, len(request), now)
                sent += [] if allowed is None else [Outgoing(allowed, path)]
        if not sent and budget.is_first_refusal(path, now):
            self._report(events.AnswersWithheld(peer=path.peer_host))
        return sent

    def _answers(self, request: bytes, peer: Peer) -> list[bytes]:
        exchange = self._coap.receive(request, peer, self._state.now)
        if exchange is not None:
            response = self._service.answer_at_once(exchange.request, peer)
            self._coap.respond(exchange, response, self._state.now)
        return [message for remote, message in self._coap.take_outgoing() if remote == peer]

"""From datagrams to requests, and from answers to datagrams: the ports of a device.

Two ways lead in and out. Over the secured port a datagram holds records of DTLS, and what they hold
are messages of a peer that is known. Over the plain one a datagram is a message of anybody: one to
a group waits for its time (`groups`), and nobody gets much in answer before it has proven its
address (`challenges`). From there on it is one way: the CoAP server takes out what it can deal with
itself, a read that is answered as before ends here, and all else is work for `Service`.

Nothing is sent when it is made. `collect` takes all that a step leaves at its end, after the
observers of what changed were told.
"""

from typing import Final

from onboardee.device import events
from onboardee.device.access.peer import Peer
from onboardee.device.events import Bus
from onboardee.device.machine.budget import AnswerBudget
from onboardee.device.machine.challenges import Challenges
from onboardee.device.machine.conditional import ConditionalNotices
from onboardee.device.machine.context import Announcements, DeviceContext, Report
from onboardee.device.machine.groups import GroupRequests
from onboardee.device.machine.lifecycle import Lifecycle
from onboardee.device.machine.peers import Peers
from onboardee.device.machine.service import Service
from onboardee.device.machine.step import ProgramFault, Work, earliest
from onboardee.device.machine.values import DeviceValues
from onboardee.device.resources.discovery import BATCH_OF_LIST, LISTS
from onboardee.device.resources.parts import changes_since
from onboardee.device.simulation.world.world import World
from onboardee.wire.coap import (
    CoapServer,
    Code,
    Observer,
    Request,
    Response,
    ServerExchange,
    is_request,
    validated,
)
from onboardee.wire.coap.message import in_small_blocks
from onboardee.wire.dtls import ServerEndpoint
from onboardee.wire.path import Outgoing, Path

_FAILED: Final = Response(Code.INTERNAL_SERVER_ERROR)
"""The answer to a request that met an error in the program: it says nothing of it."""


def _to_be_told(observer: Observer) -> Request:
    """Return the request whose answer an observer is told: its own, or one for changes alone."""
    request = observer.request
    if observer.key == BATCH_OF_LIST and request.confirmable and observer.told is not None:
        return changes_since(request, observer.told)
    return request


def _is_told(observer: Observer, response: Response | None) -> bool:
    """Tell whether an observer of `/oic/res` has been told this very state."""
    if observer.key not in LISTS or response is None or response.etag is None:
        return False
    return response.etag == observer.told and response.observe_as == observer.key


class Messaging:
    """Both ports of a device, and the CoAP server behind them."""

    def __init__(  # noqa: PLR0913 - the parts that messages pass, by keyword
        self,
        *,
        state: DeviceContext,
        report: Report,
        bus: Bus,
        coap: CoapServer,
        dtls: ServerEndpoint,
        peers: Peers,
        service: Service,
        lifecycle: Lifecycle,
        values: DeviceValues,
        world: World,
        announcements: Announcements,
        conditional: ConditionalNotices,
        challenges: Challenges,
        groups: GroupRequests,
    ) -> None:
        self._state = state
        self._report = report
        self._bus = bus
        self._coap = coap
        self._dtls = dtls
        self._peers = peers
        self._service = service
        self._remembered = service.remembered
        self._lifecycle = lifecycle
        self._values = values
        self._world = world
        self._announcements = announcements
        self._conditional = conditional
        self._challenges = challenges
        self._groups = groups
        self._is_in_clear = False
        """Whether this step has to do with the plain port."""

    @property
    def answer_budget(self) -> AnswerBudget:
        """What may be sent in the clear, which the devices of a process share."""
        return self._challenges.budget

    # what comes in; what is returned is left to be done

    def hear(self, datagram: bytes, peer: Peer) -> Work[None] | None:
        """Take a datagram of the plain port; one to a group is taken when its time has come."""
        path = peer.address
        if path.multicast and self._groups.put(datagram, path, self._state.now):
            return None
        return self.hear_now(datagram, peer)

    def hear_now(self, datagram: bytes, peer: Peer) -> Work[None] | None:
        """Take a datagram of the plain port whose time has come."""
        if self._lifecycle.is_resetting:
            return None
        path, now = peer.address, self._state.now
        self._is_in_clear = True
        if self._challenges.receive(datagram, path, now):
            return None
        return self._serve(self._coap.receive(datagram, peer, now, multicast=path.multicast), peer)

    def hear_in_session(self, message: bytes, peer: Peer) -> Work[None] | None:
        """Take a CoAP message that came over a session; of one that has ended nothing counts."""
        if peer.session is None or not peer.session.alive:
            return None
        now = self._state.now
        if is_request(message):
            self._peers.heard_at = now
        return self._serve(self._coap.receive(message, peer, now), peer)

    def take_due(self) -> tuple[bytes, Peer] | None:
        """Return the next request to a group whose time has come, for `hear_now`; None for none."""
        found = self._groups.take(self._state.now)
        return None if found is None else (found[0], Peer(found[1]))

    def tick(self) -> None:
        """Repeat, give up and forget what is due."""
        now = self._state.now
        self._dtls.tick(now)
        self._coap.tick(now)
        self._challenges.tick(now)
        self._conditional.mark(now)
        self._is_in_clear = True

    def next_deadline(self) -> float | None:
        """Return when `tick` has something to do, or `take_due` has."""
        return earliest(
            self._dtls.next_deadline(),
            self._coap.next_deadline(),
            self._challenges.next_deadline(),
            self._groups.next_deadline(),
            self._conditional.next_deadline(),
        )

    def give_up(self, peer: Peer) -> None:
        """End all that there is with a peer."""
        if peer.address.secured:
            self._dtls.drop(peer.address, self._state.now)
        else:
            self._coap.forget(peer)

    def _serve(self, exchange: ServerExchange | None, peer: Peer) -> Work[None] | None:
        """Answer a request as before, or return the work of its answer; both at the present time.

        What is due before a request comes before it.
        """
        if exchange is None:
            return None
        if exchange.is_part:
            self._admit_part(exchange, peer)
            return None
        try:
            self._world.asked_at = self._state.now
            if self._world.due_at <= self._state.now or self._values.has_faults:
                self._values.let_time_pass()
            known = self._remembered.find(exchange.request, exchange.options.others, peer)
            if known is None:
                return self._answer(exchange, peer)
            response = known.response
            if exchange.request.etags:
                response = validated(exchange.request, response)
            if self._bus.wants_grants:
                self._service.tell_granted(exchange.request, peer, known.decision)
            if self._bus.wants_requests:
                self._service.tell_served(exchange.request, peer, response)
        except Exception as error:  # noqa: BLE001 - whatever it is, the peer gets an answer
            response = self._failed(error, peer)
        self._coap.respond(exchange, response, self._state.now)
        return None

    def _answer(self, exchange: ServerExchange, peer: Peer) -> Work[None]:
        """Have a request answered, which may have to wait for the disk."""
        try:
            options = exchange.options.others
            response = yield from self._service.answer(exchange.request, peer, options)
        except Exception as error:  # noqa: BLE001 - whatever it is, the peer gets an answer
            response = self._failed(error, peer)
        self._coap.respond(exchange, response, self._state.now)

    def _admit_part(self, part: ServerExchange, peer: Peer) -> None:
        """Let a block of an upload in, if the whole of it will be let in."""
        try:
            refusal = self._service.refusal(part.request, peer)
            self._coap.take_in(part, refusal, self._state.now)
        except Exception as error:  # noqa: BLE001 - whatever it is, the peer gets an answer
            self._coap.respond(part, self._failed(error, peer), self._state.now)

    def _failed(self, error: Exception, peer: Peer) -> Response:
        """Note an error in the program, and return the answer that its peer gets."""
        self._state.faults.append(ProgramFault(error, peer.address))
        return _FAILED

    # what leaves

    def collect(self, *, is_all_answered: bool) -> list[Outgoing]:
        """Return all datagrams that wait; say whether all requests are answered now."""
        if self._announcements.changed or self._announcements.ending is not None:
            self._announce()
        while (observer := self._coap.take_stale()) is not None:
            assert isinstance(observer.remote, Peer)
            if not self._conditional.is_due(observer, self._state.now):
                continue
            request = _to_be_told(observer)
            response = self._service.answer_at_once(request, observer.remote)
            if not _is_told(observer, response):
                self._coap.tell(observer, response, self._state.now)
        outgoing = self._taken()
        if self._is_in_clear:
            self._is_in_clear = not is_all_answered
            outgoing += self._unproven(is_all_answered=is_all_answered)
        for datagram, address in self._dtls.take_datagrams():
            assert isinstance(address, Path)
            outgoing.append(Outgoing(datagram, address))
        return outgoing

    def _announce(self) -> None:
        """Tell the CoAP server which observations have come to an end, and what changed."""
        spared = self._announcements.take_end()
        if spared is not None:
            self._coap.drop_observers(self._state.now, spared=spared)
        for key in self._announcements.take():
            self._coap.notify(key)

    def _taken(self) -> list[Outgoing]:
        """Return the CoAP messages that may leave now; those in sessions go through DTLS."""
        outgoing: list[Outgoing] = []
        now = self._state.now
        for remote, message in self._coap.take_outgoing():
            assert isinstance(remote, Peer)
            if remote.session is None:
                self._is_in_clear = True
                item = self._challenges.pass_on(message, remote.address, now)
                outgoing += [] if item is None else [item]
            elif remote.session.alive:
                self._dtls.send(remote.session, message, now)
        return outgoing

    def _unproven(self, *, is_all_answered: bool) -> list[Outgoing]:
        """Return what the proofs of addresses set free, and small answers where none came."""
        outgoing = self._challenges.take_ready()
        if is_all_answered:
            self._challenges.forget_requests()
        for path, request in self._challenges.take_refused():
            outgoing += self._answered_small(path, request)
        return outgoing

    def _answered_small(self, path: Path, request: bytes | None) -> list[Outgoing]:
        """Answer a request again, in blocks so small that they need no proof."""
        budget, now = self._challenges.budget, self._state.now
        small = None if request is None else in_small_blocks(request, budget.bound(len(request)))
        sent: list[Outgoing] = []
        if small is not None and request is not None:
            for message in self._small_answers(small, Peer(path)):
                allowed = self._challenges.pass_on_small(message, path, len(request), now)
                sent += [] if allowed is None else [Outgoing(allowed, path)]
        if not sent and budget.is_first_refusal(path, now):
            self._report(events.AnswersWithheld(peer=path.peer_host))
        return sent

    def _small_answers(self, request: bytes, peer: Peer) -> list[bytes]:
        """Return the messages that answer a request in small blocks."""
        exchange = self._coap.receive(request, peer, self._state.now)
        if exchange is not None:
            response = self._service.answer_at_once(exchange.request, peer)
            self._coap.respond(exchange, response, self._state.now)
        return [message for remote, message in self._coap.take_outgoing() if remote == peer]

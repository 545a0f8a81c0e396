"""The device: every stage of a datagram's way, without sockets, clock or randomness of its own.

`receive`, `tick` and `next_deadline` are all that an event loop needs; what is to be sent comes
back as their value. Times are seconds of one monotonic clock.
"""

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Final, Protocol

from device import events, factory
from device.budget import AnswerBudget
from device.coap import CoapServer, Code, Request, Response
from device.dispatch import Answer, DeniedError, Dispatcher
from device.dtls import (
    DataReceived,
    HandshakeFailed,
    Limits,
    Offer,
    ServerEndpoint,
    Session,
    SessionClosed,
    SessionEstablished,
)
from device.entropy import Entropy, random_fraction
from device.events import Bus
from device.path import Endpoint, Outgoing, Path
from device.resources.appliance import ApplianceResource
from device.resources.base import Call, Outcome, Query, RefusedError, Resource, SilenceError
from device.resources.core import DeviceResource, MaintenanceResource, PlatformResource
from device.resources.discovery import DiscoveryResource, WellKnownResource
from device.resources.secure import secure_resources
from device.security.gate import DOXM, PSTAT, Requester
from device.security.sessions import Terms, requester_of, terms_for
from device.simulation.profile import Profile
from device.transfer import describe_changes
from svrdb import StoreUnavailable
from svrdb.model import NIL, Database, State

CONTENT_VERSION: Final = 2048
HANDSHAKE_TIMEOUT: Final = 30.0
"""Seconds; while it runs, a half-open handshake keeps others from taking ownership."""
REPEATED_DISCOVERY: Final = 5.0
"""Seconds in which the same discovery, arriving over another family or interface, is one."""
REMEMBERED_DISCOVERIES: Final = 64


class Keeper(Protocol):
    """What the device needs of its database."""

    @property
    def current(self) -> Database:
        """What is durable now."""

    def commit(self, new: Database) -> None:
        """Make `new` durable. Raises `StoreUnavailable`, and then nothing has changed."""


class Device:
    """One simulated device."""

    def __init__(
        self,
        profile: Profile,
        store: Keeper,
        *,
        entropy: Entropy,
        bus: Bus | None = None,
        keylog: Callable[[str], None] | None = None,
    ) -> None:
        self.profile: Final = profile
        self.bus: Final = bus or Bus()
        self.endpoints: Sequence[Endpoint] = ()
        self._store = store
        self._entropy = entropy
        self._budget = AnswerBudget()
        self._requesters: dict[Session, Requester] = {}
        self._discoveries: dict[bytes, tuple[Path, float]] = {}
        self._reset_at: float | None = None
        self._reboot_at: float | None = None
        self._to_notify: set[str] = set()
        self._drops_observers = False
        self._now = 0.0
        self.appliances: Final = {
            resource.href: ApplianceResource(resource) for resource in profile.resources
        }
        self._dispatcher = Dispatcher(self._make_resources())
        self._dtls = ServerEndpoint(
            self,
            entropy=entropy,
            limits=Limits(handshake_timeout=HANDSHAKE_TIMEOUT),
            keylog=keylog,
        )
        self._coap = CoapServer(self._handle, entropy=entropy, accept_upload=self._accept_upload)

    @property
    def database(self) -> Database:
        """What the device keeps, as it is durable now."""
        return self._store.current

    @property
    def sessions(self) -> Sequence[Session]:
        """The live DTLS sessions."""
        return tuple(self._dtls.sessions.values())

    def start(self, now: float) -> None:
        """Begin to live: repair what a power cut left behind.

        A reset that was asked for is carried out, and a transfer that was interrupted is undone.
        """
        self._now = now
        database = self.database
        is_interrupted = database.state is State.RFOTM and (
            database.doxm.owned or database.doxm.owner_uuid != NIL
        )
        if database.state is State.RESET or is_interrupted:
            self._reset(now)

    def stop(self, now: float) -> list[Outgoing]:
        """Say goodbye to all peers."""
        self._dtls.close_all(now)
        self._dtls.take_events()
        return self._flush(now)

    def receive(self, datagram: bytes, path: Path, now: float) -> list[Outgoing]:
        """Take a datagram, return those to be sent."""
        self._now = now
        if path.secured:
            self._dtls.receive(datagram, path, now)
            self._take_dtls_events(now)
        elif self._is_resetting:
            return []
        else:
            self._budget.receive(path.peer_host, len(datagram), now)
            self._coap.receive(datagram, path, now, multicast=path.multicast)
        return self._flush(now)

    def tick(self, now: float) -> list[Outgoing]:
        """Do what is due, return the datagrams to be sent."""
        self._now = now
        self._dtls.tick(now)
        self._take_dtls_events(now)
        self._coap.tick(now)
        if self._reset_at is not None and now >= self._reset_at:
            self._reset(now)
        if self._reboot_at is not None and now >= self._reboot_at:
            self._reboot(now)
        return self._flush(now)

    def next_deadline(self) -> float | None:
        """Return when `tick` wants to be called, None if nothing is waiting."""
        deadlines = (
            self._dtls.next_deadline(),
            self._coap.next_deadline(),
            self._reset_at,
            self._reboot_at,
        )
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def press_reset(self, now: float) -> list[Outgoing]:
        """Do what the button at the back of a real device does: back to factory state at once."""
        self._now = now
        self._reset(now)
        return self._flush(now)

    def set_values(self, href: str, values: dict[str, object], now: float) -> list[Outgoing]:
        """Let the simulated world change a resource, and tell its observers."""
        self._now = now
        if self.appliances[href].values.set(values):
            self._to_notify.add(href)
        return self._flush(now)

    def offer(self, address: Hashable, /) -> Offer | None:
        """Say who may open a session (the engine asks)."""
        if self._is_resetting:
            return None
        return terms_for(self.database, self._dtls, address)

    def _make_resources(self) -> list[Resource]:
        appliances: list[Resource] = list(self.appliances.values())
        everything: list[Resource] = [
            PlatformResource(self.profile),
            DiscoveryResource(lambda: everything, lambda: self.endpoints),
            DeviceResource(self.profile),
            MaintenanceResource(),
            *secure_resources(),
            WellKnownResource(lambda: everything),
            *appliances,
        ]
        return everything

    @property
    def _is_resetting(self) -> bool:
        return self._reset_at is not None

    # what comes out of the DTLS engine

    def _take_dtls_events(self, now: float) -> None:
        for event in self._dtls.take_events():
            match event:
                case DataReceived(session, data):
                    self._coap.receive(data, session, now)
                case SessionEstablished(session):
                    self._open(session)
                case SessionClosed(session, reason):
                    self._end(session, reason.value, now)
                case HandshakeFailed(address, _, alert, reason):
                    self.bus.publish(
                        events.HandshakeRefused(
                            peer=str(address),
                            reason=reason,
                            alert=None if alert is None else alert.name.lower(),
                        )
                    )

    def _open(self, session: Session) -> None:
        requester = requester_of(session, self.database)
        self._requesters[session] = requester
        self.bus.publish(
            events.SessionOpened(
                peer=str(session.address), suite=session.suite.name, identity=str(requester)
            )
        )

    def _end(self, session: Session, reason: str, now: float) -> None:
        self._coap.forget(session)
        self._requesters.pop(session, None)
        self.bus.publish(events.SessionEnded(peer=str(session.address), reason=reason))
        was_transfer = isinstance(session.tag, Terms) and session.tag.owns_transfer
        if was_transfer and self.database.state is State.RFOTM and not self._dtls.sessions:
            self._schedule_reset("the ownership connection ended before the transfer did", now)

    # requests

    def _accept_upload(self, request: Request, remote: Hashable) -> Code | None:
        """Let strangers fill no memory: long bodies come over DTLS, or while there is no owner."""
        is_open = self.database.state is State.RFOTM and not self._dtls.sessions
        if isinstance(remote, Session) or (is_open and request.path == DOXM):
            return None
        return Code.UNAUTHORIZED

    def _handle(self, request: Request, remote: Hashable, now: float) -> Response | None:
        """Answer one request; None is silence."""
        if request.multicast and self._is_repeated_discovery(request, remote, now):
            return None
        try:
            answer = self._dispatcher.handle(request, partial(self._make_call, request, remote))
            self._settle(answer.outcome, now)
        except SilenceError:
            return None
        except RefusedError as error:
            return None if request.multicast else self._refuse(request, remote, error)
        return self._respond(request, remote, answer)

    def _make_call(self, request: Request, remote: Hashable, query: Query, interface: str) -> Call:
        session = remote if isinstance(remote, Session) else None
        path = remote.address if isinstance(remote, Session) else remote
        assert isinstance(path, Path)
        return Call(
            database=self.database,
            path=path,
            requester=Requester() if session is None else self._requesters[session],
            query=query,
            interface=interface,
            has_session=bool(self._dtls.sessions),
            session=session,
            multicast=request.multicast,
        )

    def _respond(self, request: Request, remote: Hashable, answer: Answer) -> Response:
        code = answer.outcome.code
        if self.bus.wants_requests:
            self.bus.publish(
                events.RequestServed(
                    peer=_peer(remote),
                    method=request.method.name,
                    href=request.path,
                    code=str(code),
                )
            )
        return Response(
            code,
            answer.payload,
            content_format=answer.content_format,
            content_version=CONTENT_VERSION if answer.content_format == 10000 else None,
            observe_as=request.path if answer.observe else None,
            delay=self._leisure(request) if request.multicast else 0.0,
        )

    def _refuse(self, request: Request, remote: Hashable, error: RefusedError) -> Response:
        method, peer = request.method.name, _peer(remote)
        if isinstance(error, DeniedError):
            session = remote if isinstance(remote, Session) else None
            requester = Requester() if session is None else self._requesters[session]
            self.bus.publish(
                events.AccessDenied(
                    subject=str(requester),
                    peer=peer,
                    method=method,
                    href=request.path,
                    rule=error.decision.rule,
                    reason=error.decision.reason,
                )
            )
        else:
            self.bus.publish(
                events.RequestRefused(
                    peer=peer,
                    method=method,
                    href=request.path,
                    code=str(error.code),
                    reason=str(error),
                )
            )
        return Response(error.code)

    def _is_repeated_discovery(self, request: Request, remote: Hashable, now: float) -> bool:
        """Recognise one discovery that was sent to several groups: it gets one answer."""
        if len(request.token) < 4:
            return False
        assert isinstance(remote, Path)
        first, until = self._discoveries.get(request.token, (remote, 0.0))
        if now < until:
            return first != remote
        if len(self._discoveries) >= REMEMBERED_DISCOVERIES:
            del self._discoveries[next(iter(self._discoveries))]
        self._discoveries[request.token] = (remote, now + REPEATED_DISCOVERY)
        return False

    def _leisure(self, request: Request) -> float:
        """Return a random delay (RFC 7252 8.2)."""
        delays = self.profile.discovery
        longest = delays.doxm_delay if request.path == DOXM else delays.other_delay
        return longest * random_fraction(self._entropy)

    # changes

    def _settle(self, outcome: Outcome, now: float) -> None:
        """Make a change durable, then let it take effect. Raises `RefusedError` if it cannot be."""
        if outcome.database is not None:
            before = self.database
            self._commit(outcome.database)
            self._follow(before, now)
        self._to_notify |= outcome.notify
        for href in outcome.notify:
            values = dict(self.appliances[href].values.current)
            self.bus.publish(events.ValueChanged(href=href, values=values))
        if outcome.abandon_handshakes:
            self._dtls.abandon_handshakes()
        if outcome.reboot:
            self._reboot_at = now + self.profile.ownership.reset_delay

    def _commit(self, database: Database) -> None:
        try:
            self._store.commit(database)
        except StoreUnavailable as error:
            self.bus.publish(events.StorageFailed(reason=str(error)))
            raise RefusedError(Code.SERVICE_UNAVAILABLE, str(error)) from error

    def _follow(self, before: Database, now: float) -> None:
        """Do what a durable change entails."""
        after = self.database
        for event in describe_changes(before, after):
            self.bus.publish(event)
        if before.pstat != after.pstat:
            self._to_notify.add(PSTAT)
        if before.doxm.device_uuid != after.doxm.device_uuid:
            self._to_notify.add("/oic/d")
        if before.state is after.state:
            return
        if after.state in {State.RESET, State.RFNOP}:
            self._drops_observers = True
        if after.state is State.RESET:
            self._schedule_reset("a reset was requested", now)

    def _schedule_reset(self, reason: str, now: float) -> None:
        if self._reset_at is not None:
            return
        delay = self.profile.ownership.reset_delay
        self._reset_at = now + delay
        self.bus.publish(events.ResetScheduled(reason=reason, in_seconds=delay))

    def _reset(self, now: float) -> None:
        """Go back to factory state; if that cannot be stored, try again later."""
        before = self.database
        database = factory.reset_database(before, self.profile, self._entropy)
        try:
            self._store.commit(database)
        except StoreUnavailable as error:
            self._reset_at = now + self.profile.ownership.reset_delay
            self.bus.publish(events.StorageFailed(reason=str(error)))
            return
        self._reset_at = None
        self._restart(now)
        for event in describe_changes(before, database):
            self.bus.publish(event)
        self.bus.publish(events.DeviceReset(device_uuid=database.doxm.device_uuid))

    def _reboot(self, now: float) -> None:
        self._reboot_at = None
        self._restart(now)
        self.bus.publish(events.DeviceRebooted())

    def _restart(self, now: float) -> None:
        """End all sessions and begin with the first values."""
        self._dtls.abandon_handshakes()
        self._dtls.close_all(now)
        self._take_dtls_events(now)
        self._drops_observers = True
        for appliance in self.appliances.values():
            appliance.values.restore()

    # what goes out

    def _flush(self, now: float) -> list[Outgoing]:
        """Tell observers, then collect all datagrams."""
        if self._drops_observers:
            self._drops_observers = False
            self._to_notify.clear()
            self._coap.drop_observers(now)
        while self._to_notify:
            self._coap.notify(self._to_notify.pop(), now)
        outgoing: list[Outgoing] = []
        for remote, message in self._coap.take_outgoing():
            if isinstance(remote, Session):
                if remote.alive:
                    self._dtls.send(remote, message, now)
            elif isinstance(remote, Path) and self._may_send(remote, len(message), now):
                outgoing.append(Outgoing(message, remote))
        for datagram, address in self._dtls.take_datagrams():
            assert isinstance(address, Path)
            outgoing.append(Outgoing(datagram, address))
        return outgoing

    def _may_send(self, path: Path, size: int, now: float) -> bool:
        if self._budget.spend(path.peer_host, size, now):
            return True
        if self._budget.is_first_refusal(path.peer_host, now):
            self.bus.publish(events.AnswersWithheld(peer=path.peer_host))
        return False


def _peer(remote: Hashable) -> str:
    return str(remote.address if isinstance(remote, Session) else remote)

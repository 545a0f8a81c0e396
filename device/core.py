"""The device: every stage of a datagram's way, without sockets, clock or randomness of its own.

`receive`, `tick` and `next_deadline` are all that an event loop needs; what is to be sent comes
back as their value. Times are seconds of one monotonic clock.
"""

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from typing import Final, Protocol

from msgspec.structs import replace

from device import events, factory
from device.answering import Answering
from device.budget import AnswerBudget
from device.changes import describe_changes
from device.clock import WallClock, utc_now
from device.coap import CoapServer, Code
from device.dispatch import Dispatcher
from device.dtls import (
    AlertDescription,
    DataReceived,
    HandshakeFailed,
    Limits,
    Offer,
    ServerEndpoint,
    Session,
    SessionClosed,
    SessionEstablished,
)
from device.entropy import Entropy
from device.events import Bus
from device.path import Endpoint, Outgoing, Path
from device.resources.all import all_resources
from device.resources.appliance import ApplianceResource
from device.resources.base import Outcome, RefusedError
from device.resources.secure import secure_resources
from device.security.audit import AuditLog
from device.security.gate import PSTAT, Requester
from device.security.pin import PinPad, random_pin
from device.security.roles import AssertedRoles
from device.security.sessions import (
    PinTerms,
    has_lost_credential,
    is_ownership_connection,
    requester_of,
    terms_for,
)
from device.simulation.profile import Profile
from svrdb import StoreUnavailable
from svrdb.model import NIL, Database, State, TransferMethod

HANDSHAKE_TIMEOUT: Final = 30.0
"""Seconds; while it runs, a half-open handshake keeps others from taking ownership."""


class Keeper(Protocol):
    """What the device needs of its database."""

    @property
    def current(self) -> Database:
        """What is durable now."""

    def commit(self, new: Database) -> None:
        """Make `new` durable. Raises `StoreUnavailable`, and then nothing has changed."""


class Device:
    """One simulated device."""

    def __init__(  # noqa: PLR0913 - what a device gets from its surroundings, by keyword
        self,
        profile: Profile,
        store: Keeper,
        *,
        entropy: Entropy,
        bus: Bus | None = None,
        keylog: Callable[[str], None] | None = None,
        wall_clock: WallClock = utc_now,
    ) -> None:
        self.profile: Final = profile
        self.bus: Final = bus or Bus()
        self.endpoints: Sequence[Endpoint] = ()
        self._store = store
        self._entropy = entropy
        self._budget = AnswerBudget()
        self._wall_clock = wall_clock
        self._requesters: dict[Session, Requester] = {}
        self._asserted = AssertedRoles()
        self._audit = AuditLog(lambda: self.database, wall_clock)
        self.bus.subscribe(self._audit)
        self._reset_at: float | None = None
        self._reboot_at: float | None = None
        self._pins = PinPad(self._make_pin)
        self._to_notify: set[str] = set()
        self._drops_observers = False
        self.appliances: Final = {
            resource.href: ApplianceResource(resource) for resource in profile.resources
        }
        resources = all_resources(
            profile,
            lambda: self.endpoints,
            secure=secure_resources(entropy, wall_clock, self._asserted, self._audit),
            appliances=self.appliances.values(),
        )
        answering = Answering(Dispatcher(resources), self, profile, self.bus, entropy)
        self._dtls = ServerEndpoint(
            self,
            entropy=entropy,
            limits=Limits(handshake_timeout=HANDSHAKE_TIMEOUT),
            keylog=keylog,
        )
        self._coap = CoapServer(
            answering.answer, entropy=entropy, accept_upload=answering.accept_upload
        )

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
        database = self._offer_methods(self.database)
        is_interrupted = database.state is State.RFOTM and (
            database.doxm.owned or database.doxm.owner_uuid != NIL
        )
        if database.state is State.RESET or is_interrupted:
            self._reset(now)
        self._show_pin()

    def _offer_methods(self, database: Database) -> Database:
        """Let the stored transfer methods follow the profile, which may have changed meanwhile."""
        methods = tuple(int(method.number) for method in self.profile.ownership.methods)
        if database.doxm.methods != methods:
            self._store.commit(replace(database, doxm=replace(database.doxm, methods=methods)))
        known = factory.with_manufacturer(self.database, self.profile)
        if known is not self.database:
            self._store.commit(known)
        return self.database

    def stop(self, now: float) -> list[Outgoing]:
        """Say goodbye to all peers."""
        self._dtls.close_all(now)
        self._dtls.take_events()
        return self._flush(now)

    def receive(self, datagram: bytes, path: Path, now: float) -> list[Outgoing]:
        """Take a datagram, return those to be sent."""
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
        self._dtls.tick(now)
        self._end_silent_transfer(now)
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
            self._transfer_deadline(),
            self._reset_at,
            self._reboot_at,
        )
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def press_reset(self, now: float) -> list[Outgoing]:
        """Do what the button at the back of a real device does: back to factory state at once."""
        self._reset(now)
        return self._flush(now)

    def set_values(self, href: str, values: dict[str, object], now: float) -> list[Outgoing]:
        """Let the simulated world change a resource, and tell its observers."""
        if self.appliances[href].values.set(values):
            self._to_notify.add(href)
        return self._flush(now)

    def offer(self, address: Hashable, /) -> Offer | None:
        """Say who may open a session (the engine asks)."""
        if self._is_resetting:
            return None
        shown, pin = self._pins.current, self.profile.ownership.pin
        terms = None if shown is None else PinTerms(shown, bare_hint=pin.bare_hint)
        return terms_for(self.database, self._dtls, address, terms, self._wall_clock)

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
                case HandshakeFailed() as failure:
                    self._fail(failure, now)

    def _open(self, session: Session) -> None:
        requester = requester_of(session, self.database, self._wall_clock)
        self._requesters[session] = requester
        self.bus.publish(
            events.SessionOpened(
                peer=str(session.address), suite=session.suite.name, identity=str(requester)
            )
        )

    def _fail(self, failure: HandshakeFailed, now: float) -> None:
        alert = failure.alert
        self.bus.publish(
            events.HandshakeRefused(
                peer=str(failure.address),
                reason=failure.reason,
                alert=None if alert is None else alert.name.lower(),
            )
        )
        is_wrong_pin = self._pins.current is not None and alert is AlertDescription.BAD_RECORD_MAC
        if is_wrong_pin and self._pins.note_wrong():
            self._pins.drop()
            self._schedule_reset("too many wrong PINs", now)

    def _show_pin(self) -> None:
        """Show a new PIN if that is the selected method, otherwise none."""
        doxm = self.database.doxm
        if doxm.owned or doxm.selected_method != TransferMethod.RANDOM_PIN:
            self._pins.drop()
        else:
            self.bus.publish(events.PinShown(pin=self._pins.show()))

    def _make_pin(self) -> str:
        pin = self.profile.ownership.pin
        return pin.fixed or random_pin(self._entropy, pin.length, pin.alphabet)

    def _end(self, session: Session, reason: str, now: float) -> None:
        self._coap.forget(session)
        self._requesters.pop(session, None)
        self.bus.publish(events.SessionEnded(peer=str(session.address), reason=reason))
        was_transfer = is_ownership_connection(session)
        if was_transfer and self.database.state is State.RFOTM and not self._dtls.sessions:
            self._schedule_reset("the ownership connection ended before the transfer did", now)

    def _transfer_deadline(self) -> float | None:
        """Return when the silence of the ownership connection ends the transfer."""
        if self.database.state is not State.RFOTM or not self._dtls.sessions:
            return None
        limit = self.profile.ownership.idle_limit
        return max(session.last_active for session in self._dtls.sessions.values()) + limit

    def _end_silent_transfer(self, now: float) -> None:
        """Close the connection of a tool that vanished, so that others get their turn."""
        deadline = self._transfer_deadline()
        if deadline is not None and now >= deadline:
            self._dtls.close_all(now)

    # what requests need to know and to bring about

    @property
    def has_session(self) -> bool:
        """Tell whether anybody has a DTLS session."""
        return bool(self._dtls.sessions)

    @property
    def wall_time(self) -> datetime:
        """The time of day."""
        return self._wall_clock()

    def requester(self, session: Session) -> Requester:
        """Tell who the peer of a live session is."""
        requester = self._requesters[session]
        asserted = self._asserted.roles(session)
        return requester.with_roles(asserted)

    def settle(self, outcome: Outcome, now: float, caller: Hashable = None) -> None:
        """Make a change durable, then let it take effect. Raises `RefusedError` if it cannot be."""
        if outcome.database is not None:
            before = self.database
            self._commit(outcome.database)
            self._follow(before, now)
            if before.cred != self.database.cred or before.crl != self.database.crl:
                self._end_forgotten(before, caller, now)
        self._to_notify |= outcome.notify
        for href in outcome.notify:
            values = dict(self.appliances[href].values.current)
            self.bus.publish(events.ValueChanged(href=href, values=values))
        if outcome.abandon_handshakes:
            self._dtls.abandon_handshakes()
            self._show_pin()
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
        if after.doxm.owned:
            self._pins.clear()
        if before.state is after.state:
            return
        if after.state in {State.RESET, State.RFNOP}:
            self._drops_observers = True
        if after.state is State.RESET:
            self._schedule_reset("a reset was requested", now)

    def _end_forgotten(self, before: Database, caller: Hashable, now: float) -> None:
        """End the sessions of peers that lost their credential; the caller gets its answer."""
        for session in self.sessions:
            if session is not caller and has_lost_credential(
                session, before, self.database, self._wall_clock
            ):
                self._dtls.close(session, now)
        self._take_dtls_events(now)

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
        self._pins.clear()
        self._audit.clear()
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

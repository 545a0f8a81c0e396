"""The device: every stage of a datagram's way, without sockets, clock or randomness of its own.

`receive`, `tick` and `next_deadline` are all that an event loop needs; what is to be sent comes
back as their value. Times are seconds of one monotonic clock.
"""

from collections import deque
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final, Protocol

from onboardee.device import events, factory
from onboardee.device.access.peer import Peer
from onboardee.device.access.target import CSR, PSTAT
from onboardee.device.answering import Answering
from onboardee.device.budget import AnswerBudget
from onboardee.device.challenges import Challenges
from onboardee.device.changes import describe_changes
from onboardee.device.clock import WallClock, utc_now
from onboardee.device.dispatch import Dispatcher
from onboardee.device.egress import Egress
from onboardee.device.events import Bus
from onboardee.device.peers import Peers
from onboardee.device.resources.all import all_resources
from onboardee.device.resources.base import Outcome, RefusedError
from onboardee.device.resources.collection import appliance_resources, batches_of_members
from onboardee.device.resources.legacy import serve_oic_1_1
from onboardee.device.resources.secure import secure_resources
from onboardee.device.security.audit import AuditLog
from onboardee.device.security.roles import AssertedRoles
from onboardee.device.security.sessions import is_ownership_connection
from onboardee.device.simulation.behaviour.chance import Dice
from onboardee.device.simulation.behaviour.world import World
from onboardee.device.simulation.profile import Profile
from onboardee.device.telling import News
from onboardee.svrdb import StoreUnavailable
from onboardee.svrdb.model import NIL, Database, State
from onboardee.wire.coap import (
    CoapServer,
    Code,
    Method,
    Observation,
    Request,
    Response,
    is_request,
    peek,
)
from onboardee.wire.dtls import (
    DataReceived,
    Event,
    HandshakeFailed,
    Offer,
    Session,
    SessionClosed,
    SessionEstablished,
)
from onboardee.wire.entropy import Entropy, SeededEntropy
from onboardee.wire.path import Endpoint, Outgoing, Path

Job = Callable[[float], None]
"""A piece of a device's work, done at a given time."""

NOBODY: Final = None
"""Whom work is done for that no peer asked for."""


class Keeper(Protocol):
    """What the device needs of its database."""

    @property
    def current(self) -> Database:
        """What is durable now."""

    def commit(self, new: Database) -> None:
        """Make `new` durable. Raises `StoreUnavailable`, and then nothing has changed."""


class Device:
    """One simulated device.

    With `defers_writes` it puts off what may write to the database: `has_work` is true then, and
    `work` is to be called before anything else is. An event loop can do that in a thread, so that
    a slow disk keeps nobody else waiting.
    """

    def __init__(  # noqa: PLR0913 - what a device gets from its surroundings, by keyword
        self,
        profile: Profile,
        store: Keeper,
        *,
        entropy: Entropy,
        bus: Bus | None = None,
        keylog: Callable[[str], None] | None = None,
        wall_clock: WallClock = utc_now,
        seed: int | str | None = None,
        budget: AnswerBudget | None = None,
    ) -> None:
        """Make a device; those of one process share a `budget` for what they send in the clear."""
        self.profile: Final = profile
        self.bus: Final = bus or Bus()
        self.endpoints: Sequence[Endpoint] = ()
        self.reachable_at: tuple[str, ...] = ()
        """The endpoints for people to read, with addresses in place of wildcards."""
        self.defers_writes = False
        self._work: deque[tuple[Job, Peer | None]] = deque()
        self._in_hand: Peer | None = NOBODY
        self._store = store
        self._entropy = entropy
        self._reset_at: float | None = None
        self._reboot_at: float | None = None
        self._audit = AuditLog(lambda: self.database, wall_clock)
        self.bus.subscribe(self._audit)
        asserted = AssertedRoles()
        self._peers = Peers(
            profile.ownership,
            lambda: self.database,
            entropy=entropy,
            bus=self.bus,
            wall_clock=wall_clock,
            asserted=asserted,
            compat=profile.compat,
            keylog=keylog,
        )
        self.appliances: Final = appliance_resources(profile)
        resources = all_resources(
            profile,
            secure=secure_resources(entropy, wall_clock, asserted, self._audit),
            appliances=self.appliances.values(),
        )
        if profile.compat.oic_1_1:
            serve_oic_1_1(resources, profile.compat)
        self._world = World(
            profile.behaviour,
            profile.specs,
            {href: appliance.values for href, appliance in self.appliances.items()},
            dice=Dice(entropy if seed is None else SeededEntropy(seed)),
            wall_clock=wall_clock,
            report=lambda reason: self.bus.publish(events.BehaviourFailed(reason=reason)),
        )
        for appliance in self.appliances.values():
            appliance.world = self._world
        self._news = News(self.appliances, self._world)
        self._answering = Answering(Dispatcher(resources), self, profile, self.bus, entropy)
        self._coap = CoapServer(
            self._answer,
            entropy=entropy,
            is_stranger=_is_stranger,
            accept_upload=self._answering.accept_upload,
        )
        batches = batches_of_members(profile)
        challenges = Challenges(budget or AnswerBudget(profile.answers), entropy)
        self._egress = Egress(self._coap, self._peers.dtls, self.bus, batches, challenges)

    @property
    def database(self) -> Database:
        """What the device keeps, as it is durable now."""
        return self._store.current

    @property
    def sessions(self) -> Sequence[Session]:
        """The live DTLS sessions."""
        return self._peers.sessions

    @property
    def observers(self) -> Sequence[Observation]:
        """The observations there are."""
        return self._coap.observers

    @property
    def pin(self) -> str | None:
        """The PIN that is being shown, if any."""
        return self._peers.pin

    @property
    def is_resetting(self) -> bool:
        """Whether a reset is due."""
        return self._reset_at is not None

    def start(self, now: float) -> None:
        """Begin to live: repair what a power cut left behind.

        A reset that was asked for is carried out, and a transfer that was interrupted is undone.
        """
        self._catch_up()
        if self.database.state is State.RESET or self._is_interrupted:
            self._reset(now)
        self._world.start(now)
        self._news.begin()
        self._peers.show_pin()

    def _catch_up(self) -> None:
        """Let what is stored follow the profile; without room for it, go on with what there is."""
        database = factory.caught_up(self.database, self.profile)
        if database != self.database:
            self._keep(database)

    def stop(self, now: float) -> list[Outgoing]:
        """Say goodbye to all peers."""
        self._peers.dtls.close_all(now)
        self._peers.dtls.take_events()
        return self._egress.collect(now)

    def receive(self, datagram: bytes, path: Path, now: float) -> list[Outgoing]:
        """Take a datagram, return those to be sent.

        What it raises is a fault of ours; `give_up` then lets the others go on.
        """
        peer = self._in_hand = Peer(path)
        if path.secured:
            self._peers.receive(datagram, path, now)
            self._follow_sessions(now)
        elif self.is_resetting:
            return []
        else:
            message = self._egress.challenges.receive(datagram, path, now)
            if message is not None:
                self._hear(message, peer, now, multicast=path.multicast)
        return self._leaving(now)

    def tick(self, now: float) -> list[Outgoing]:
        """Do what is due, return the datagrams to be sent."""
        self._in_hand = NOBODY
        self._peers.dtls.tick(now)
        self._peers.end_overdue_transfer(now)
        if self._peers.is_owner_overdue(now):
            self._schedule_reset("the owner did not come back to end the transfer", now)
        self._follow_sessions(now)
        self._coap.tick(now)
        self._egress.tick(now)
        self._tell(self._world.tick(now))
        if self._reset_at is not None and now >= self._reset_at:
            self._do(self._reset, now, writes=True)
        if self._reboot_at is not None and now >= self._reboot_at:
            self._do(self._reboot, now, writes=False)
        return self._leaving(now)

    def next_deadline(self) -> float | None:
        """Return when `tick` wants to be called, None if nothing is waiting."""
        deadlines = (
            self._peers.dtls.next_deadline(),
            self._coap.next_deadline(),
            self._egress.challenges.next_deadline(),
            self._world.next_deadline(),
            self._peers.transfer_deadline(),
            self._reset_at,
            self._reboot_at,
        )
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    @property
    def has_work(self) -> bool:
        """Whether something was put off that `work` has to do before anything else happens."""
        return bool(self._work)

    def work(self, now: float) -> list[Outgoing]:
        """Do what was put off, return the datagrams to be sent."""
        while self._work:
            job, self._in_hand = self._work.popleft()
            job(now)
        return self._leaving(now)

    @property
    def peer_in_hand(self) -> Path | None:
        """Whose datagram was being dealt with last."""
        return None if self._in_hand is None else self._in_hand.address

    def give_up(self, now: float) -> list[Outgoing]:
        """End all that there is with the peer in hand, after a fault; return what is to be sent.

        What others wait for leaves too.
        """
        path, self._in_hand = self.peer_in_hand, NOBODY
        outgoing = self._egress.collect(now)
        if path is None:
            return outgoing
        if path.secured:
            self._peers.dtls.drop(path, now)
            self._follow_sessions(now)
        else:
            self._coap.forget(Peer(path))
        return outgoing + self._egress.collect(now)

    def has_session_with(self, path: Path) -> bool:
        """Tell whether somebody has a session along `path`."""
        return path in self._peers.dtls.sessions

    def press_reset(self, now: float) -> list[Outgoing]:
        """Do what the button at the back of a real device does: back to factory state at once."""
        self._do(self._reset, now, writes=True)
        return self._leaving(now)

    def adopt(self, database: Database, now: float) -> list[Outgoing]:
        """Go on with another database, as after a restart with it; if it can be stored."""
        self._do(partial(self._adopt, database), now, writes=True)
        return self._leaving(now)

    def set_values(self, href: str, values: dict[str, object], now: float) -> list[Outgoing]:
        """Let the simulated world change a resource, and tell its observers."""
        self._tell(self._world.set_values(href, values, now))
        return self._leaving(now)

    @property
    def inputs(self) -> Sequence[str]:
        """What `press` knows: the buttons and other things that people do to this device."""
        return self._world.inputs

    @property
    def faults(self) -> Mapping[str, bool]:
        """The faults that this device can have, and whether they are on."""
        return self._world.faults

    def press(self, name: str, now: float) -> list[Outgoing]:
        """Let somebody use one of `inputs`. Raises `ValueError` if there is none of this name."""
        changed = self._world.press(name, now)
        self.bus.publish(events.InputPressed(input=name))
        self._tell(changed, by_hand=True)
        return self._leaving(now)

    def fault(self, name: str, now: float, *, is_on: bool) -> list[Outgoing]:
        """Let one of `faults` come or go. Raises `ValueError` if there is none of this name."""
        self._tell(self._world.fault(name, now, is_on=is_on), by_hand=True)
        return self._leaving(now)

    def offer(self, address: Hashable, /) -> Offer | None:
        """Say who may open a session."""
        return self._peers.offer(address)

    def identity(self, session: Session) -> str:
        """Say who the peer of a live session is."""
        return self._peers.peer(session).identity

    # what comes in

    def _do(self, job: Job, now: float, *, writes: bool) -> None:
        """Do a job now, or later if it writes; what comes after such a job waits, too."""
        if self._work or (writes and self.defers_writes):
            self._work.append((job, NOBODY))
        else:
            job(now)

    def _hear(self, message: bytes, remote: Peer, now: float, *, multicast: bool) -> None:
        """Take a CoAP message. What looks like a change is put off, if that was asked for.

        The gate is asked before: what it refuses changes nothing, and waits for nothing.
        """
        if self._work or (self.defers_writes and self._may_write(message, remote)):
            self._work.append(
                (
                    lambda then: self._deliver(message, remote, then, multicast=multicast),
                    remote,
                )
            )
        else:
            self._deliver(message, remote, now, multicast=multicast)

    def _deliver(self, message: bytes, remote: Peer, now: float, *, multicast: bool) -> None:
        if remote.session is None:
            self._egress.challenges.note_request(message, remote.address)
        self._coap.receive(message, remote, now, multicast=multicast)

    def _may_write(self, message: bytes, remote: Peer) -> bool:
        """Tell whether a message may bring about a change of the database."""
        request = peek(message)
        if request is None or request.path in self.appliances:
            return False
        is_change = request.method is not Method.GET or request.path == CSR
        return is_change and self._answering.would_admit(request, remote)

    def _leaving(self, now: float) -> list[Outgoing]:
        """Return what is to be sent, after telling of all that has happened to sessions."""
        self._follow_sessions(now)
        return self._egress.collect(now)

    def _follow_sessions(self, now: float) -> None:
        """Deal with all that happened to the sessions, whatever fault one part meets."""
        faults: list[Exception] = []
        for event in self._peers.take_events():
            try:
                self._follow_session(event, now)
            except Exception as fault:  # noqa: BLE001 - raised below
                faults.append(fault)
        if faults:
            raise faults[0]

    def _follow_session(self, event: Event, now: float) -> None:
        match event:
            case SessionEstablished(session) if is_ownership_connection(session):
                self._coap.drop_uploads_of_strangers()
            case DataReceived(session, data):
                if is_request(data):
                    self._peers.note_request(now)
                self._hear(data, self._peers.peer(session), now, multicast=False)
            case SessionClosed() | HandshakeFailed():
                self._do(partial(self._after, event), now, writes=False)
            case _:
                pass

    def _after(self, event: Event, now: float) -> None:
        """Draw the consequences of a session's end, or of one that did not come about."""
        if isinstance(event, SessionClosed):
            self._forget(event)
            was_transfer = is_ownership_connection(event.session)
            if was_transfer and self.database.state is State.RFOTM and not self.sessions:
                self._after_transfer(now)
        elif isinstance(event, HandshakeFailed) and self._peers.has_too_many_wrong_pins:
            self._schedule_reset("too many wrong PINs", now)

    def _forget(self, closed: SessionClosed) -> None:
        peer = self._peers.note_end(closed)
        if peer is not None:
            self._coap.forget(peer)

    def _after_transfer(self, now: float) -> None:
        """Undo a transfer whose connection is gone, unless the tool is to come back."""
        if not self._peers.wait_for_owner(now):
            self._schedule_reset("the ownership connection ended before the transfer did", now)

    # what requests need to know and to bring about

    @property
    def has_session(self) -> bool:
        """Tell whether anybody has a DTLS session, or is between the two of a transfer."""
        return self._peers.is_in_transfer

    @property
    def wall_time(self) -> datetime:
        """The time of day."""
        return self._peers.wall_time

    def present(self, peer: Peer) -> Peer:
        """Return a peer with what it may do at this moment."""
        return peer if peer.session is None else self._peers.peer(peer.session)

    def settle(self, outcome: Outcome, now: float, caller: Peer | None = None) -> None:
        """Make a change durable, then let it take effect. Raises `RefusedError` if it cannot be."""
        if outcome.database is not None:
            before = self.database
            self._commit(outcome.database)
            self._follow(before, now)
            if before.cred != self.database.cred or before.crl != self.database.crl:
                self._peers.end_forgotten(before, caller.session if caller else None, now)
                self._follow_sessions(now)
        self._tell(outcome.notify)
        if outcome.abandon_handshakes:
            self._peers.dtls.abandon_handshakes()
            self._follow_sessions(now)
            self._peers.show_pin()
        if outcome.reboot:
            self._reboot_at = now + self.profile.ownership.reset_delay

    def _answer(self, request: Request, remote: Hashable, now: float) -> Response | None:
        """Answer a request; what is due before it comes before it."""
        self._tell(self._world.tick(now))
        return self._answering.answer(request, remote, now)

    def _tell(self, hrefs: Collection[str], *, by_hand: bool = False) -> None:
        """Let everybody know of new values, and of faults that came or went."""
        ordered = sorted(hrefs)
        self._egress.notify(ordered)
        for event in self._news.events(ordered, by_hand=by_hand):
            self.bus.publish(event)

    def _commit(self, database: Database) -> None:
        failure = self._keep(database)
        if failure is not None:
            raise RefusedError(Code.SERVICE_UNAVAILABLE, str(failure)) from failure

    def _keep(self, database: Database) -> StoreUnavailable | None:
        """Make the database durable; return why that was not possible, after telling everybody."""
        try:
            self._store.commit(database)
        except StoreUnavailable as error:
            self.bus.publish(events.StorageFailed(reason=str(error)))
            return error
        return None

    def _follow(self, before: Database, now: float, *, by_client: bool = True) -> None:
        """Do what a durable change entails."""
        after = self.database
        for event in describe_changes(before, after, by_client=by_client):
            self.bus.publish(event)
        if before.pstat != after.pstat:
            self._egress.notify({PSTAT})
        if before.doxm.device_uuid != after.doxm.device_uuid:
            self._egress.notify({"/oic/d"})
        if after.doxm.owned or self._peers.is_owner_known:
            self._peers.forget_pin()
        if _rights(before) != _rights(after):
            self._coap.drop_snapshots()
        if _terms(before) != _terms(after):
            self._peers.dtls.abandon_handshakes()
        if before.state is after.state:
            return
        if after.state in {State.RESET, State.RFNOP}:
            self._egress.drop_observers()
        if after.state is State.RESET:
            self._schedule_reset("a reset was requested", now)

    # resets and restarts

    def _schedule_reset(self, reason: str, now: float) -> None:
        if self._reset_at is not None:
            return
        delay = self.profile.ownership.reset_delay
        self._reset_at = now + delay
        self._peers.refuse_all(refuse=True)
        self.bus.publish(events.ResetScheduled(reason=reason, in_seconds=delay))

    def _reset(self, now: float) -> None:
        """Go back to factory state; if that cannot be stored, try again later."""
        before = self.database
        database = factory.reset_database(before, self._entropy)
        if self._keep(database) is not None:
            self._reset_at = now + self.profile.ownership.reset_delay
            self._peers.refuse_all(refuse=True)
            return
        self._reset_at = None
        self._peers.refuse_all(refuse=False)
        self._peers.forget_pin()
        self._audit.clear()
        self._restart(now)
        for event in describe_changes(before, database, by_client=False):
            self.bus.publish(event)
        self.bus.publish(events.DeviceReset(device_uuid=database.doxm.device_uuid))

    def _adopt(self, database: Database, now: float) -> None:
        before = self.database
        if self._keep(database) is not None:
            return
        self._restart(now)
        uuid = database.doxm.device_uuid
        self.bus.publish(events.DatabaseReplaced(device_uuid=uuid, state=database.state.name))
        self._follow(before, now, by_client=False)
        self._peers.show_pin()

    def _reboot(self, now: float) -> None:
        self._restart(now)
        self.bus.publish(events.DeviceRebooted())

    def _restart(self, now: float) -> None:
        """End all sessions and begin with the first values, as after a power cut."""
        self._reboot_at = None
        self._peers.end_all(now)
        for event in self._peers.take_events():
            if isinstance(event, SessionClosed):
                self._forget(event)
        self._coap.drop_snapshots()
        self._egress.drop_observers()
        for appliance in self.appliances.values():
            appliance.values.restore()
        self._world.start(now)
        self._news.begin()
        if self._is_interrupted:
            self._schedule_reset("a restart interrupted the transfer of ownership", now)

    @property
    def _is_interrupted(self) -> bool:
        """Whether a tool has begun to take ownership; a transfer does not outlive its session."""
        database = self.database
        is_begun = database.doxm.owned or database.doxm.owner_uuid != NIL
        return database.state is State.RFOTM and is_begun


def _is_stranger(remote: Hashable) -> bool:
    return isinstance(remote, Peer) and remote.session is None


def _terms(database: Database) -> object:
    """Return what decides who may open a session; one that began before may not end after."""
    return database.state is State.RFOTM, database.cred, database.crl


def _rights(database: Database) -> object:
    """Return what decides who may read what."""
    return database.state, database.doxm, database.cred, database.acl2

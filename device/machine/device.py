"""The device: every stage of a datagram's way, without sockets, clock, disk or randomness.

Whatever happens is a call with the time, in seconds of one monotonic clock, and returns a `Step`.
While a step's database is being stored nothing but `stored` may be called.

Inside, what happens becomes pieces of work (see `queue`). A piece that meets an error in the
program costs the peer whose datagram it was its answer, or its session, and nobody else anything.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from onboardee.device import events
from onboardee.device.access.peer import Peer
from onboardee.device.events import Bus
from onboardee.device.machine.groups import GroupRequests
from onboardee.device.machine.lifecycle import Lifecycle
from onboardee.device.machine.outbound import Outbound
from onboardee.device.machine.peers import Peers
from onboardee.device.machine.queue import Piece, WorkQueue
from onboardee.device.machine.service import Service
from onboardee.device.machine.state import DeviceState, Report
from onboardee.device.machine.step import Fault, Step, Work
from onboardee.device.resources.appliance import ApplianceResource
from onboardee.device.security.sessions import is_ownership_connection
from onboardee.device.simulation.profile import Profile
from onboardee.device.simulation.world.world import World
from onboardee.svrdb.model import Database
from onboardee.wire.coap import CoapServer, Code, Observation, Response, ServerExchange, is_request
from onboardee.wire.dtls import (
    DataReceived,
    HandshakeFailed,
    Session,
    SessionClosed,
    SessionEstablished,
)
from onboardee.wire.path import Endpoint, Path

_FAILED: Final = Response(Code.INTERNAL_SERVER_ERROR)


class Keeper(Protocol):
    """What whoever hosts a device needs of its storage."""

    @property
    def current(self) -> Database:
        """What is durable now."""

    def commit(self, new: Database) -> None:
        """Make `new` durable. Raises `StoreUnavailable`, and then nothing has changed."""


def try_to_store(store: Keeper, database: Database) -> Exception | None:
    """Store what a step wants stored; return why that was not possible, for `Device.stored`."""
    try:
        store.commit(database)
    except Exception as error:  # noqa: BLE001 - the device knows what to make of it
        return error
    return None


class Device:
    """One simulated device; `boot` makes them."""

    def __init__(  # noqa: PLR0913 - its parts, by keyword
        self,
        *,
        profile: Profile,
        store: Keeper,
        bus: Bus,
        state: DeviceState,
        report: Report,
        peers: Peers,
        coap: CoapServer,
        service: Service,
        lifecycle: Lifecycle,
        outbound: Outbound,
        groups: GroupRequests,
        world: World,
        appliances: Mapping[str, ApplianceResource],
    ) -> None:
        self.profile: Final = profile
        self.store: Final = store
        """Where whoever hosts the device stores what its steps say; the device does not use it."""
        self.bus: Final = bus
        """Where whoever hosts the device tells its events; the device does not use it."""
        self.appliances: Final = appliances
        self.reachable_at: tuple[str, ...] = ()
        """The endpoints for people to read, as whoever hosts the device knows them."""
        self._state = state
        self._report = report
        self._peers = peers
        self._coap = coap
        self._service = service
        self._lifecycle = lifecycle
        self._outbound = outbound
        self._groups = groups
        self._world = world
        self._work = WorkQueue(self._session_work, self._give_up)
        self._heard: Peer | None = None
        """Who was heard last: datagrams mostly come in a row."""
        self._wanted: Database | None = None
        """What the host is storing."""

    # what others may know

    @property
    def database(self) -> Database:
        """What the device keeps, as it is durable now."""
        return self._state.database

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """Where the device is reached."""
        return self._state.endpoints

    @property
    def wall_time(self) -> datetime:
        """The time of day."""
        return self._state.wall_time

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
        return self._lifecycle.is_resetting

    @property
    def inputs(self) -> Sequence[str]:
        """What `press` knows: the buttons and other things that people do to this device."""
        return self._world.inputs

    @property
    def faults(self) -> Mapping[str, bool]:
        """The faults that this device can have, and whether they are on."""
        return self._world.faults

    def has_session_with(self, path: Path) -> bool:
        """Tell whether somebody has a session along `path`."""
        return path in self._peers.dtls.sessions

    def identity(self, session: Session) -> str:
        """Say who the peer of a live session is."""
        return self._peers.peer(session).identity

    def next_deadline(self) -> float | None:
        """Return when `tick` wants to be called, None if nothing is waiting."""
        deadlines = (
            self._peers.dtls.next_deadline(),
            self._coap.next_deadline(),
            self._outbound.challenges.next_deadline(),
            self._world.next_deadline(),
            self._peers.transfer_deadline(),
            self._lifecycle.next_deadline(),
            self._groups.next_deadline(),
        )
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    # what happens to a device

    def start(self, endpoints: Sequence[Endpoint], now: float) -> Step:
        """Begin to live, reached at these endpoints."""
        self._state.endpoints = tuple(endpoints)
        return self._take(self._lifecycle.start(), now)

    def stop(self, now: float) -> Step:
        """Say goodbye to all peers."""
        self._begin(now)
        self._peers.dtls.close_all(now)
        for _ in self._peers.take_events():
            pass
        return self._step()

    def receive(self, datagram: bytes, path: Path, now: float) -> Step:
        """Take a datagram."""
        peer = self._heard
        if peer is None or peer.address is not path:
            peer = self._heard = Peer(path)
        work = self._hear_secured(datagram, path) if path.secured else self._hear(datagram, peer)
        return self._take(work, now, peer)

    def tick(self, now: float) -> Step:
        """Do what is due."""
        return self._take(self._due(), now)

    def stored(
        self, failure: Exception | None, now: float, instead: Database | None = None
    ) -> Step:
        """Go on after the database of the last step was stored, or could not be.

        A failure other than `StoreUnavailable` is an error in the program. `instead` is what is
        durable, where whoever hosts the device stored something else.
        """
        assert self._wanted is not None
        self._state.now = now
        wanted, self._wanted = self._wanted, None
        if failure is None:
            self._state.database = instead or wanted
        return self._run(failure)

    def press_reset(self, now: float) -> Step:
        """Do what the button at the back of a real device does: back to factory state at once."""
        return self._take(self._lifecycle.reset(), now)

    def adopt(self, database: Database, now: float) -> Step:
        """Go on with another database, as after a restart with it; if it can be stored."""
        return self._take(self._lifecycle.adopt(database), now)

    def set_values(self, href: str, values: dict[str, object], now: float) -> Step:
        """Let the simulated world change a resource, and tell its observers."""
        self._begin(now)
        self._lifecycle.tell(self._world.set_values(href, values, now))
        return self._run()

    def press(self, name: str, now: float) -> Step:
        """Let somebody use one of `inputs`. Raises `ValueError` if there is none of this name."""
        self._begin(now)
        changed = self._world.press(name, now)
        self._report(events.InputPressed(input=name))
        self._lifecycle.tell(changed, by_hand=True)
        return self._run()

    def fault(self, name: str, now: float, *, is_on: bool) -> Step:
        """Let one of `faults` come or go. Raises `ValueError` if there is none of this name."""
        self._begin(now)
        self._lifecycle.tell(self._world.fault(name, now, is_on=is_on), by_hand=True)
        return self._run()

    # the pieces of work

    def _hear_secured(self, datagram: bytes, path: Path) -> Work[None]:
        """Take a datagram of the secured port; what it holds becomes work of its own."""
        self._peers.receive(datagram, path, self._state.now)
        yield from ()

    def _hear(self, datagram: bytes, peer: Peer) -> Work[None]:
        """Take a datagram of the unsecured port; one to a group is taken when its time has come."""
        path, now = peer.address, self._state.now
        if not path.multicast or not self._groups.put(datagram, path, now):
            yield from self._hear_now(datagram, peer)

    def _hear_now(self, datagram: bytes, peer: Peer) -> Work[None]:
        if self.is_resetting:
            return
        challenges, path, now = self._outbound.challenges, peer.address, self._state.now
        message = challenges.receive(datagram, path, now)
        if message is not None:
            challenges.note_request(message, path)
            exchange = self._coap.receive(message, peer, now, multicast=path.multicast)
            yield from self._serve(exchange, peer)

    def _hear_in_session(self, message: bytes, peer: Peer) -> Work[None]:
        """Take a CoAP message that came over a session."""
        if peer.session is not None and peer.session.alive:
            if is_request(message):
                self._peers.note_request(self._state.now)
            yield from self._serve(self._coap.receive(message, peer, self._state.now), peer)

    def _serve(self, exchange: ServerExchange | None, peer: Peer) -> Work[None]:
        """Answer a request; what is due before it comes before it."""
        if exchange is None:
            return
        request = exchange.request
        try:
            if exchange.is_part:
                refusal = self._service.refusal(request, peer)
                self._coap.take_in(exchange, refusal, self._state.now)
                return
            self._lifecycle.let_time_pass()
            response = yield from self._service.answer(request, peer, exchange.frame.options)
        except Exception as error:  # noqa: BLE001 - whatever it is, the peer gets an answer
            self._work.faults.append(Fault(error, peer.address))
            response = _FAILED
        self._coap.respond(exchange, response, self._state.now)

    def _due(self) -> Work[None]:
        now = self._state.now
        self._peers.dtls.tick(now)
        self._coap.tick(now)
        self._outbound.challenges.tick(now)
        while (found := self._groups.take(now)) is not None:
            datagram, path = found
            peer = Peer(path)
            self._work.put(self._hear_now(datagram, peer), peer)
        yield from self._lifecycle.due()

    def _follow_end(self, event: SessionClosed | HandshakeFailed) -> Work[None]:
        self._lifecycle.follow_end(event)
        yield from ()

    # how they are done

    def _take(self, work: Work[None], now: float, peer: Peer | None = None) -> Step:
        self._begin(now)
        self._work.put(work, peer)
        return self._run()

    def _begin(self, now: float) -> None:
        assert self._wanted is None, "the database of the last step was not stored"
        self._state.now = now

    def _run(self, failure: Exception | None = None) -> Step:
        self._wanted = self._work.run(failure)
        return self._step()

    def _step(self) -> Step:
        faults = self._work.faults
        try:
            outgoing = self._outbound.collect(is_all_answered=self._wanted is None)
        except Exception as error:  # noqa: BLE001 - nobody is known to be the cause
            faults.append(Fault(error, None))
            outgoing = []
        step = Step(outgoing, self._state.events, self._wanted, faults)
        self._state.events, self._work.faults = [], []
        return step

    def _give_up(self, peer: Peer) -> None:
        """End all that there is with a peer."""
        if peer.address.secured:
            self._peers.dtls.drop(peer.address, self._state.now)
        else:
            self._coap.forget(peer)

    def _session_work(self) -> Iterable[Piece]:
        """Let what happened to the sessions become work."""
        return self._followed() if self._peers.dtls.has_events else ()

    def _followed(self) -> Iterator[Piece]:
        for event in self._peers.take_events():
            match event:
                case DataReceived(session, data):
                    peer = self._peers.peer(session)
                    yield self._hear_in_session(data, peer), peer
                case SessionClosed() | HandshakeFailed():
                    yield self._follow_end(event), None
                case SessionEstablished(session) if is_ownership_connection(session):
                    self._coap.drop_uploads_of_strangers()
                case _:
                    pass
